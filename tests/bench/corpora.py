"""Corpora of any size for the benchmarks of cleaning: the published pairs where they lie beside the project, edited.

Of ten documents one repeats an earlier one word for word, one nearly (5 % of its words are others); the others are
drawn anew, with half of their words replaced by words of other documents, so that few are alike by chance. A word is
drawn as often as it occurs there: names and odd forms stay as rare as they are in texts.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "qa"
FILES = ("niniban_crawled", "drhast_kept", "doctor_yab_kept", "isovisit")
OTHERS, NEARLY = 0.5, 0.05
WORDS_AN_ARTICLE = 900  # 90 million tokens in 100,000 articles
PARAGRAPH = 60


def pairs(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Question and answer, `count` times, the same for the same seed."""
    rng, made = random.Random(seed), list[tuple[str, str]]()
    sources, running = _sources()
    for number in range(count):
        if number % 10 == 8 and made:
            pair = rng.choice(made)
        elif number % 10 == 9 and made:
            pair = _edited(rng.choice(made), NEARLY, running, rng)
        else:
            pair = _edited(rng.choice(sources), OTHERS, running, rng)
        made = [*made, pair] if len(made) < 1000 else made
        yield pair


def articles(count: int, seed: int = 1) -> Iterator[str]:
    """Texts of WORDS_AN_ARTICLE words in paragraphs."""
    rng = random.Random(seed)
    sources, running = _sources()
    for _ in range(count):
        words: list[str] = []
        while len(words) < WORDS_AN_ARTICLE:
            words += _edited(rng.choice(sources), OTHERS, running, rng)[1].split()
        parts = [words[first : first + PARAGRAPH] for first in range(0, WORDS_AN_ARTICLE, PARAGRAPH)]
        yield "\n".join(" ".join(part).rstrip(".،") + "." for part in parts)


def _edited(pair: tuple[str, str], share: float, running: list[str], rng: random.Random) -> tuple[str, str]:
    question, answer = (
        " ".join(rng.choice(running) if rng.random() < share else word for word in text.split()) for text in pair
    )
    return question, answer


@cache
def _sources() -> tuple[list[tuple[str, str]], list[str]]:
    found: list[tuple[str, str]] = []
    for name in FILES:
        path = DATA / f"{name}.jsonl.gz"
        if path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                found += [(row["question"], row["answer"]) for row in map(json.loads, file)]
    found = found or list(_made_up())
    return found, [word for pair in found[::7] for text in pair for word in text.split()]


def _made_up() -> Iterator[tuple[str, str]]:
    from tests.cleaning.test_duplicates import words

    for number in range(2000):
        yield " ".join(words(10 + number % 50, number)), " ".join(words(20 + number % 120, 10_000 + number))
