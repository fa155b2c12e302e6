"""Shares of repeated n-grams are those that counting them one by one gives."""

import random
from collections import Counter

import pytest

from cleaning.filters.repeated_ngrams import repeated_ngrams
from cleaning.record import Figures, Record


def counted(words: list[str]) -> Figures:
    """The figures as Rae et al. 2021 describe them, n-gram by n-gram."""
    found = {}
    for size in range(2, 11):
        ngrams = [" ".join(words[place : place + size]) for place in range(len(words) - size + 1)]
        if size < 5:
            times = Counter(ngrams)
            most = max(times.values(), default=0)
            characters = most * max((len(ngram) for ngram in times if times[ngram] == most), default=0) * (most > 1)
        else:
            characters = again(ngrams, size)
        found[f"{'top' if size < 5 else 'duplicate'}_{size}"] = round(characters / len(" ".join(words)), 3)
    return found


def again(ngrams: list[str], size: int) -> int:
    seen: set[str] = set()
    characters = place = 0
    while place < len(ngrams):
        repeated = ngrams[place] in seen
        characters += len(ngrams[place]) if repeated else 0
        seen.add(ngrams[place])
        place += size if repeated else 1
    return characters


@pytest.mark.parametrize("vocabulary", [1, 2, 3, 8, 60])
def test_figures_are_those_of_counting(vocabulary: int) -> None:
    rng = random.Random(vocabulary)
    different = ["ا" * rng.randrange(1, 5) + str(number) for number in range(vocabulary)]
    for _ in range(100):
        words = rng.choices(different, k=rng.randrange(1, 90))
        record = Record("article", {"title": "", "text": " ".join(words)})
        assert repeated_ngrams(record, field="text") == counted(words)
