"""Documents to read: some of each reason that stops them, and the beginnings of the largest groups of repeats."""

import re
from typing import Any

from cleaning.privacy import mask
from cleaning.report.contents import SEED, Contents
from storage.findings import Sample as Found
from storage.models import Outcome
from storage.report import section as parts
from storage.report.section import Section, count
from storage.report.svg import plain
from storage.verdicts import BEFORE

SHOWN = 600
"""Characters of a text; what a doctor writes is seldom longer, and an article shows what it is by then."""
LISTED, LONGEST = 5, 200  # parts of a list, characters of a value
TEXT = frozenset({"words"})  # of what a measure lists: the document's own
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}")
LEADS_TO = {Outcome.DROPPED.value: "dropped", Outcome.REVIEW.value: "to a person"}


def samples(contents: Contents) -> Section:
    """Some documents of each reason, drawn by a fixed seed."""
    section = Section("samples", "What each reason stops")
    if not contents.stopped:
        section.missing = "Nothing was stopped: every document is kept or waits to be judged."
        return section
    section.says = (
        f"Up to {count(contents.samples)} documents of each reason, drawn by the seed {SEED}: cleaned, "
        f"personal data masked, the first {SHOWN} characters."
    )
    section.samples = [
        parts.Samples(
            f"{LEADS_TO[group.outcome]}: {(group.reason or 'no reason').replace('_', ' ')}"
            if group.outcome in LEADS_TO
            else "rejected by a person",
            count(group.documents),
            [shown(found, [found.source, *told(measure)]) for found, measure in group.samples],
        )
        for group in contents.stopped
    ]
    return section


def shown(found: Found, about: list[str], most: int = SHOWN) -> parts.Sample:
    """A document as the page shows it, with up to `most` characters of each text.

    Masked here as well: a recipe may mask nothing, and the page goes from hand to hand.
    """
    texts = [(name, _beginning(text, found.lengths[name], most)) for name, text in found.texts.items() if text]
    return parts.Sample(about, str(found.document_id), texts)


def told(measure: dict[str, Any]) -> list[str]:
    """A measure as it is read, and what was found before it; words of the document are masked or left out."""
    said = ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in measure.items() if name != BEFORE)
    before = measure.get(BEFORE)
    earlier = f"and {before['reason']} ({told(before['measure'])[0]})" if before else ""
    return [part for part in (said or "no measure", earlier) if part]


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return " ".join(f"{_value(name)} {_value(part)}" for name, part in value.items() if name not in TEXT)
    if isinstance(value, list):
        return f"{len(value)} ({'; '.join(map(_value, value[:LISTED]))})"
    return str(value) if _is_id(value) else plain(mask(str(value)).text)[:LONGEST]


def _is_id(value: Any) -> bool:
    """A document's id has digits that could be a number to call."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _beginning(text: str, length: int, most: int) -> str:
    """Masked whole and cut then: half a number would not be known for one."""
    masked = plain(mask(text).text)
    return masked if len(masked) <= most and length <= len(text) else f"{masked[:most].rstrip()} …"
