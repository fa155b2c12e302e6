"""What a quality score looks at: lengths and make-up of the texts, the filters' figures, hashed words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cleaning.folding import fold
from cleaning.medical.ngrams import Columns, Float, columns

BITS = 16
LONGEST = 20_000
"""Characters of a text that are looked at."""
NUMBERS = (
    "question_words", "answer_words", "answer_to_question", "distinct", "letters_a_word", "shared_words", "digits",
    "latin", "marks", "lines", "asks", "answer_asks",
)  # fmt: skip
_DIGITS, _LATIN = frozenset("0123456789"), frozenset("abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Item:
    """A record to be scored: its cleaned texts, and what the filters measured on it, by step.

    For an article `question` is the title and `answer` the text.
    """

    question: str
    answer: str
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Features:
    """Of many items: `numbers` is (items, NUMBERS and the named figures), NaN where a figure is missing."""

    numbers: Float
    words: Columns


def features(items: Sequence[Item], figures: Sequence[str]) -> Features:
    """The items' features; `figures` are the names, as of `figure_names`, that the numbers end with."""
    texts = [(item.question[:LONGEST], item.answer[:LONGEST]) for item in items]
    folded = [(fold(question), fold(answer)) for question, answer in texts]
    numbers = [
        [*_numbers(raw, plain), *_figures(item.figures, figures)]
        for item, raw, plain in zip(items, texts, folded, strict=True)
    ]
    table = np.array(numbers, dtype=np.float64).reshape(len(items), len(NUMBERS) + len(figures))
    return Features(table, _words(folded))


def figure_names(items: Iterable[Item]) -> list[str]:
    """`step.figure` of every number that filters measured on any of the items, sorted."""
    return sorted({name for item in items for name, _ in _flat(item.figures)})


def _words(folded: Sequence[tuple[str, str]]) -> Columns:
    """The words of questions and of answers in halves of one table: the same word means another thing in each."""
    asked, said = (columns([pair[side] for pair in folded], bits=BITS - 1, salt=side) for side in (0, 1))
    counts = np.stack([np.diff(asked.start), np.diff(said.start)], axis=1)
    start = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
    column = np.empty(start[-1], np.int64)
    for side, (of, offset) in enumerate(((asked, 0), (said, 1 << (BITS - 1)))):
        first = start[:-1] + (counts[:, 0] if side else 0)
        place = (
            np.arange(len(of.column)) - np.repeat(of.start[:-1], counts[:, side]) + np.repeat(first, counts[:, side])
        )
        column[place] = of.column + offset
    return Columns(column, start)


def _numbers(raw: tuple[str, str], folded: tuple[str, str]) -> tuple[float, ...]:
    asked, said = folded[0].split(), folded[1].split()
    distinct, letters = set(said), len(folded[1]) - max(len(said) - 1, 0)
    text = raw[1]
    size = max(letters, 1)
    return (
        float(np.log1p(len(asked))),
        float(np.log1p(len(said))),
        float(np.log((len(said) + 1) / (len(asked) + 1))),
        len(distinct) / max(len(said), 1),
        letters / max(len(said), 1),
        len(distinct.intersection(asked)) / max(len(distinct), 1),
        sum(map(folded[1].count, _DIGITS)) / size,
        sum(map(folded[1].count, _LATIN)) / size,
        sum(map(text.count, ".،؛:!?؟")) / max(len(said), 1),
        float(np.log1p(text.count("\n"))),
        float("؟" in raw[0] or "?" in raw[0]),
        float("؟" in text or "?" in text),
    )


def _figures(figures: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[float]:
    found = dict(_flat(figures)) if names else {}
    return [found.get(name, np.nan) for name in names]


def _flat(figures: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, float]]:
    """The numbers among the figures; a text names a kind, which no line through numbers fits."""
    for step, measured in figures.items():
        for name, value in measured.items():
            if isinstance(value, int | float) and np.isfinite(value):
                yield f"{step}.{name}", float(value)


def groups(items: Sequence[Item]) -> list[str]:
    """The folded answer of each: equal for repeats, which are never on both sides of a held-out cut."""
    return [fold(item.answer[:LONGEST]) for item in items]
