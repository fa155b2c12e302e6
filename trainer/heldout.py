"""What a model makes of dev pairs it was never trained on: the measure before and after every stage."""

import math
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
LOGITS = 1 << 28  # at once: 1 GiB in float32; one sequence of 1,024 tokens under aya's vocabulary of 256,000


@dataclass(frozen=True)
class HeldOutPairs:
    """Dev pairs as sequences, the longest last, and the UTF-8 bytes of their answers."""

    sequences: list[dict[str, list[int]]]
    answer_bytes: int
    left_out: int

    def measure(self, model: Any) -> dict[str, float] | None:
        """Loss in nats a token and bits a byte, over the answers and their end of turn; None without pairs."""
        if not self.sequences:
            return None
        nats, tokens = 0.0, 0
        model.eval()
        longest = len(self.sequences[-1]["input_ids"])
        size = max(1, min(BATCH, LOGITS // (longest * model.config.vocab_size)))
        for start in range(0, len(self.sequences), size):
            batch_nats, batch_tokens = _nats(model, self.sequences[start : start + size])
            nats, tokens = nats + batch_nats, tokens + batch_tokens
        return {
            "loss": round(nats / tokens, 6),
            "bits_per_byte": round(nats / math.log(2) / self.answer_bytes, 6),
            "pairs": len(self.sequences),
            "tokens": tokens,
        }


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


@torch.no_grad()
def _nats(model: Any, sequences: list[dict[str, list[int]]]) -> tuple[float, int]:
    batch = {name: tensor.to(model.device) for name, tensor in padded(sequences).items()}
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
    predicted, labels = logits[:, :-1].float().flatten(0, 1), batch["labels"][:, 1:].flatten()
    total = cross_entropy(predicted, labels, ignore_index=UNTRAINED, reduction="sum")
    return float(total), int((labels != UNTRAINED).sum())
