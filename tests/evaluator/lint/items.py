"""Items written for the tests of lint, and the published ones where they lie beside the project."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from evaluator.lint import Finding, Subject, lint, of_file
from evaluator.published import Draft

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "benchmarks"
SYLLABLES = [first + then + last for first in "بپتجدرزسشفکلمن" for then in "ایو" for last in "نرملشتک"]


def draft(*options: str, key: str = "A", question: str = "کدام یک درست است؟", name: str = "1") -> Draft:
    """An item."""
    return Draft(name, question, options, key, key if len(key) == 1 else None)


def sound(count: int) -> list[Draft]:
    """Items without a fault: their words are made of syllables by chance, and so are their keys."""
    chance = random.Random(7)

    def phrase(words: int) -> str:
        return " ".join("".join(chance.sample(SYLLABLES, 2)) for _ in range(words))

    keys = [chance.choice("ABCD") for _ in range(count)]
    return [
        Draft(str(n), f"نقش {phrase(6)} چیست؟", tuple(phrase(2) for _ in range(4)), key, key)
        for n, key in enumerate(keys)
    ]


def findings(items: Sequence[Draft], language: str = "fa", **more: object) -> list[Finding]:
    """What lint says of them."""
    subject = Subject("exam", tuple(items), True, language, **more)  # type: ignore[arg-type]
    return lint([subject]).linted[0].findings


def kinds(*items: Draft, language: str = "fa") -> list[tuple[str, str]]:
    """Kind and severity of each finding."""
    return [(f.kind, f.severity) for f in findings(items, language)]


@cache
def linted(name: str) -> tuple[Finding, ...]:
    """What lint says of one of the paper's files by itself."""
    return tuple(lint(published(name)).linted[0].findings)


def published(*names: str) -> list[Subject]:
    """The paper's files; the test is skipped where they are not."""
    paths = [DATA / f"{name}.jsonl.gz" for name in names]
    if not all(path.is_file() for path in paths):
        pytest.skip("the published benchmarks are not beside the project")
    return [of_file(path) for path in paths]
