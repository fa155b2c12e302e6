"""Documents of a pack: the same losses as alone, and none is seen by another."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from storage.errors import TabibError, UsageError
from tests.trainer.packed import Document, documents, model, pack
from trainer import documents as apart
from trainer.collate import flattened, padded
from trainer.data import UNTRAINED

LENGTHS = (40, 3, 2, 17, 64, 31)
KERNELS = ("sdpa", "eager", apart.BY_DOCUMENT)


@pytest.mark.parametrize("kernel", KERNELS)
def test_packed_and_unpacked_give_the_same_loss_for_every_token(kernel: str) -> None:
    parts = documents(LENGTHS)
    together = _packed_losses(model(kernel), [pack(parts[:3]), pack(parts[3:])])
    alone = [_losses_alone(model("sdpa"), part) for part in parts]
    assert len(together) == len(parts)
    for packed, unpacked in zip(together, alone, strict=True):
        assert packed.shape == unpacked.shape
        assert torch.allclose(packed, unpacked, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_loss_of_a_batch_is_the_loss_of_the_padded_one(kernel: str) -> None:
    parts = documents(LENGTHS)
    network = model(kernel)
    packed = network(**flattened([pack(parts[:3]), pack(parts[3:])])).loss.item()
    assert packed == pytest.approx(model("sdpa")(**padded(parts)).loss.item(), abs=1e-5)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("changed", range(len(LENGTHS)))
def test_a_changed_document_moves_no_logits_of_another(kernel: str, changed: int) -> None:
    network, parts = model(kernel), documents(LENGTHS)
    others = [documents(LENGTHS, seed=9)[n] if n == changed else part for n, part in enumerate(parts)]
    before, after = (_logits(network, pack(some)).split(LENGTHS) for some in (parts, others))
    for number in range(len(LENGTHS)):
        assert torch.equal(before[number], after[number]) == (number != changed)


@pytest.mark.parametrize("kernel", KERNELS)
def test_gradients_are_those_of_the_documents_alone(kernel: str) -> None:
    parts = documents(LENGTHS)
    packed, unpacked = model(kernel), model("sdpa")
    packed(**flattened([pack(parts)]), num_items_in_batch=1).loss.backward()
    for part in parts:
        _losses_alone(unpacked, part).sum().backward()
    for one, other in zip(packed.parameters(), unpacked.parameters(), strict=True):
        assert one.grad is not None
        assert torch.allclose(one.grad, other.grad, atol=1e-4, rtol=1e-4)


def test_no_document_s_first_token_is_trained_on_and_every_other_one_is_once() -> None:
    parts = documents(LENGTHS)
    batch = flattened([pack(parts[:3]), pack(parts[3:])])
    starts = [0, *torch.tensor(LENGTHS).cumsum(0).tolist()]
    trained = (batch["logits_to_keep"] + 1).tolist()
    assert not {*starts} & {*trained}
    row = batch["input_ids"][0].tolist()
    assert batch["labels"][0].tolist() == [row[place] for place in trained]
    labels = [label for part in parts for label in part["labels"][1:] if label != UNTRAINED]
    assert batch["labels"][0].tolist() == labels
    assert batch["shift_labels"] is batch["labels"]


def test_positions_begin_anew_and_bounds_say_where() -> None:
    batch = flattened([pack(documents((3, 2))), pack(documents((4,)))])
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1, 0, 1, 2, 3]]
    assert batch["cu_seq_lens_q"].tolist() == batch["cu_seq_lens_k"].tolist() == [0, 3, 5, 9]
    assert batch["cu_seq_lens_q"].dtype == torch.int32
    assert (batch["max_length_q"], batch["use_cache"]) == (4, False)
    assert "attention_mask" not in batch


@pytest.mark.parametrize(("attention", "kernel"), [("sdpa", apart.BY_DOCUMENT), ("eager", "eager")])
def test_a_model_that_keeps_documents_apart_is_left_as_it_was(attention: str, kernel: str) -> None:
    network = model(attention)
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    network.train()
    assert apart.keep_apart(network) == kernel
    assert network.training
    apart.as_before(network)
    assert network.config._attn_implementation == attention
    assert all(torch.equal(before[name], weights) for name, weights in network.state_dict().items())


def test_a_padded_batch_is_the_same_under_the_kernel_that_goes_by_document() -> None:
    batch = padded(documents((9, 30)))
    logits = [model(kernel)(**batch).logits[batch["attention_mask"].bool()] for kernel in ("sdpa", apart.BY_DOCUMENT)]
    assert torch.allclose(*logits, atol=1e-6)


def test_a_model_that_leaks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = model("sdpa")
    _register("leaks", sdpa_attention_forward, lambda **_: None)
    monkeypatch.setitem(apart.KERNELS, "sdpa", "leaks")
    with pytest.raises(TabibError, match=r"does not keep documents apart .* nothing was trained"):
        apart.keep_apart(network)


def test_a_kernel_that_nothing_is_known_of_is_refused() -> None:
    _register("unheard-of", sdpa_attention_forward, sdpa_mask)
    with pytest.raises(UsageError, match="no way is known to keep documents apart under attention by unheard-of"):
        apart.keep_apart(model("unheard-of"))


def _register(name: str, attention: Callable[..., Any], mask: Callable[..., Any]) -> None:
    AttentionInterface.register(name, attention)
    AttentionMaskInterface.register(name, mask)


def _packed_losses(network: Any, packs: list[Document]) -> list[torch.Tensor]:
    """Each document's losses, one a trained token, read from one flattened batch."""
    batch = flattened(packs)
    with torch.no_grad():
        logits = network(**batch).logits[0]
    losses = cross_entropy(logits, batch["labels"][0], reduction="none")
    places = batch["logits_to_keep"] + 1
    bounds = batch["cu_seq_lens_q"].tolist()
    return [losses[(places >= start) & (places < end)] for start, end in pairwise(bounds)]


def _losses_alone(network: Any, part: Document) -> torch.Tensor:
    logits = network(input_ids=torch.tensor([part["input_ids"]])).logits[0, :-1]
    labels = torch.tensor(part["labels"][1:])
    losses: torch.Tensor = cross_entropy(logits, labels, ignore_index=UNTRAINED, reduction="none")[labels != UNTRAINED]
    return losses


def _logits(network: Any, packed: Document) -> torch.Tensor:
    batch = {name: value for name, value in flattened([packed]).items() if name != "logits_to_keep"}
    with torch.no_grad():
        logits: torch.Tensor = network(**{n: v for n, v in batch.items() if "labels" not in n}).logits[0]
    return logits
