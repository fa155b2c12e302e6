"""What a benchmark is, and the folder that registers them.

A benchmark asks questions; every question names the texts whose likelihood is wanted after its prompt.
The likelihoods of one question become one answer, and all answers become figures with intervals.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evaluator.statistics import Paired
from storage.answers import AnswerFields, Figure
from storage.benchmarks.files import Item
from storage.errors import unknown
from storage.models import Answer

FOLDER = Path(__file__).parent / "benchmarks"
EVERY = "all"
"""What stands for every benchmark at hand."""


@dataclass(frozen=True)
class Question:
    """One item as it is put to a model: `prompt` is what a user would say, `continuations` by label what may follow."""

    item: str
    prompt: str
    continuations: dict[str, str]


@dataclass(frozen=True)
class Likelihood:
    """How likely a text is after a prompt: natural logarithm summed over its tokens.

    `nats` is None where the model gave no number, `cut` how many tokens of the prompt its context had no room for.
    """

    nats: float | None
    tokens: int
    cut: int


class Benchmark(Protocol):
    """What `evaluator.run` needs of a benchmark."""

    @property
    def name(self) -> str:
        """As given to `--benchmark`."""

    @property
    def about(self) -> str:
        """One line for the list of benchmarks."""

    @property
    def caveat(self) -> str:
        """One sentence on what its figures cannot carry, for the report."""

    @property
    def with_all(self) -> bool:
        """Whether `all` means it too: what must be fetched first, or looks at held-back texts, is asked by name."""

    def open(self, snapshot: Path | None) -> "Opened":
        """The questions to ask. `snapshot` is the folder of the snapshot the model was trained on, if there is one.

        Raises UsageError for a broken file, or where a snapshot is needed and there is none.
        """

    def items(self) -> Sequence[Item]:
        """Its own texts, for training texts to be held against; none where it asks a snapshot's pairs."""


class Opened(Protocol):
    """A benchmark with its questions read."""

    @property
    def sha256(self) -> str:
        """The identity of the questions and of what counts as right."""

    @property
    def questions(self) -> Sequence[Question]:
        """All of them, in a lasting order."""

    def answer(self, question: Question, likelihoods: dict[str, Likelihood]) -> AnswerFields:
        """What the likelihoods, by the labels of the question's continuations, say."""

    def figures(self, answers: Sequence[Answer]) -> list[Figure]:
        """The scores of one model, each with its 95 % interval; the first one is the primary."""

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """The second model against the first, item by item, for every metric."""

    def unanswered(self, answers: Sequence[Answer]) -> int:
        """How many answers hold nothing that can be read."""

    @property
    def baselines(self) -> dict[str, float]:
        """What needs no model: the share right of guessing and of simple rules, by name."""


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules([str(FOLDER)]))


def everyday() -> list[str]:
    """The benchmarks that `all` stands for on this machine."""
    return [name for name in names() if named(name).with_all]


def named(name: str) -> Benchmark:
    """The benchmark called `name`; UsageError lists those that exist."""
    if name not in names():
        raise unknown("benchmark", name, names())
    module = importlib.import_module(f"evaluator.benchmarks.{name.replace('-', '_')}")
    benchmark: Benchmark = module.BENCHMARK
    return benchmark
