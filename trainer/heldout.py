"""What a model makes of dev pairs it was never trained on: the measure before and after every stage."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from trainer.collate import padded
from trainer.data import UNTRAINED, Encoder
from trainer.recipe import HeldOut
from trainer.source import DEV, Frozen

BATCH = 8
# Logits of a batch, in float32, where their logarithms take as much again: little beside the 16 GB of an 8B model in
# bfloat16, and room for 524 answer tokens under aya's vocabulary of 256,000. A longer answer is a batch of its own.
LOGITS_BYTES = 512 << 20
COMPARED = 1_000  # places in answers at which two models are compared: a share of 99.5 % is known to 0.2


Sequence = dict[str, list[int]]  # input_ids and labels


@dataclass(frozen=True)
class HeldOutPairs:
    """Dev pairs as sequences, the longest last, and the UTF-8 bytes of their answers."""

    sequences: list[Sequence]
    answer_bytes: int
    left_out: int

    def measure(self, model: Any) -> dict[str, float] | None:
        """Loss in nats a token and bits a byte, over the answers and their end of turn; None without pairs."""
        if not self.sequences:
            return None
        nats, tokens = 0.0, 0
        model.eval()
        at_once = _at_once(model)
        for batch in _batches(self.sequences, at_once):
            batch_nats, batch_tokens = _nats(model, batch, at_once)
            nats, tokens = nats + batch_nats, tokens + batch_tokens
        return {
            "loss": round(nats / tokens, 6),
            "bits_per_byte": round(nats / math.log(2) / self.answer_bytes, 6),
            "pairs": len(self.sequences),
            "tokens": tokens,
        }

    def greedy(self, model: Any) -> torch.Tensor | None:
        """The token the model finds likeliest at about COMPARED places in answers, shape (places,); None without pairs.

        Each place is that of the pair's own answer, so that two models are asked the same. The pairs are spread evenly
        over all lengths.
        """
        if not self.sequences:
            return None
        places = sum(label != UNTRAINED for row in self.sequences for label in row["labels"])
        every = min(max(1, places // COMPARED), len(self.sequences))
        model.eval()
        at_once, some = _at_once(model), self.sequences[every // 2 :: every]
        return torch.cat([_likeliest(model, batch, at_once) for batch in _batches(some, at_once)])


def held_out(snapshot: Frozen, tokenizer: Any, wanted: HeldOut) -> HeldOutPairs:
    """The first dev pairs of the snapshot that fit whole: a cut answer has no bytes to measure against."""
    encoder = Encoder(tokenizer, 1 << 30)
    rows = snapshot.rows(DEV, ["question", "answer"]) if snapshot.count(DEV) else iter(())
    sequences, answer_bytes, left_out = [], 0, 0
    for row in islice(rows, wanted.pairs):
        encoded = encoder.chats([row["question"]], [row["answer"]])
        if encoded["input_ids"] and len(encoded["input_ids"][0]) <= wanted.max_length:
            sequences.append({name: column[0] for name, column in encoded.items()})
            answer_bytes += len(str(row["answer"]).strip().encode())
        else:
            left_out += 1
    sequences.sort(key=lambda sequence: len(sequence["input_ids"]))
    return HeldOutPairs(sequences, answer_bytes, left_out)


def _batches(sequences: list[Sequence], at_once: int) -> Iterator[list[Sequence]]:
    batch: list[Sequence] = []
    for sequence in sequences:
        grown = [*batch, sequence]
        if batch and (len(grown) > BATCH or len(grown) * len(_before_answers(grown)) > at_once):
            yield batch
            grown = [sequence]
        batch = grown
    if batch:
        yield batch


def _before_answers(batch: list[Sequence]) -> list[int]:
    """The positions whose next token is an answer's in any of the sequences."""
    return sorted({n for row in batch for n, label in enumerate(row["labels"][1:]) if label != UNTRAINED})


def _at_once(model: Any) -> int:
    """Positions whose logits there is room for."""
    return int(max(1, LOGITS_BYTES // (4 * model.config.vocab_size)))


@torch.no_grad()
def _nats(model: Any, sequences: list[Sequence], at_once: int) -> tuple[float, int]:
    logits, labels, places = _at_answers(model, sequences)
    parts = [cross_entropy(logits[some].float(), labels[some], reduction="sum") for some in places.split(at_once)]
    return float(sum(parts)), len(places)


@torch.no_grad()
def _likeliest(model: Any, sequences: list[Sequence], at_once: int) -> torch.Tensor:
    logits, _, places = _at_answers(model, sequences)
    return torch.cat([logits[some].argmax(-1).cpu() for some in places.split(at_once)])


def _at_answers(model: Any, sequences: list[Sequence]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits of shape (positions, vocabulary), labels (positions), and the positions whose label is an answer's."""
    batch = {name: tensor.to(model.device) for name, tensor in padded(sequences).items()}
    kept = torch.tensor(_before_answers(sequences), device=model.device)
    logits = model(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False, logits_to_keep=kept
    ).logits
    labels = batch["labels"][:, kept + 1].flatten()
    return logits.flatten(0, 1), labels, (labels != UNTRAINED).nonzero()[:, 0]
