"""What lint finds: one line of evidence each, and how bad it is."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One fault of an item, or of a whole benchmark where `item` is None.

    error: the item scores something else than knowledge, or cannot be scored. warning: a score means less than it
    seems. note: worth a look. `other` is the item that it repeats, with its benchmark.
    """

    benchmark: str
    item: str | None
    kind: str
    severity: Severity
    evidence: str
    other: tuple[str, str] | None = None


def shown(text: str, most: int = 60) -> str:
    """A text for a line of evidence: one line, cut in its middle."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 20]} … {line[-16:]}"
