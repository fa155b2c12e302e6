"""An epoch for several processes: the order of one process, its end filled up with rows that are not trained on.

accelerate deals out whole micro-batches in turn, and takes rows from the beginning once more where the last round is
not full. Here that round is filled with rows of one token without a label: a step has the rows that it has in one
process, each once, and the loss is the same mean over the same tokens. Only the count of tokens read has the blank
ones too. Of preferences a blank row has two such tokens, of two answers without a word, which no loss counts.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import Dataset, Sampler

from trainer.data import UNTRAINED


class Filled(Dataset[dict[str, list[int]]]):
    """`rows` (columns input_ids, labels, perhaps seq_lengths), then blank ones up to a multiple of `at_once`.

    A blank row has so many `documents` of one token.
    """

    def __init__(self, rows: Any, at_once: int, documents: int = 1) -> None:
        self.rows, self.at_once = rows, at_once
        first = int(rows[0]["input_ids"][0])
        self.blank = {
            "input_ids": [first] * documents,
            "labels": [UNTRAINED] * documents,
            "seq_lengths": [1] * documents,
        }

    def __len__(self) -> int:
        return -(-len(self.rows) // self.at_once) * self.at_once

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        return dict(self.rows[index]) if index < len(self.rows) else self.blank


class Order(Sampler[int]):
    """The order that accelerate's SeedableRandomSampler gives the rows in one process, then the blank ones."""

    def __init__(self, filled: Filled, seed: int) -> None:
        self.filled, self.seed, self.epoch = filled, seed, 0

    def __iter__(self) -> Iterator[int]:
        rows = len(self.filled.rows)
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        yield from torch.randperm(rows, generator=generator).tolist()
        yield from range(rows, len(self.filled))
        self.set_epoch(self.epoch + 1)

    def __len__(self) -> int:
        return len(self.filled)

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate's loaders."""
        self.epoch = epoch
