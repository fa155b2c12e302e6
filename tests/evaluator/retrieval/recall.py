"""How often what is sought is among the first pairs found: on published pairs, with queries made of them here.

Two sets of queries. *Edited*: a kept question that lost two words of five, had letters of one word in seven swapped,
its halves too, and at last half of what was left; the pair it was made of is sought. *Answered alike*: a dev question,
where a kept pair has nearly the same answer (`storage.splits.near`) under another question; any of these is sought,
and what is nearly the same question is neither sought nor counted, as the guard leaves it out.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from storage import grams
from storage.splits.near import NearIndex

EDITED = 500
LOST, SWAPPED = 0.4, 0.15
FEWEST = 4  # words that are left of an edited question
KS = (1, 5, 10)

Pair = Mapping[str, str]
Find = Callable[[str, int], Sequence[int]]
"""Places of the pairs found for a question, as many as asked, the most similar first."""


@dataclass(frozen=True)
class Query:
    """A question, the places of the pairs sought, and of those that are the question itself."""

    question: str
    sought: frozenset[int]
    own: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Recall:
    """The share of queries that have a sought pair among the first k, and the mean reciprocal rank among ten."""

    at: dict[int, float]
    reciprocal: float
    queries: int

    def __str__(self) -> str:
        told = "  ".join(f"recall@{k} {share:.3f}" for k, share in self.at.items())
        return f"{told}  MRR@{max(KS)} {self.reciprocal:.3f}  ({self.queries} queries)"


def edited(pairs: Sequence[Pair], count: int = EDITED, seed: int = 1) -> list[Query]:
    """Queries made of so many of the questions."""
    chosen = random.Random(seed).sample(range(len(pairs)), min(count, len(pairs)))
    return [Query(spoilt(pairs[place]["question"], place), frozenset({place})) for place in chosen]


def spoilt(text: str, seed: int) -> str:
    """A question as somebody else, in haste, might have written it."""
    draw = random.Random(seed)
    words = [_swapped(word, draw) for word in text.split() if draw.random() > LOST]
    half = len(words) // 2
    return " ".join((words[half:] + words[:half])[: max(FEWEST, half)])


def answered_alike(asked: Sequence[Pair], pairs: Sequence[Pair]) -> list[Query]:
    """Those of the questions that have such a pair."""
    answers, questions = (_near(asked, pairs, part) for part in ("answer", "question"))
    return [
        Query(pair["question"], frozenset(answers[place] - questions[place]), frozenset(questions[place]))
        for place, pair in enumerate(asked)
        if answers[place] - questions[place]
    ]


def recall(queries: Sequence[Query], find: Find) -> Recall:
    """What `find` finds of them."""
    ranks = []
    for query in queries:
        places = [place for place in find(query.question, max(KS) + len(query.own)) if place not in query.own]
        ranks.append(next((n for n, place in enumerate(places[: max(KS)], 1) if place in query.sought), 0))
    at = {k: sum(0 < rank <= k for rank in ranks) / len(ranks) for k in KS}
    return Recall(at, sum(1 / rank for rank in ranks if rank) / len(ranks), len(ranks))


def _near(asked: Sequence[Pair], pairs: Sequence[Pair], part: str) -> dict[int, set[int]]:
    held = grams.batch([pair[part] for pair in pairs], tied=True)
    given = grams.batch([pair[part] for pair in asked], tied=True)
    found: dict[int, set[int]] = defaultdict(set)
    for place, other in NearIndex(held.words, held.bounds).matches(given.words, given.bounds):
        found[place].add(other)
    return found


def _swapped(word: str, draw: random.Random) -> str:
    if len(word) < FEWEST or draw.random() > SWAPPED:
        return word
    at = draw.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
