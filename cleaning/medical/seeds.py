"""Specialities by their words: what a fresh install knows before it has learned from any site."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from cleaning.medical.ngrams import Float, Int64
from cleaning.medical.table import Table, words
from cleaning.medical.terms import Terms

FILE = Path(__file__).with_name("specialities.yaml")
STRONG, WEAK = 3.0, 1.0
ANSWER = 0.5
"""What a word of the answer counts beside one of the question: askers name their trouble, answers its causes too."""
DOUBT, UNNAMED = 2.0, 1.5
"""Evidence that no text has: what keeps one weak word from being certainty, and what `general` has to begin with."""
SLOPE = 14.0
"""From shares of the evidence to log-odds: likeliest on 170 judged pairs."""


@dataclass(frozen=True)
class Speciality:
    """A speciality: its name in the project, its Persian name, the titles that sites print for it, and its words."""

    name: str
    persian: str
    titles: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]


@cache
def specialities() -> dict[str, Speciality]:
    """All of them by name, in the file's order; `general` is the last."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Speciality(name, row["persian"], *_lists(row)) for name, row in content.items()}


@cache
def version() -> str:
    """The sha256 of the word lists and of the numbers above."""
    numbers = repr((STRONG, WEAK, ANSWER, DOUBT, UNNAMED, SLOPE))
    return hashlib.sha256(FILE.read_bytes() + numbers.encode()).hexdigest()


def shares(pairs: Sequence[tuple[str, str]]) -> Float:
    """Each speciality's share of a pair's evidence, from 0 to 1: (pairs, specialities).

    `pairs` are folded questions and answers; for an article its title and text.
    """
    spoken = evidence(tuple(text for pair in pairs for text in pair))
    both = spoken[::2] + ANSWER * spoken[1::2]
    both[:, -1] += UNNAMED
    share: Float = both / (both.sum(axis=1, keepdims=True) + DOUBT)
    return share


@lru_cache(maxsize=1)  # the step that asks next asks for the same batch
def evidence(folded: tuple[str, ...]) -> Float:
    """What the words of each folded text say for each speciality, a word once a text: (texts, specialities)."""
    width = len(specialities())
    table, spoken = _table()
    met = table.find(words(folded))
    once = np.unique(met.texts * len(table.keys) + met.keys, return_index=True)[1]
    once.sort()  # as they stand in the texts: in another order the sums would have other last digits
    key, text = met.keys[once], met.texts[once]
    count = np.diff(spoken.start)[key]
    entry = np.arange(count.sum()) + np.repeat(spoken.start[key] - np.cumsum(count) + count, count)
    column = np.repeat(text * width, count) + spoken.speciality[entry]
    found = np.asarray(np.bincount(column, spoken.strength[entry], len(folded) * width), np.float64)
    found.setflags(write=False)  # others get the same array
    return found.reshape(len(folded), width)


def probabilities(pairs: Sequence[tuple[str, str]]) -> Float:
    """How likely each speciality is for each pair by its words alone: (pairs, specialities)."""
    return softmax(SLOPE * shares(pairs))


def softmax(logits: Float) -> Float:
    """Rows of log-odds as rows of probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    normalised: Float = powers / powers.sum(axis=1, keepdims=True)
    return normalised


class _Spoken(NamedTuple):
    """Of each word the specialities it speaks for, and how loudly; word n's stand from `start[n]` to `start[n + 1]`."""

    start: Int64
    speciality: Int64
    strength: Float


@cache
def _table() -> tuple[Table, _Spoken]:
    strengths = _strengths()
    table = Table(Terms((term, term) for term in strengths))
    rows = [strengths[key] for key in table.keys]
    every = [one for row in rows for one in row]
    start = np.cumsum([0, *map(len, rows)])
    return table, _Spoken(start, np.array([index for index, _ in every]), np.array([loud for _, loud in every]))


@cache
def _strengths() -> dict[str, list[tuple[int, float]]]:
    """Of each word the specialities it speaks for, and how loudly: less where it speaks for several."""
    spoken: dict[str, dict[int, float]] = {}
    for index, speciality in enumerate(specialities().values()):
        for strength, listed in ((WEAK, speciality.weak), (STRONG, speciality.strong)):
            for word in listed:
                spoken.setdefault(word, {})[index] = strength
    return {word: [(index, s / len(of) ** 0.5) for index, s in of.items()] for word, of in spoken.items()}


def _lists(row: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for key in ("titles", "strong", "weak"):
        yield tuple(term.strip() for term in row[key].split("،") if term.strip())
