"""What `evaluator translate` and `evaluator translations` print."""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluator.asking.listing import told_of
from evaluator.lint.finding import shown
from evaluator.listing import console
from evaluator.translation.command import Translated

LONGEST = 400
"""Characters of a text that are shown; all of it stands in --json."""


def print_translated(found: Translated) -> None:
    """How much was translated, what is doubtful, and where it went."""
    out = console()
    for line in _lines(found):
        out.print(line, soft_wrap=True, highlight=False, markup=False)


def print_waiting(rows: Sequence[dict[str, Any]]) -> None:
    """Each translation in doubt: its texts beside their sources, and what was found."""
    out = console()
    for row in rows:
        for line in _told(row):
            out.print(line, soft_wrap=True, highlight=False, markup=False)
    if not rows:
        out.print("no translation waits for a person")


def _lines(found: Translated) -> Iterator[str]:
    yield f"{found.benchmark} by {found.model}: {found.written} of {found.items} items written to {found.file}"
    if found.chrf is not None:
        yield f"median chrF of back-translations: {found.chrf}"
    if found.flagged:
        yield f"{found.flagged} items in doubt: " + ", ".join(f"{kind} {count}" for kind, count in found.kinds.items())
    for count, what in (*_counted(found.decided), *_counted(found.left_out, "left out: ")):
        yield f"{count} {what}"
    if found.waiting:
        yield f"{found.waiting} wait for a person: evaluator translations {found.benchmark}"
    yield f"{found.asked} texts asked now; all of it so far: {told_of(found.spent)}"


def _counted(counts: dict[str, int], before: str = "decided: ") -> list[tuple[int, str]]:
    return [(count, f"{before}{name}") for name, count in counts.items()]


def _told(row: dict[str, Any]) -> Iterator[str]:
    decided = f" ({row['decision']} by {row['by']})" if row["decision"] else ""
    yield f"{row['number']}: {row['benchmark']} item {row['item']}, into {row['language']} by {row['model']}{decided}"
    for text in row["texts"]:
        yield f"  {text['place']}: {shown(text['source'], LONGEST)}"
        yield f"    → {shown(text['edited'] or text['translated'], LONGEST)}"
        yield from (f"    ! {flag}" for flag in text["flags"])
