"""Plans for several GPUs against what two processes hold and send, to the byte; and what such a plan tells."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from storage.errors import UsageError
from tests.trainer import tiny_models
from tests.trainer.test_cli import run
from tests.trainer.tiny_models import Case
from trainer.heldout import LOGITS_BYTES
from trainer.plan import table
from trainer.plan.asked import Asked
from trainer.plan.gpus import named
from trainer.plan.memory import Setting, memory
from trainer.plan.planning import plan
from trainer.plan.sharing import Sharing, exchanged, held

PROJECT = Path(__file__).parents[2]
LONGEST_WAIT = 120
MIXED = Case(dtype="bfloat16", autocast=True, rank=3)  # 3 rows: two processes have shares of different sizes
CASES = [
    (Case(dtype="bfloat16", autocast=True), Sharing(2, cut_up=False, accumulated=2)),
    (MIXED, Sharing(2, cut_up=True, accumulated=2)),
    (replace(MIXED, rank=0), Sharing(2, cut_up=True, accumulated=1)),
    (Case(layers=5), Sharing(2, cut_up=True, accumulated=1)),
]
FSDP = Asked("fsdp", named("a100-40gb"), gpus=4)


@pytest.fixture(scope="module")
def two() -> list[dict[str, int]]:
    """What the first of two processes has of each case; its shares are the largest."""
    asked = [{"case": asdict(case), "fsdp": s.cut_up, "accumulated": s.accumulated} for case, s in CASES]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*torchrun, "-m", "tests.trainer.two_hold", json.dumps(asked)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_WAIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("number", range(len(CASES)))
def test_each_of_two_holds_what_the_plan_says(two: list[dict[str, int]], number: int) -> None:
    (case, sharing), found = CASES[number], two[number]
    network = tiny_models.model(case)
    weights = tiny_models.weights(case, network)
    shares = held(weights, case.formats, sharing)
    assert (shares.base, shares.trained) == (found["base"], found["trained"])
    setting = Setting(weights, network.config, case.formats, "adamw_torch", case.micro, sharing)
    assert memory(setting).optimizer == found["optimizer"]
    assert shares.gradients == found["summed"] + (found["own"] if sharing.accumulated > 1 else 0)
    if sharing.cut_up:
        layer = max(sum(t.size * 2 for t in weights.tensors if t.layer == n) for n in range(case.layers))
        assert found["at_once"] + layer <= shares.gathered  # beside it, what the next one arrives in


@pytest.mark.parametrize("number", range(len(CASES)))
def test_two_send_what_the_plan_says(two: list[dict[str, int]], number: int) -> None:
    (case, sharing), found = CASES[number], two[number]
    planned = exchanged(tiny_models.weights(case, tiny_models.model(case)), case.formats, sharing)
    assert (planned.gathered, planned.summed, planned.cut_up) == (
        found["gathered"],
        found["all_summed"],
        found["cut_up"],
    )
    assert planned.sent(2) == (found["gathered"] + found["cut_up"]) / 2 + found["all_summed"]


def test_the_copies_that_gradients_are_summed_out_of_are_there(tmp_path: Path) -> None:
    """torch: without gradient_as_bucket_view a process holds as much again as its gradients."""
    case, sharing = CASES[0]
    weights = tiny_models.weights(case, tiny_models.model(case))
    assert held(weights, case.formats, sharing).gathered == weights.trained_bytes
    assert held(weights, case.formats, Sharing()).gathered == 0
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        model = torch.nn.parallel.DistributedDataParallel(tiny_models.model(case))
        assert not model.gradient_as_bucket_view
    finally:
        torch.distributed.destroy_process_group()


def test_the_eight_billion_model_on_four_cards() -> None:
    """Each sends three quarters of 16 GB, and of 14 GB once more, eight times a step."""
    found = plan(FSDP, None)
    one, four = plan(replace(FSDP, gpus=2), None), found
    corpus, gpu = found["stages"][0], found["gpu"]
    assert (gpu["gpus"], corpus["sharing"]["fsdp"]) == (4, True)
    base = 2 * 8_028_033_024
    assert corpus["memory"]["base"] == pytest.approx(base / 4, rel=1e-3)
    embedding, adapter = 2 * 256_000 * 4_096, 2 * 83_886_080
    micro = 2 * (base + adapter) - embedding
    sharing = corpus["sharing"]
    assert sharing["gathered"] == pytest.approx(micro * sharing["micro_batches"], rel=1e-3)
    assert sharing["sent"] == pytest.approx(0.75 * (sharing["gathered"] + adapter), rel=1e-3)
    whole = base * 1.25 + 2.5 * adapter + 2.5 * LOGITS_BYTES
    assert corpus["memory"]["whole_model"] == pytest.approx(whole + 600 * 2**20, rel=1e-3)
    assert four["total"]["floor_hours"] == pytest.approx(one["total"]["floor_hours"] / 2)
    times = [stage["time"] for stage in found["stages"]]
    for time in times:
        assert time["seconds"] == pytest.approx(time["computing_seconds"] + time["sending_seconds"])
        assert time["seconds_overlapped"] == max(time["computing_seconds"], time["sending_seconds"])
    assert [note.partition(": ")[2][:36] for note in found["notes"]] == ["the GPUs send for longer than they c"] * 2
    assert plan(replace(FSDP, gpu=named("a100-80gb")), None)["notes"] == []


def test_energy_and_cost_are_those_of_all_cards() -> None:
    total = plan(replace(FSDP, price=2.0), None)["total"]
    assert total["kwh"] == pytest.approx(4 * 0.25 * total["hours"])
    assert total["cost"] == pytest.approx(4 * 2.0 * total["hours"])


def test_the_recipe_for_cards_of_24_gb_fits_them_and_fewer_gpus_are_told() -> None:
    for gpus in (4, 8):
        assert plan(replace(FSDP, gpu=named("rtx4090"), gpus=gpus), None)["total"]["fits"]
    whole = plan(replace(FSDP, gpu=named("rtx4080-16gb")), None)
    assert not whole["total"]["fits"]
    assert whole["notes"][0].endswith("the whole model at the ends of a stage: take more GPUs, or larger ones")
    with pytest.raises(UsageError, match=r"cuts the model up among GPUs \(fsdp\): give --gpus 2 or more"):
        plan(replace(FSDP, gpus=1), None)
    assert plan(replace(FSDP, gpus=None), None)["gpu"]["gpus"] == 2


def test_copies_of_the_model_send_only_what_is_trained() -> None:
    one, four = (plan(replace(FSDP, recipe="packed", gpus=gpus), None) for gpus in (1, 4))
    corpus = four["stages"][0]
    assert corpus["sharing"]["sent"] == pytest.approx(2 * 0.75 * 4 * 83_886_080)
    assert corpus["memory"]["base"] == one["stages"][0]["memory"]["base"]
    assert one["total"]["hours"] / 4 < four["total"]["hours"] < one["total"]["hours"] / 3
    assert "sharing" not in one["stages"][0]


@pytest.mark.parametrize("gpus", [0, 17])
def test_gpus_out_of_range_are_refused(gpus: int) -> None:
    with pytest.raises(UsageError, match=f"--gpus {gpus} cannot be planned"):
        replace(FSDP, gpus=gpus).check()


def test_gpus_that_cannot_share_a_step_are_refused() -> None:
    with pytest.raises(UsageError, match="stage corpus: 3 GPUs cannot share the 32 rows of a step evenly"):
        plan(replace(FSDP, gpus=3), None)


def test_the_command_tells_of_all_gpus(data_dir: Path) -> None:
    done = run("plan", "fsdp", "--gpu", "rtx4090", "--gpus", "4", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = table.told(json.loads(done.stdout))
    assert told.startswith("plan of fsdp on 4 NVIDIA GeForce RTX 4090 24 GB")
    for part in (
        "GiB sent a step, each GPU",
        "hours of them sending",
        "4 times 450 W",
        "32 GB/s each way",
        "GiB, whole",
    ):
        assert part in told
