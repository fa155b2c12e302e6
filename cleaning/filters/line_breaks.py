"""Texts broken into too many lines: lists, tables, navigation."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured
from cleaning.wording import LONGEST, sentence


@measured
def line_breaks(record: Record, *, field: FieldName) -> Figures | None:
    """More than this many line breaks a word; empty lines do not count, as the threshold's authors' texts have none.

    Reason `line_breaks`; measure: breaks a word and the maximum.
    """
    text = (record.text(field) or "")[:LONGEST]
    words = sentence(text).count(" ") + 1
    lines = sum(1 for line in text.splitlines() if line.strip())
    return {"ratio": round((lines - 1) / words, 3)} if lines else None


@line_breaks.rule
def _(found: Figures, *, ratio: Share) -> Finding | None:
    return Finding("line_breaks", found | {"maximum": ratio}) if found["ratio"] > ratio else None
