"""Bits per byte of a snapshot's answers: what even a small model can be judged by.

An answer's bits are its tokens' surprise after the question, summed; its bytes are those of its UTF-8 text, so models
with different tokenizers compare. There is no right or wrong here: `correct` is false in every row.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evaluator.benchmark import Likelihood, Question
from evaluator.statistics import Paired, bootstrap_ratio
from storage.answers import AnswerFields, Figure
from storage.benchmarks.files import Item
from storage.errors import DataDamaged, UsageError
from storage.models import Answer

BITS_PER_BYTE = "bits_per_byte"


@dataclass(frozen=True)
class PairsLikelihood:
    """At most `most` pairs of one split, those with the smallest hash of their id: the same ones for every model.

    `with_all` tells whether `all` means it too.
    """

    name: str
    about: str
    caveat: str
    split: str
    most: int
    with_all: bool = True

    def open(self, snapshot: Path | None) -> "OpenedPairs":
        """Read the split. Raises UsageError without a snapshot or with an empty split, DataDamaged if it is broken."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if snapshot is None:
            raise UsageError(f"{self.name} needs the snapshot a model was trained on: give a run, or --snapshot NAME")
        path = snapshot / "pairs" / f"{self.split}.parquet"
        try:
            rows = pq.read_table(path, columns=["id", "question", "answer"]).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise DataDamaged(f"{path} cannot be read ({error}): export the snapshot again") from None
        rows.sort(key=lambda row: hashlib.sha256(row["id"].encode()).digest())
        chosen = [(row["id"], row["question"], row["answer"]) for row in rows[: self.most] if row["answer"]]
        if not chosen:
            raise UsageError(f"the snapshot in {snapshot} has no {self.split} pairs to judge by")
        return OpenedPairs(tuple(chosen))

    def items(self) -> Sequence[Item]:
        """None: what it asks is held out by the snapshot's split."""
        return ()


@dataclass(frozen=True)
class OpenedPairs:
    """Pairs as (id, question, answer)."""

    pairs: tuple[tuple[str, str, str], ...]

    @cached_property
    def sha256(self) -> str:
        """The hash of the pairs' ids and texts."""
        return hashlib.sha256(repr(self.pairs).encode()).hexdigest()

    @cached_property
    def questions(self) -> Sequence[Question]:
        """Each question as a user would ask it, and its one answer to weigh."""
        return [Question(item, question or "", {"answer": answer}) for item, question, answer in self.pairs]

    def answer(self, question: Question, likelihoods: dict[str, Likelihood]) -> AnswerFields:
        """The answer's surprise and size."""
        found = likelihoods["answer"]
        size = len(question.continuations["answer"].encode())
        output = {"nats": found.nats, "bytes": size, "tokens": found.tokens, "cut": found.cut}
        return AnswerFields(question.item, question.prompt, output, choice=None, correct=False)

    def figures(self, answers: Sequence[Answer]) -> list[Figure]:
        """All bits over all bytes, resampled by pair; `items` counts the pairs that have a likelihood."""
        bits, sizes = bits_and_bytes(answers)
        if not bits:
            return []
        value, low, high = bootstrap_ratio(bits, sizes)
        return [Figure(BITS_PER_BYTE, value, low, high, len(bits))]

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """The difference in bits per byte, resampled by pair; below zero the second model is better."""
        one = {a.item: a.output for a in first if a.output["nats"] is not None}
        other = {a.item: a.output for a in second if a.output["nats"] is not None}
        shared = sorted(one.keys() & other.keys())
        if not shared:
            return []
        bits = [(one[item]["nats"] - other[item]["nats"]) / math.log(2) for item in shared]
        interval = bootstrap_ratio(bits, [one[item]["bytes"] for item in shared])
        return [Paired(BITS_PER_BYTE, len(shared), *interval)]

    def unanswered(self, answers: Sequence[Answer]) -> int:
        """How many pairs have no likelihood."""
        return sum(a.output["nats"] is None for a in answers)

    @property
    def baselines(self) -> dict[str, float]:
        """None: no rule foretells a text."""
        return {}


def bits_and_bytes(answers: Sequence[Answer]) -> tuple[list[float], list[int]]:
    """Bits and bytes of every answer that has a likelihood."""
    known = [a.output for a in answers if a.output["nats"] is not None]
    return [-o["nats"] / math.log(2) for o in known], [o["bytes"] for o in known]
