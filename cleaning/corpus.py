"""The pass over all survivors: each is held against those admitted before it, in one stated order.

Order: approved by a person, then passed by every step, then sent to review; within each as the caller gives
them. So the result depends on the documents alone, not on who judged them, how many or when.

Only survivors that repeat another in some step are looked at one by one; all others leave as they came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cleaning.candidates import TEXTS_AT_ONCE
from cleaning.groups import Numbers, Tied, components
from cleaning.recipe import Recipe, Step
from cleaning.record import Finding
from cleaning.sketch import Sketches
from cleaning.steps import Sort

_STANDING = {"kept": 0, "review": 1, "dropped": 2}

REMEMBERED = 32_000_000
"""Words held for the steps after the first that reads texts, four bytes each; `cleaning.candidates` holds as many."""

WORDS_A_PLACE = 100
"""What a text's entry takes beside its words, in words."""

WordStrings = Callable[[list[int]], Iterable[dict[str, str]]]
"""For places, in that order, what `cleaning.sketch.word_strings` gives for the survivors there."""


class Tier(IntEnum):
    """Who comes first: a copy of a better-founded text goes, not the text."""

    APPROVED = 0
    PASSED = 1
    REVIEW = 2


class Match(NamedTuple):
    """A finding about a survivor, and the place of the admitted text it repeats; None where it stands for itself."""

    finding: Finding
    root: int | None


class Corpus(NamedTuple):
    """All survivors: their sketches, `order` (places in the pass's order), and where their texts are to be had."""

    sketches: Sketches
    order: Numbers
    texts: WordStrings


class CorpusStep(Protocol):
    """A step that compares survivors. Places are the numbers, from 0, in which they were added."""

    def gather(self, corpus: Corpus) -> Numbers:
        """Look at all survivors at once: pairs of places, one a row, that may be repeats of one another.

        What only the whole corpus shows is settled here, before any is admitted: who is admitted stays.
        A place in no pair repeats nothing and nothing repeats it.
        """

    def find(self, place: int) -> Match | None:
        """What stands against this survivor, given those admitted so far; called once each, in the pass's order.

        A match's root is a repeat of it.
        """

    def admit(self, place: int) -> None:
        """The survivor stays: later ones are held against it."""

    def same(self, one: int, other: int) -> bool:
        """Whether the two places of a pair of `gather` are repeats of one another."""

    def reads(self, places: Numbers) -> Numbers:
        """The places whose texts `find` and `same` may ask for when asked about these."""


@dataclass(frozen=True)
class Final:
    """How a survivor leaves the pass.

    `finding` is None where the pass found nothing of its own. `root` is the place of the member, kept or in review,
    that it repeats by it, its own for that member; None where it repeats none and none repeats it beyond a cap.
    `cluster` stands for all that hang together by repeats in any step, over however many texts, and is one place for
    all of them: of the first, in the pass's order, that is kept, else the first in review, else the first. None where
    nothing repeats it. A root lies in the same cluster.
    """

    outcome: str
    finding: Finding | None = None
    root: int | None = None
    cluster: int | None = None


