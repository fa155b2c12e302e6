"""FLOPs of a plan against torch's own counter."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.trainer import tiny_models
from tests.trainer.tiny_models import LENGTH, SEQUENCES, Case
from trainer.model import adapted
from trainer.plan.architecture import _on_meta, architecture, weights
from trainer.plan.batching import Slots
from trainer.plan.flops import CAUSAL, Flops, flops
from trainer.recipe import load

WORK = Slots(SEQUENCES * LENGTH, SEQUENCES * LENGTH**2, SEQUENCES)


def counted(found: Flops) -> float:
    """As torch counts: it does not know that a causal kernel skips half of the square."""
    return found.base + found.adapter + found.attention / CAUSAL


def measured(case: Case) -> tuple[float, Flops]:
    network = tiny_models.model(case)
    with FlopCounterMode(display=False) as counter:
        tiny_models.loss(case, network).backward()
    planned = flops(tiny_models.weights(case, network), network.config, WORK, case.checkpointed)
    return counter.get_total_flops(), planned


@pytest.mark.parametrize(
    "case", [Case(attention="eager"), Case(layers=1, attention="eager"), Case(rank=0, attention="eager")]
)
def test_forward_and_backward_are_counted_to_the_operation(case: Case) -> None:
    found, planned = measured(case)
    assert counted(planned) == found
    assert planned.recomputed == 0


def test_recomputation_is_within_one_percent() -> None:
    """Above by the last product of each layer, which torch stops short of."""
    case = Case(attention="eager", checkpointed=True)
    found, planned = measured(case)
    layers_again = planned.recomputed + 4 * WORK.squares * 64 * case.layers * (1 - CAUSAL)
    assert found < counted(planned) + layers_again < 1.01 * found
    assert layers_again > 0.25 * found


def test_the_model_of_eight_billion_is_counted_to_the_operation() -> None:
    recipe = load("paper")
    stage, shape = recipe.content.stages[0], architecture(recipe)
    shape.config._attn_implementation = "eager"
    assert stage.lora is not None
    network = adapted(_on_meta(shape, "float32"), stage.lora, 0)
    length = 1_024
    ids = torch.zeros((1, length), dtype=torch.long, device="meta")
    mask = torch.zeros((1, 1, length, length), device="meta")
    with FlopCounterMode(display=False) as counter:
        network(input_ids=ids, attention_mask=mask, use_cache=False).logits.sum().backward()
    planned = flops(weights(shape, stage, "float32", None), shape.config, Slots(length, length**2, 1), False)
    assert counted(planned) == counter.get_total_flops()


def test_flops_follow_the_work() -> None:
    case = Case()
    network = tiny_models.model(case)
    seen = [flops(tiny_models.weights(case, network), network.config, replace(WORK, slots=n), False) for n in (1, 7)]
    assert seen[1].base == 7 * seen[0].base
    assert seen[1].attention == seen[0].attention
