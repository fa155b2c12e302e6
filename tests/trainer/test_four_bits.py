"""A base in 4 bits: refused where it cannot be, trained, halved, killed and gone on with, merged into whole weights."""

import copy
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import PeftModel
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from storage.errors import UsageError
from storage.settings import settings
from tests.trainer import short
from tests.trainer.conftest import SMOKE, Trained
from tests.trainer.short import At, Embedded
from tests.trainer.tiny_models import Case, loss, model
from trainer import four_bits
from trainer import model as models
from trainer.heldout import COMPARED
from trainer.plan.asked import Asked
from trainer.plan.gpus import named
from trainer.plan.planning import plan
from trainer.plan.quantised import quantised
from trainer.progress import Reporter
from trainer.recipe import FourBits, load
from trainer.request import Request
from trainer.train import export_and_train

PROGRAM = str(Path(sys.executable).parent / "trainer")
LONGEST_WAIT = 120
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def in_four_bits(trained: Trained, snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command says of qlora.yaml on the smoke run's base; only the GPU is left out. `said`: its errors."""
    home = tmp_path_factory.mktemp("four")
    recipe, base = _on_the_cpu(home), str(trained.folder / "base")
    command = [PROGRAM, "export-and-train", "--recipe", recipe, "--snapshot", str(snapshot), "--model", base, "--json"]
    environment = os.environ | {"TABIB_DATA_DIR": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_WAIT, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    state = json.loads(done.stdout)
    return state | {"said": done.stderr, "folder": home / "runs" / state["name"]}


def test_the_qlora_recipe_trains_on_a_small_base(in_four_bits: dict[str, Any]) -> None:
    """What is measured after a stage is what the next one begins from: the merged model, rounded anew."""
    corpus, pairs = in_four_bits["metrics"]["stages"]
    assert pairs["held_out"]["before"] == corpus["held_out"]["after"]
    assert pairs["held_out"]["before"] != pairs["held_out"]["after"]
    # Two layers' projections, 32 wide and 64 inside, with one key head of two; the vocabulary of 400 is counted once.
    layer = 32 * 32 * 2 + 32 * 16 * 2 + 32 * 64 * 3 + 32
    assert pairs["parameters"]["all"] - pairs["parameters"]["trained"] == 2 * layer + 400 * 32 + 32
    assert in_four_bits["metrics"]["quantization_config"]["bnb_4bit_quant_type"] == "nf4"
    assert "base in 4 bits (nf4)" in in_four_bits["said"]
    assert "kernels" not in in_four_bits["said"]  # bitsandbytes' advice to install a package that fetches code


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21 asks by the old name
def test_adapters_are_merged_into_whole_weights(trained: Trained, in_four_bits: dict[str, Any]) -> None:
    network = _whole(trained.folder / "base")
    adapter = in_four_bits["folder"] / "adapter"
    network = _adapted(network, adapter / "corpus").merge_and_unload(safe_merge=True)
    network = _adapted(network, adapter / "pairs").merge_and_unload(safe_merge=True)
    merged, base = _whole(in_four_bits["folder"] / "merged"), _whole(trained.folder / "base")
    assert "quantization_config" not in json.loads((in_four_bits["folder"] / "merged" / "config.json").read_text())
    for name, weights in merged.named_parameters():
        assert torch.equal(weights, network.get_parameter(name))
        assert ("proj" in name) is not torch.equal(weights, base.get_parameter(name))


def test_how_far_merged_and_adapter_agree_is_measured(in_four_bits: dict[str, Any]) -> None:
    """In bfloat16 alone two computations of one model part at one place in a hundred: see `trainer.merging`."""
    for stage in in_four_bits["metrics"]["stages"]:
        assert stage["merged"]["agree"] >= 0.97
        assert 0 < stage["merged"]["agree_in_4_bits"] < stage["merged"]["agree"]
        assert COMPARED <= stage["merged"]["tokens"] < 2 * COMPARED < stage["held_out"]["after"]["tokens"]


def test_merging_needs_no_kernel_of_a_gpu() -> None:
    held = models.Loading("bfloat16", "flash_attention_2", "as the recipe says", NF4)
    assert held.on_processor() == models.Loading("bfloat16", "sdpa", "as the recipe says")


def test_its_card_says_so(in_four_bits: dict[str, Any]) -> None:
    card = (in_four_bits["folder"] / "merged" / "README.md").read_text(encoding="utf-8")
    assert "the linear layers below them were held in 4 bits (nf4)" in card
    shares = [stage["merged"]["agree"] for stage in in_four_bits["metrics"]["stages"]]
    assert re.findall(r"the likeliest at ([\d.]+) % of", card) == [f"{100 * share:.1f}" for share in shares]


def test_in_whole_weights_it_is_measured_too(trained: Trained) -> None:
    warm, *adapted = trained.state["metrics"]["stages"]
    assert "merged" not in warm
    for stage in adapted:
        assert stage["merged"]["agree"] >= 0.995
        assert set(stage["merged"]) == {"tokens", "agree"}


def test_halved_and_killed_it_comes_to_the_same_bits(
    snapshot: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is scarce from step 6 of the corpus on, and once the process is killed -9 after that step."""
    wanted = _short(tmp_path)
    whole = _halved(wanted, snapshot, 5)
    assert [stage["micro_batch"]["halved_at"] for stage in whole["metrics"]["stages"]] == [[], [6], [1]]
    monkeypatch.setenv("TABIB_DATA_DIR", str(tmp_path / "again"))
    settings.cache_clear()
    short.killed_once_halved(wanted, snapshot)
    for stage in whole["metrics"]["stages"][1:]:  # in float32
        assert stage["merged"]["agree"] >= 0.995 > stage["merged"]["agree_in_4_bits"]
    resumed = _halved(wanted, snapshot, 7)
    assert resumed["model_sha256"] == whole["model_sha256"]
    assert resumed["metrics"]["stages"][1]["held_out"] == whole["metrics"]["stages"][1]["held_out"]


def test_a_model_that_was_read_learns_as_one_that_was_not(tmp_path: Path) -> None:
    """bitsandbytes lays weights out anew for reading, on some processors, through which no gradient passes."""
    model(Case(rank=0)).save_pretrained(tmp_path)
    held = models.Loading("float32", "sdpa", "", NF4)
    gradients = []
    for read in (False, True):
        network = held.model(tmp_path, CPU)
        if read:
            with torch.no_grad():
                network.eval()(input_ids=torch.arange(5, 45)[None])
        network = models.adapted(network, load(SMOKE).content.stages[0].lora or {}, 1).train()
        torch.manual_seed(0)
        loss(Case(), network).backward()
        gradients.append({name: w.grad for name, w in network.named_parameters() if w.grad is not None})
    assert any("layers.0" in name and weights.any() for name, weights in gradients[0].items())
    for name, weights in gradients[0].items():
        assert torch.equal(weights, gradients[1][name])


def test_a_plan_counts_what_bitsandbytes_holds() -> None:
    from bitsandbytes.nn import Linear4bit

    for double in (False, True):
        layer = Linear4bit(2048, 1024, bias=False, compress_statistics=double, quant_type="nf4").to("cpu")
        held = {
            name: x for name, x in layer.state_dict().items() if "quant_map" not in name and "quant_state" not in name
        }
        counted = quantised({"any": NF4 | {"bnb_4bit_use_double_quant": double}})
        assert counted is not None
        assert sum(x.numel() * x.element_size() for x in held.values()) / (2048 * 1024) == counted.bytes_a_weight
        assert four_bits.numel(layer.weight) == 2048 * 1024


def test_the_qlora_recipe_fits_a_card_of_12_gb() -> None:
    for stage in plan(Asked("qlora", named("rtx4080-12gb")), None)["stages"]:
        assert stage["memory"]["fits"]
        assert not stage["memory"]["without_checkpointing"]["total"] < named("rtx4080-12gb").memory


def test_the_qlora_recipe_is_packed_in_4_bits() -> None:
    four, packed = load("qlora").content, load("packed").content
    assert four.base.quantization_config
    assert four.base == packed.base.model_copy(update={"quantization_config": four.base.quantization_config})
    assert (four.seed, four.held_out) == (packed.seed, packed.held_out)
    for one, other in zip(four.stages, packed.stages, strict=True):
        training = other.training | {"activation_checkpointing": True}
        assert one == other.model_copy(update={"training": training})


def test_its_keys_and_defaults_are_those_of_transformers() -> None:
    taken = inspect.signature(BitsAndBytesConfig).parameters
    for name, field in FourBits.model_fields.items():
        if name != "load_in_4bit":
            default = "float32" if name == "bnb_4bit_compute_dtype" else taken[name].default  # as None there
            assert field.default == default
    assert {*FourBits.model_fields, *FourBits.REFUSED} == {*taken} - {"kwargs"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"load_in_8bit": True}, "base.quantization_config.load_in_8bit: not taken, 4 bits are what is trained in"),
        ({"bnb_4bit_quant_typ": "nf4"}, "bnb_4bit_quant_typ: no such key, did you mean bnb_4bit_quant_type?"),
        (
            {"bnb_4bit_quant_type": "nf5"},
            "base.quantization_config.bnb_4bit_quant_type: Input should be 'nf4' or 'fp4'",
        ),
        ({"bnb_4bit_use_double_quant": "yes"}, "bnb_4bit_use_double_quant: Input should be a valid boolean"),
        ({"load_in_4bit": False}, "base.quantization_config.load_in_4bit: Input should be True"),
    ],
)
def test_a_wrong_key_is_told(tmp_path: Path, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        load(_short(tmp_path, **keys), libraries=False)


@pytest.mark.parametrize(
    ("block", "keys", "said"),
    [
        ("TrainingArguments", {"fsdp": True}, "TrainingArguments.fsdp in corpus: a base in 4 bits is not cut up"),
        ("LoraConfig", {"init_lora_weights": "pissa"}, "LoraConfig.init_lora_weights in corpus: this one changes"),
    ],
)
def test_what_does_not_go_with_4_bits_is_refused(tmp_path: Path, block: str, keys: dict[str, Any], said: str) -> None:
    data = yaml.safe_load(Path(_short(tmp_path)).read_text(encoding="utf-8"))
    data["stages"][0][block] |= keys
    with pytest.raises(UsageError, match=re.escape(said)):
        load(_written(tmp_path, data), libraries=False)


def test_without_bitsandbytes_it_is_refused_before_any_work(
    snapshot: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)  # as Python itself says that there is none
    with pytest.raises(
        UsageError, match=r"nothing was done: .*bitsandbytes is not installed: pip install 'tabib\[qlora\]"
    ):
        export_and_train(Request(_short(tmp_path), snapshot=str(snapshot)), Reporter())
    assert not data_dir.exists()


def test_where_it_cannot_compute_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_built(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel image is available for\nexecution on the device")

    monkeypatch.setattr("bitsandbytes.nn.Linear4bit.forward", not_built)
    (line,) = four_bits.problems(None, needs_gpu=False)
    assert re.match(
        r"bitsandbytes \S+ cannot compute in 4 bits on (cpu|cuda) here: no kernel image is available for ", line
    )


def test_a_base_too_large_to_merge_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(4 << 40)
    (line,) = four_bits.problems(tmp_path, needs_gpu=False)
    assert "outside of the GPU: that takes 4098 GiB of memory, swap included, and there are" in line


def test_without_a_gpu_the_recipe_says_what_is_missing(data_dir: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UsageError, match=r"recipe qlora cannot run here, nothing was done: .*torch sees none"):
        models.found(load("qlora"), None)
    assert not data_dir.exists()


def test_a_base_that_is_rounded_already_is_refused(trained: Trained, tmp_path: Path) -> None:
    models.save(
        models.Loading("float32", "sdpa", "", NF4).model(trained.folder / "base", CPU),
        models.tokenizer_of(trained.folder / "base"),
        tmp_path,
    )
    with pytest.raises(UsageError, match=r"its weights are rounded \(quantization_config\): give the model they were"):
        models.found(load(SMOKE), str(tmp_path))


def _short(folder: Path, **keys: Any) -> str:
    data = yaml.safe_load(Path(short.recipe(folder / "whole.yaml")).read_text(encoding="utf-8"))
    data["base"]["quantization_config"] = NF4 | keys
    return _written(folder, data)


def _written(folder: Path, data: dict[str, Any]) -> str:
    path = folder / "four.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def _on_the_cpu(folder: Path) -> str:
    data = copy.deepcopy(load("qlora").data)
    data["base"]["device"] = "any"
    for stage in data["stages"]:
        stage["TrainingArguments"] |= {"use_cpu": True, "dataloader_pin_memory": False}
    return _written(folder, data)


def _halved(wanted: str, snapshot: Path, step: int) -> dict[str, Any]:
    """The training, with memory scarce after that step of the corpus."""
    with Embedded(short.scarce).hooked(on=False) as memory:
        reporter = At("corpus", step, lambda: setattr(memory, "on", True))
        return export_and_train(Request(wanted, snapshot=str(snapshot)), reporter)


def _whole(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)


def _adapted(network: Any, adapter: Path) -> Any:
    return PeftModel.from_pretrained(network, adapter)