class CorpusPass:
    """Add every survivor's sketch, then read the finals, once, in the order of adding.

    `texts` is asked in bounded batches, and only for places whose sketches say that they may repeat another nearly.
    """

    def __init__(self, recipe: Recipe, texts: WordStrings) -> None:
        steps = recipe.of(Sort.CORPUS)
        self._steps: list[tuple[Step, CorpusStep]] = [(step, step.kind.function(**step.parameters)) for step in steps]
        self._tiers, self._sketches, self._texts = bytearray(), Sketches(), _Remembered(texts)

    def add(self, sketch: bytes, tier: Tier) -> None:
        """Take in the next survivor. Raises ValueError when the sketch is none of this version."""
        self._sketches.add(sketch)
        self._tiers.append(tier)

    def finals(self) -> Iterator[Final]:
        """One final for each survivor added."""
        tiers = np.frombuffer(bytes(self._tiers), np.uint8)
        corpus = Corpus(self._sketches, np.argsort(tiers, kind="stable"), self._texts)
        rank = np.empty_like(corpus.order)
        rank[corpus.order] = np.arange(len(tiers))
        pairs = [state.gather(corpus) for _, state in self._steps]
        judged: dict[int, Final] = {}
        ties: list[tuple[int, int]] = []
        for places, some in self._parts(pairs, rank):
            self._texts.hold([step.reads(places) for _, step in self._steps])
            finals = self._judge(places.tolist())
            ties += self._ties(some, finals)
            judged |= finals
        others = {tier: Final(_outcome(tier)) for tier in Tier}
        clusters = _stands(components(len(rank), _rows(ties)), rank, judged)
        for place, tier in enumerate(self._tiers):
            final = judged.get(place, others[Tier(tier)])
            cluster = clusters.get(place)
            yield final if cluster is None else Final(final.outcome, final.finding, final.root, cluster)

    def _parts(self, pairs: list[Numbers], rank: Numbers) -> Iterator[tuple[Numbers, list[Numbers]]]:
        """Places in the pass's order with their pairs, as many at once as are remembered; no pair parts two of them."""
        every = np.concatenate([np.empty((0, 2), np.int64), *pairs])
        label, places = components(len(rank), every), np.unique(every)
        places = places[np.lexsort((rank[places], label[places]))]
        part = np.zeros(len(rank), np.int64)
        part[places] = np.cumsum(self._sketches.words()[places] + WORDS_A_PLACE) // max(REMEMBERED, 1)
        part = part[label]  # of each what its first has: none is parted from what it hangs together with
        for number in np.unique(part[places]).tolist():
            own = places[part[places] == number]
            yield own[np.argsort(rank[own])], [some[part[some[:, 0]] == number] for some in pairs]

    def _judge(self, places: list[int]) -> dict[int, Final]:
        """Finals for places in the pass's order."""
        finals: dict[int, Final] = {}
        for place in places:
            finals[place] = self._find(place)
            if finals[place].outcome != "dropped":
                for _, state in self._steps:
                    state.admit(place)
        for root in {final.root for final in finals.values() if final.root is not None}:
            if finals[root].root is None:
                finals[root] = Final(finals[root].outcome, finals[root].finding, root)
        return finals

    def _find(self, place: int) -> Final:
        final = Final(_outcome(self._tiers[place]))
        for step, state in self._steps:
            match = state.find(place)
            if match and step.then == "drop":
                return Final("dropped", *match)
            if match and final.outcome == "kept":
                final = Final("review", *match)
        return final

    def _ties(self, pairs: list[Numbers], judged: dict[int, Final]) -> list[tuple[int, int]]:
        """Pairs that are repeats, as many as tell what hangs together by all that are.

        Most hang together by what was found before; only of the others it is asked whether they are repeats.
        """
        ties = [(place, final.root) for place, final in judged.items() if final.root is not None]
        label, tied = components(len(self._tiers), _rows(ties)), Tied()
        for (_, state), some in zip(self._steps, pairs, strict=True):
            ends = label[some]
            apart = ends[:, 0] != ends[:, 1]
            for pair, (one, other) in zip(some[apart].tolist(), ends[apart].tolist(), strict=True):
                if not tied.together(one, other) and state.same(*pair):
                    tied.tie(one, other)
                    ties.append((pair[0], pair[1]))
        return ties


def _rows(pairs: list[tuple[int, int]]) -> Numbers:
    return np.array(pairs, np.int64).reshape(-1, 2)


def _stands(first: Numbers, rank: npt.NDArray[np.intp], judged: dict[int, Final]) -> dict[int, int]:
    """For each place that something repeats, the one that stands for its cluster; `first` says who hangs together."""
    tied = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    standing = np.array([_STANDING[judged[place].outcome] for place in tied.tolist()], np.int64)
    places = tied[np.lexsort((rank[tied], standing, first[tied]))]
    begins = np.flatnonzero(np.diff(first[places], prepend=-1))
    stands = np.repeat(places[begins], np.diff(np.append(begins, len(places))))
    return dict(zip(places.tolist(), stands.tolist(), strict=True))


class _Remembered:
    """Word strings by place, asked for once: several steps read the same texts, as far as REMEMBERED goes."""

    def __init__(self, texts: WordStrings) -> None:
        self._texts, self._room = texts, REMEMBERED
        self._known: dict[int, dict[str, str]] = {}

    def __call__(self, places: list[int]) -> Iterator[dict[str, str]]:
        known = [self._known.get(place) for place in places]
        new = [place for place, strings in zip(places, known, strict=True) if strings is None]
        fresh = iter(self._texts(new) if new else ())
        for place, strings in zip(places, known, strict=True):
            yield self._keep(place, next(fresh)) if strings is None else strings

    def hold(self, asked: Sequence[Numbers]) -> None:
        """Have the texts at these places at hand, as many as they are; others make room for them."""
        places = dict.fromkeys(np.concatenate([np.empty(0, np.int64), *asked]).tolist())
        new = [place for place in places if place not in self._known]
        if not new:
            return
        self._known = {place: strings for place, strings in self._known.items() if place in places}
        for first in range(0, len(new), TEXTS_AT_ONCE):
            some = new[first : first + TEXTS_AT_ONCE]
            self._known |= zip(some, self._texts(some), strict=True)

    def _keep(self, place: int, strings: dict[str, str]) -> dict[str, str]:
        self._room -= sum(map(len, strings.values())) + WORDS_A_PLACE
        if self._room >= 0:
            self._known[place] = strings
        return strings


def _outcome(tier: int) -> str:
    return "review" if tier == Tier.REVIEW else "kept"
