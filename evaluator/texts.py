"""Prompts and continuations as tokens, and how they are cut and batched for a model. Nothing here needs torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Tokens of which those from `first` on are weighed; `cut` tokens before them had no room."""

    tokens: Tokens
    first: int
    cut: int


@dataclass(frozen=True, eq=False)
class Text:
    """A prompt and its continuation as tokens; the continuation begins at `start`, which is 1 or more.

    Two are never equal: they are keys of the figures computed for them, and hashing their tokens would cost more.
    """

    tokens: Tokens
    start: int

    @property
    def weighed(self) -> int:
        """How many tokens the continuation has."""
        return len(self.tokens) - self.start

    def windows(self, context: int) -> Iterator[Window]:
        """Cover the continuation with inputs of at most `context` tokens, each weighed token once.

        A text that fits is one window. In a longer one every further window has at least half its room for what
        came before.
        """
        done, room = self.start, context + 1  # the last token is foretold, never read
        while done < len(self.tokens):
            end = min(len(self.tokens), max(done + room // 2, room))
            begin = max(0, end - room)
            yield Window(self.tokens[begin:end], done - begin, begin if done == self.start else 0)
            done = end


@dataclass(frozen=True)
class Fork:
    """Texts that begin alike, so that their common head is computed once."""

    texts: tuple[Text, ...]

    @cached_property
    def head(self) -> Tokens:
        """What all of them begin with, up to the first continuation."""
        return self.texts[0].tokens[: min(text.start for text in self.texts)]

    @cached_property
    def tails(self) -> list[Tokens]:
        """What is read after the head, each distinct one once: the last token is foretold, never read."""
        tails = (text.tokens[len(self.head) : -1] for text in self.texts)
        return sorted({tail for tail in tails if tail})

    @cached_property
    def size(self) -> int:
        """Tokens that a batch holds for it."""
        longest = max(map(len, self.tails), default=0)
        return max(len(self.tails), 1) * (len(self.head) + longest)

    def pays(self, context: int) -> bool:
        """Whether all fit into the model's context and have enough in common to be computed together."""
        fits = all(text.weighed and len(text.tokens) - 1 <= context for text in self.texts)
        return fits and len({text.tokens[:-1] for text in self.texts}) > 1


def batches(inputs: Sequence[Tokens], most: int) -> Iterator[list[Tokens]]:
    """Split inputs, the longest first, so that a batch padded to its longest has at most `most` tokens."""
    batch: list[Tokens] = []
    for tokens in inputs:
        if batch and (len(batch) + 1) * len(batch[0]) > most:
            yield batch
            batch = []
        batch.append(tokens)
    if batch:
        yield batch


def fork_batches(forks: Sequence[Fork], most: int) -> Iterator[list[Fork]]:
    """Split forks, those with the longest head first, so that a batch holds at most `most` tokens or a single fork."""
    batch: list[Fork] = []
    largest = 0
    for fork in sorted(forks, key=lambda f: len(f.head), reverse=True):
        largest = max(largest, fork.size)
        if batch and (len(batch) + 1) * largest > most:
            yield batch
            batch, largest = [], fork.size
        batch.append(fork)
    if batch:
        yield batch
