"""Sequences of different lengths as one batch of tensors."""

from collections.abc import Sequence
from typing import Any

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


def flattened(packs: list[dict[str, list[int]]]) -> dict[str, Any]:
    """Packs as one row of documents without padding, shapes (1, tokens): positions begin anew in each document.

    There is no attention mask: an all-ones one would let documents see each other. Logits, of 256,000 figures each
    under aya's vocabulary, are asked for only where the next token is trained on (`logits_to_keep`), and the labels
    are those next tokens, of shape (1, kept). A document's first token is never the next of another's last.
    """
    inputs = torch.tensor([token for pack in packs for token in pack["input_ids"]])
    labels = torch.tensor([label for pack in packs for label in pack["labels"]])
    positions, bounds = _places([length for pack in packs for length in pack["seq_lengths"]])
    labels[positions == 0] = UNTRAINED
    kept = (labels[1:] != UNTRAINED).nonzero()[:, 0]
    targets = labels[kept + 1][None]
    longest = int(bounds.diff().max())
    return {
        "input_ids": inputs[None],
        "position_ids": positions[None],
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": longest,
        "max_length_k": longest,
        "use_cache": False,
        "logits_to_keep": kept,
        "labels": targets,
        "shift_labels": targets,
    }


def _places(lengths: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Each token's position in its document, and the documents' bounds in the row, which flash attention reads."""
    sizes = torch.tensor(lengths)
    bounds = torch.nn.functional.pad(sizes.cumsum(0), (1, 0))
    positions = torch.arange(int(bounds[-1])) - bounds[:-1].repeat_interleave(sizes)
    return positions, bounds.to(torch.int32)
