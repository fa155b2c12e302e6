"""Memory of a plan against what torch holds: weights, gradients, optimizer, saved activations, logits."""

from dataclasses import asdict, replace

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from tests.trainer import tiny_models
from tests.trainer.tiny_models import LENGTH, SEQUENCES, VOCABULARY, Case
from trainer.plan import activations
from trainer.plan.memory import Setting, changes, memory
from trainer.plan.quantised import Quantised, quantised

WITHIN = 0.01
CASES = [
    Case(),
    Case(dropout=0.05),
    Case(layers=2, dropout=0.05, dtype="bfloat16", autocast=True),
    Case(dtype="bfloat16", autocast=True),
    Case(dtype="bfloat16", dropout=0.4),
    Case(dropout=0.05, autocast=True),
    Case(attention="eager"),
    Case(attention="eager", dtype="bfloat16", autocast=True),
    Case(layers=6, checkpointed=True, dtype="bfloat16", autocast=True),
    Case(rank=0),
    Case(rank=0, autocast=True),
    Case(rank=0, dtype="bfloat16"),
]


def saved(case: Case) -> tuple[int, int]:
    """Bytes that a forward pass saves beside parameters, each storage once; and what the plan says."""
    network = tiny_models.model(case)
    parameters = {p.untyped_storage().data_ptr() for p in network.parameters()}
    held: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            held[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        tiny_models.loss(case, network)
    planned = activations.kept(tiny_models.weights(case, network), network.config, case.formats, case.micro)
    log_softmax = 4 * SEQUENCES * LENGTH * VOCABULARY
    return sum(storage.nbytes() for storage in held.values()), planned + log_softmax


@pytest.mark.parametrize("case", CASES, ids=str)
def test_saved_activations_are_within_one_percent(case: Case) -> None:
    found, planned = saved(case)
    assert planned == pytest.approx(found, rel=WITHIN)


def test_checkpointing_saves_what_the_plan_says_it_saves() -> None:
    case = Case(layers=8, dropout=0.05, dtype="bfloat16", autocast=True)
    saving = saved(case)[0] - saved(replace(case, checkpointed=True))[0]
    planned = saved(case)[1] - saved(replace(case, checkpointed=True))[1]
    assert planned == pytest.approx(saving, rel=WITHIN)


@pytest.mark.parametrize("case", [Case(dtype="bfloat16"), Case(rank=0)], ids=str)
def test_weights_gradients_and_optimizer_are_counted_to_the_byte(case: Case) -> None:
    network = tiny_models.model(case)
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained)
    tiny_models.loss(case, network).backward()
    optimizer.step()
    found = memory(_setting(case, network))
    assert found.base + found.adapter == sum(p.nbytes for p in network.parameters())
    assert found.gradients == sum(p.grad.nbytes for p in trained if p.grad is not None)
    moments = [state for one in optimizer.state.values() for state in one.values() if state.dim()]
    assert found.optimizer == sum(state.nbytes for state in moments)


def test_logits_take_at_most_what_is_planned(capfd: pytest.CaptureFixture[str]) -> None:
    """A model that is all head: what it allocates at most are its logits."""
    case = Case(layers=1, rank=1, checkpointed=True, dtype="bfloat16", autocast=True)
    network = tiny_models.model(case)
    network.resize_token_embeddings(40_000)
    tiny_models.loss(case, network).backward()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        tiny_models.loss(case, network).backward()
    capfd.readouterr()  # the profiler's own lines
    now, most = 0, 0
    events = [e for e in profiled.profiler.kineto_results.events() if e.name() == "[memory]"]  # type: ignore[union-attr]
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    planned = activations.logits(network.config, case.micro)
    assert planned == pytest.approx(most, rel=0.03)
    assert planned <= most


def test_a_total_never_counts_logits_and_a_recomputed_layer_together() -> None:
    case = Case(checkpointed=True)
    found = memory(_setting(case, tiny_models.model(case)))
    assert found.recomputed_layer > 0
    assert found.total == sum(asdict(found).values()) - min(found.logits, found.recomputed_layer)


def test_changes_are_told_until_it_fits() -> None:
    case = Case(layers=8, dropout=0.05)
    setting = _setting(case, tiny_models.model(case))
    assert memory(setting).total > changes(setting, 10**12)[0][1]
    first = changes(setting, 10**12)
    assert [words for words, _ in first] == ["activation_checkpointing: true"]
    every = changes(setting, 1)
    assert [need for _, need in every] == sorted((need for _, need in every), reverse=True)
    assert "per_device_train_batch_size: 1, gradient_accumulation_steps 3 times as many" in [w for w, _ in every]
    assert any("load_in_4bit" in words for words, _ in every)


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ({"dtype": "bfloat16"}, None),
        ({"BitsAndBytesConfig": {"load_in_4bit": True, "bnb_4bit_use_double_quant": True}}, Quantised(4, True)),
        ({"load_in_4bit": True}, Quantised(4, False)),
        ({"quantization": {"load_in_8bit": True}}, Quantised(8, False)),
        ({"load_in_4bit": "yes"}, None),
    ],
)
def test_a_quantised_base_is_recognised(base: dict[str, object], found: Quantised | None) -> None:
    assert quantised(base) == found


def test_four_bits_with_double_quantisation_are_qloras_4_127() -> None:
    """QLoRA, section 3: 0.5 bits a weight of constants become 0.127."""
    assert 8 * Quantised(4, False).bytes_a_weight == 4.5
    assert 8 * Quantised(4, True).bytes_a_weight == pytest.approx(4.127, abs=0.001)


def _setting(case: Case, network: object) -> Setting:
    weights = tiny_models.weights(case, network)
    return Setting(weights, network.config, case.formats, "adamw_torch", case.micro)  # type: ignore[attr-defined]
