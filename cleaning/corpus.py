"""The pass over all survivors: each is held against those admitted before it, in one stated order.

Order: approved by a person, then passed by every step, then sent to review; within each as the caller gives
them. So the result depends on the documents alone, not on who judged them, how many or when.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

from cleaning.recipe import Recipe, Step
from cleaning.record import Finding, Record
from cleaning.steps import Sort


class Tier(IntEnum):
    """Who comes first: a copy of a better-founded text goes, not the text."""

    APPROVED = 0
    PASSED = 1
    REVIEW = 2


class Match(NamedTuple):
    """A finding about a survivor, and the place of the admitted text it repeats."""

    finding: Finding
    root: int


class CorpusStep(Protocol):
    """A step that compares survivors. Places are the numbers, from 0, in which `add` was called."""

    def add(self, record: Record) -> None:
        """Take in the next survivor."""

    def find(self, place: int) -> Match | None:
        """What stands against this survivor, given those admitted so far; called once each, in the pass's order."""

    def admit(self, place: int) -> None:
        """The survivor stays: later ones are held against it."""

    def close(self) -> Iterable[tuple[int, Finding]]:
        """Findings that only the whole corpus shows, about admitted survivors."""


@dataclass(frozen=True)
class Final:
    """How a survivor leaves the pass; `root` is the place of its cluster's kept member, None without repeats.

    `finding` is None where the pass found nothing of its own.
    """

    outcome: str
    finding: Finding | None = None
    root: int | None = None


class CorpusPass:
    """Add every survivor, then read the finals in the order of adding."""

    def __init__(self, recipe: Recipe) -> None:
        steps = recipe.of(Sort.CORPUS)
        self._steps: list[tuple[Step, CorpusStep]] = [(step, step.kind.function(**step.parameters)) for step in steps]
        self._tiers: list[Tier] = []

    def add(self, record: Record, tier: Tier) -> None:
        """Take in the next survivor."""
        self._tiers.append(tier)
        for _, state in self._steps:
            state.add(record)

    def finals(self) -> Iterator[Final]:
        """One final for each survivor added."""
        finals: dict[int, Final] = {}
        for place in sorted(range(len(self._tiers)), key=lambda p: self._tiers[p]):
            finals[place] = self._judge(place)
            if finals[place].outcome != "dropped":
                for _, state in self._steps:
                    state.admit(place)
        for step, state in self._steps:
            for place, finding in state.close():
                finals[place] = _later(finals[place], step, finding)
        roots = {final.root for final in finals.values() if final.root is not None}
        for place in range(len(self._tiers)):
            final = finals[place]
            yield Final(final.outcome, final.finding, place) if place in roots and final.root is None else final

    def _judge(self, place: int) -> Final:
        final = Final("review" if self._tiers[place] == Tier.REVIEW else "kept")
        for step, state in self._steps:
            match = state.find(place)
            if match and step.then == "drop":
                return Final("dropped", *match)
            if match and final.outcome == "kept":
                final = Final("review", *match)
        return final


def _later(final: Final, step: Step, finding: Finding) -> Final:
    if step.then == "drop":
        return Final("dropped", finding, final.root)
    return Final("review", finding, final.root) if final.outcome == "kept" else final
