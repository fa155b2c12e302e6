"""Pages whose lines are no sentences: menus, lists of links, tables."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Share, measured
from cleaning.wording import LONGEST

_ENDS = tuple(".!?:…؟۔؛،»\"'”)")


@measured
def unfinished_lines(record: Record, *, field: FieldName) -> Figures | None:
    """Fewer than this share of the field's lines end in punctuation; «؟», «؛», «،» and «»» are punctuation too.

    Reason `unfinished_lines`; measure: the share and the minimum.
    """
    lines = [line for line in map(str.rstrip, (record.text(field) or "")[:LONGEST].splitlines()) if line]
    return {"share": round(sum(line.endswith(_ENDS) for line in lines) / len(lines), 3)} if lines else None


@unfinished_lines.rule
def _(found: Figures, *, share: Share) -> Finding | None:
    return Finding("unfinished_lines", found | {"minimum": share}) if found["share"] < share else None
