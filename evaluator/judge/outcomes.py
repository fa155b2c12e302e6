"""What two verdicts on one pair, asked in both orders, come to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evaluator.judge.forms import Verdict

Outcome = Literal["won", "lost", "tied", "inconsistent", "unread"]
POINTS: dict[Outcome, float] = {"won": 1.0, "lost": 0.0, "tied": 0.5, "inconsistent": 0.5}
TURNED: dict[Verdict, Verdict] = {"first": "second", "second": "first", "tie": "tie"}


@dataclass(frozen=True)
class Judged:
    """One pair: ours against the other's; `extra` is how many characters more ours has. `removed`: see `forms.Put`."""

    item: str
    source: str
    outcome: Outcome
    extra: int
    removed: int = 0


def outcome(ours_first: Verdict | None, ours_second: Verdict | None) -> Outcome:
    """From the verdict where our answer stood first, and the one where it stood second.

    A tie in one order and a win in the other is a tie: half of a preference is none. Opposite ones are `inconsistent`:
    the judge went by the place. One that cannot be read leaves the pair `unread`, which counts for nobody.
    """
    if ours_first is None or ours_second is None:
        return "unread"
    found = {ours_first, TURNED[ours_second]}
    if len(found) == 2:
        return "tied" if "tie" in found else "inconsistent"
    return {"first": "won", "second": "lost", "tie": "tied"}[ours_first]  # type: ignore[return-value]


def places(verdicts: Iterable[Verdict | None]) -> dict[str, int]:
    """How often each place was preferred, over all verdicts: a judge without a liking for one has them level."""
    counted = Counter(verdict or "unread" for verdict in verdicts)
    return {name: counted[name] for name in ("first", "second", "tie", "unread")}


def counts(judged: Iterable[Judged]) -> dict[str, int]:
    """How many pairs came to what."""
    counted = Counter(each.outcome for each in judged)
    return {name: counted[name] for name in ("won", "lost", "tied", "inconsistent", "unread")}
