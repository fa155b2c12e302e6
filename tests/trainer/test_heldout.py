"""What is measured on dev pairs is the plain loss over their answers, in bounded memory."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from tests.trainer.conftest import Trained
from trainer import heldout
from trainer.model import tokenizer_of
from trainer.recipe import HeldOut
from trainer.source import taken


@pytest.mark.parametrize("positions", [1, 200, 100_000])
def test_the_loss_is_the_plain_one_and_logits_are_bounded(
    trained: Trained, snapshot: Path, monkeypatch: pytest.MonkeyPatch, positions: int
) -> None:
    network = AutoModelForCausalLM.from_pretrained(trained.folder / "merged", dtype=torch.float32).eval()
    network.logit_scale = 0.5  # what a model does after its last layer counts too
    pairs = heldout.held_out(
        taken(str(snapshot)), tokenizer_of(trained.folder / "merged"), HeldOut(pairs=12, max_length=512)
    )
    answers = [sum(label != heldout.UNTRAINED for label in s["labels"][1:]) for s in pairs.sequences]
    nats = sum(_plain(network, sequence) for sequence in pairs.sequences)
    monkeypatch.setattr(heldout, "LOGITS_BYTES", positions * network.config.vocab_size * 4)
    sizes: list[int] = []
    network.lm_head.register_forward_hook(lambda _m, _i, logits: sizes.append(logits.shape[0] * logits.shape[1]))
    measured = pairs.measure(network)
    assert measured is not None
    assert len(answers) > 2
    assert measured["loss"] == pytest.approx(nats / sum(answers), abs=2e-6)
    assert measured["tokens"] == sum(answers)
    assert max(sizes) <= max(positions, *answers)


def _plain(network: Any, sequence: dict[str, list[int]]) -> float:
    with torch.no_grad():
        logits = network(input_ids=torch.tensor([sequence["input_ids"]])).logits[0, :-1].double()
    labels = torch.tensor(sequence["labels"][1:])
    return float(cross_entropy(logits, labels, ignore_index=heldout.UNTRAINED, reduction="sum"))


def test_a_single_long_answer_is_asked_too(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    network = AutoModelForCausalLM.from_pretrained(trained.folder / "merged", dtype=torch.float32)
    row = {"input_ids": [5] * 60, "labels": [heldout.UNTRAINED] * 10 + [5] * 50}
    monkeypatch.setattr(heldout, "COMPARED", 10)
    found = heldout.HeldOutPairs([row], 50, 0).greedy(network)
    assert found is not None
    assert len(found) == 50
