"""Sequences of different lengths as one batch of tensors."""

import torch
from torch.nn.utils.rnn import pad_sequence

from trainer.data import UNTRAINED


def padded(sequences: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """A batch padded on the right: padding is neither attended to (attention_mask 0) nor trained on."""
    inputs = [torch.tensor(sequence["input_ids"]) for sequence in sequences]
    labels = [torch.tensor(sequence["labels"]) for sequence in sequences]
    real = [torch.ones_like(row) for row in inputs]
    return {
        "input_ids": pad_sequence(inputs, batch_first=True),
        "attention_mask": pad_sequence(real, batch_first=True),
        "labels": pad_sequence(labels, batch_first=True, padding_value=UNTRAINED),
    }
