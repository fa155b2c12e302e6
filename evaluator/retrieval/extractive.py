"""A retriever that answers: what a doctor said to the most similar question, or the option that such answers support.

So do the extractive systems for Persian that the paper names (section II B): they find what was written before
and write nothing of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase
from typing import NamedTuple

from evaluator.retrieval import saved
from evaluator.retrieval.embedding import Embedding, Progress
from evaluator.retrieval.guard import Own
from evaluator.retrieval.lexical import Bm25, Trigram
from evaluator.retrieval.retriever import Method, Retriever
from evaluator.retrieval.snapshot import taken
from evaluator.retrieval.support import DEPTH, RULE, supported
from storage.errors import UsageError, unknown

PREFIX = "retriever:"
VERSION = "extractive/1"
"""Raised whenever the same pairs would be answered with otherwise."""
SHOWN = 5  # sources that a row keeps
METHODS: dict[str, type[Bm25 | Trigram | Embedding]] = {m.name: m for m in (Bm25, Trigram, Embedding)}


class Answered(NamedTuple):
    """A text, the letter of an option where there are options, and what it was taken from.

    With options the text is the letter in brackets alone: an option's own words can name another («Hepatitis B»).
    Without an answer the text is empty, and where no option is supported more than all others there is no letter.
    `sources` have the ids and scores of pairs, the most similar first; `left_out` pairs were the item's own.
    """

    text: str
    letter: str | None
    sources: list[dict[str, object]]
    left_out: int


@dataclass(frozen=True)
class RetrieverSystem:
    """Answers out of the training pairs of one snapshot."""

    retriever: Retriever

    @property
    def name(self) -> str:
        """As `--model` takes it."""
        return self.retriever.name

    @cached_property
    def sha256(self) -> str:
        """Method, index and code's version, which is known before the index is built."""
        return saved.sha256_of({"version": VERSION, "rule": RULE, "retriever": self.retriever.sha256})

    def answer(self, question: str, options: Mapping[str, str] | Sequence[str] | None = None) -> Answered:
        """The answer of the most similar question; with options, by letter or in order, the one supported best.

        A pair that is the item's own is left out.
        """
        lettered = _lettered(options)
        own = Own(question, list(lettered.values()))
        hits, left_out = self.retriever.search(question, DEPTH if lettered else SHOWN, own)
        sources = [hit.source for hit in hits[:SHOWN]]
        if not lettered:
            return Answered(hits[0].pair.answer if hits else "", None, sources, left_out)
        letter = supported(lettered, hits)
        return Answered(f"[{letter}]" if letter else "", letter, sources, left_out)


def is_system(name: str | None) -> bool:
    """Whether a model is named that is a retriever."""
    return name is not None and name.startswith(PREFIX)


def system(name: str, progress: Progress | None = None) -> RetrieverSystem:
    """The system called `retriever:METHOD@SNAPSHOT`, the snapshot by name, hash or folder. Raises UsageError."""
    method, at, snapshot = name.removeprefix(PREFIX).partition("@")
    if not is_system(name) or not at or not snapshot:
        raise UsageError(f"{name!r} names no retriever: retriever:METHOD@SNAPSHOT, METHOD one of {', '.join(METHODS)}")
    return RetrieverSystem(retriever_of(method, snapshot, progress))


def retriever_of(method: str, snapshot: str, progress: Progress | None = None) -> Retriever:
    """Search in a snapshot by a method, both as they are named; `progress` is told of an index that takes long.

    Raises UsageError listing the methods there are.
    """
    if method not in METHODS:
        raise unknown("method of retrieval", method, METHODS)
    chosen: Method = Embedding(progress=progress) if method == Embedding.name else METHODS[method]()
    return Retriever(taken(snapshot), chosen)


def _lettered(options: Mapping[str, str] | Sequence[str] | None) -> Mapping[str, str]:
    if isinstance(options, Mapping):
        return options
    return dict(zip(ascii_uppercase, options or (), strict=False))
