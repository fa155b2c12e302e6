"""A run's adapter on aya-vision's language model: the same logits where that is the run's base, else a refusal."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    AyaVisionConfig,
    AyaVisionForConditionalGeneration,
    Cohere2Config,
    SiglipVisionConfig,
)

from storage.errors import DataDamaged, UsageError
from tests.trainer.conftest import Trained
from trainer.after import chosen, lora, port

PROGRAM = str(Path(sys.executable).parent / "trainer")
VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21's old name


def base_of(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def vision(folder: Path, text: Any, weights: Any = None) -> Path:
    """A tiny aya-vision model with random weights, its language model those of `weights` where given."""
    torch.manual_seed(3)
    picture = SiglipVisionConfig(image_size=28, patch_size=14, **VISION)
    model = AyaVisionForConditionalGeneration(
        AyaVisionConfig(vision_config=picture, text_config=text, image_token_index=5)
    )
    if weights:
        model.model.language_model.load_state_dict(weights.model.state_dict())
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def target(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = base_of(trained.folder / "base")
    folder = vision(tmp_path_factory.mktemp("target") / "model", base.config, base)
    AutoTokenizer.from_pretrained(trained.folder / "base").save_pretrained(folder)
    return folder


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=ids).logits  # type: ignore[no-any-return]


@pytest.fixture
def ids() -> torch.Tensor:
    return torch.randint(10, 380, (2, 80), generator=torch.Generator().manual_seed(1))


def on_target(target: Path, adapter: Path) -> Any:
    return PeftModel.from_pretrained(AyaVisionForConditionalGeneration.from_pretrained(target), adapter)


def test_text_logits_are_those_of_base_and_adapters(
    trained: Trained, target: Path, ids: torch.Tensor, tmp_path: Path
) -> None:
    report = port.port(chosen.run(str(trained.folder)), str(target), tmp_path / "out", anyway=False)
    ported = on_target(target, tmp_path / "out")
    base = base_of(trained.folder / "base")
    before = logits(base, ids)
    base = PeftModel.from_pretrained(base, trained.folder / "adapter" / "corpus").merge_and_unload()
    tuned = PeftModel.from_pretrained(base, trained.folder / "adapter" / "pairs")
    torch.testing.assert_close(logits(ported, ids), logits(tuned, ids), atol=1e-5, rtol=1e-5)
    assert (logits(ported, ids) - before).abs().max() > 0.1
    adapted = [name for name, _ in ported.named_parameters() if "lora_" in name]
    assert len(adapted) == 2 * 7 * 2
    assert all(".language_model.layers." in name for name in adapted)
    weights = report["weights"]
    assert weights["same"] == weights["all"] > 10
    assert (report["differs"], report["logits_times"], report["tokens_with_another_id"]) == ([], 1.0, 0)
    assert json.loads((tmp_path / "out" / port.REPORT).read_text("utf-8")) == report


def with_adapter(run: Path, stage: str, config: LoraConfig) -> None:
    """Replace a stage's adapter by a random one."""
    torch.manual_seed(11)
    model = get_peft_model(base_of(run / "base"), config)
    for name, weights in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=0.1)
    shutil.rmtree(run / "adapter" / stage)
    model.save_pretrained(run / "adapter" / stage, save_embedding_layers=False)


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> Path:
    return shutil.copytree(trained.folder, tmp_path / trained.folder.name)


def test_stages_of_other_ranks_scales_and_modules_are_summed(copy: Path, target: Path, ids: torch.Tensor) -> None:
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=3,
        lora_alpha=7,
        use_rslora=True,
        target_modules=["q_proj", "down_proj"],
        rank_pattern={"layers.1.mlp.down_proj": 6},
        alpha_pattern={"q_proj": 2},
    )
    with_adapter(copy, "pairs", config)
    base = PeftModel.from_pretrained(base_of(copy / "base"), copy / "adapter" / "corpus").merge_and_unload()
    tuned = PeftModel.from_pretrained(base, copy / "adapter" / "pairs")
    port.port(chosen.run(str(copy)), str(target), copy / "out", anyway=False)
    torch.testing.assert_close(logits(on_target(target, copy / "out"), ids), logits(tuned, ids), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"bias": "lora_only"}, "bias lora_only"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights pissa"),
        ({"modules_to_save": ["norm"]}, "modules_to_save"),
    ],
)
def test_what_is_no_product_of_two_matrices_is_refused(
    copy: Path, target: Path, config: dict[str, Any], said: str
) -> None:
    path = copy / "adapter" / "pairs" / lora.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | config), "utf-8")
    with pytest.raises(UsageError, match=f"is no plain LoRA .*{said}"):
        port.port(chosen.run(str(copy)), str(target), copy / "out", anyway=True)
    assert not (copy / "out").exists()


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`:UserWarning")
def test_an_adapter_beside_the_layers_is_refused(copy: Path, target: Path) -> None:
    with_adapter(copy, "pairs", LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["embed_tokens"]))
    with pytest.raises(UsageError, match=r"adapts .*embed_tokens.* too"):
        port.port(chosen.run(str(copy)), str(target), copy / "out", anyway=False)


@pytest.mark.parametrize("damage", ["cut", "config"])
def test_a_damaged_adapter_is_told(copy: Path, target: Path, damage: str) -> None:
    folder = copy / "adapter" / "pairs"
    if damage == "cut":
        (folder / lora.WEIGHTS).write_bytes((folder / lora.WEIGHTS).read_bytes()[:-100])
    else:
        text = json.loads((folder / lora.CONFIG).read_text("utf-8"))
        (folder / lora.CONFIG).write_text(json.dumps(text | {"target_modules": ["q_proj"]}), "utf-8")
    with pytest.raises(DataDamaged, match="adapter"):
        port.port(chosen.run(str(copy)), str(target), copy / "out", anyway=False)


def test_the_scale_that_the_target_leaves_out_is_told(copy: Path, ids: torch.Tensor) -> None:
    path = copy / "base" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"logit_scale": 0.125}), "utf-8")
    base = base_of(copy / "base")
    target = vision(copy / "target", base.config, base)
    report = port.port(chosen.run(str(copy)), str(target), copy / "out", anyway=False)
    assert (report["logits_times"], report["tokens_with_another_id"]) == (8.0, None)
    for stage in ("corpus", "pairs"):
        base = PeftModel.from_pretrained(base, copy / "adapter" / stage).merge_and_unload()
    ported = logits(on_target(target, copy / "out"), ids)
    torch.testing.assert_close(ported, 8 * logits(base, ids), atol=1e-5, rtol=1e-5)
    assert "8 times as large" in port.told(report, copy / "out")


def test_other_shapes_are_refused_with_all_that_differs(trained: Trained, tmp_path: Path) -> None:
    text = base_of(trained.folder / "base").config
    text.update({"intermediate_size": 96, "num_hidden_layers": 1})
    target = vision(tmp_path / "target", text)
    with pytest.raises(UsageError) as refused:
        port.port(chosen.run(str(trained.folder)), str(target), tmp_path / "out", anyway=True)
    for part in (
        "intermediate_size 64 here, 96 there",
        "num_hidden_layers 2 here, 1 there",
        "model.language_model.layers.0.mlp.down_proj 32×64 here, 32×96 there",
        "and 4 more",
    ):
        assert part in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_another_architecture_of_the_same_shapes_is_written_only_when_asked(
    trained: Trained, ids: torch.Tensor, tmp_path: Path
) -> None:
    """As aya-vision-8b's is: Cohere2, where the base of the paper is Cohere."""
    ours = base_of(trained.folder / "base").config.to_dict()
    same = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    kept = {key: ours[key] for key in (*same, "num_key_value_heads", "rope_parameters")}
    text = Cohere2Config(**kept, pad_token_id=0, bos_token_id=1, eos_token_id=2)
    target = vision(tmp_path / "target", text)
    with pytest.raises(UsageError, match=r"model_type cohere here, cohere2 there\..*--anyway writes it"):
        port.port(chosen.run(str(trained.folder)), str(target), tmp_path / "out", anyway=False)
    report = port.port(chosen.run(str(trained.folder)), str(target), tmp_path / "out", anyway=True)
    assert report["differs"] == ["model_type cohere here, cohere2 there"]
    assert report["weights"]["same"] < report["weights"]["all"]
    plain = logits(AyaVisionForConditionalGeneration.from_pretrained(target), ids)
    assert (logits(on_target(target, tmp_path / "out"), ids) - plain).abs().max() > 0.01


def test_what_lies_beside_is_left_alone(
    trained: Trained, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "new" / "out.partial"
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    run = chosen.run(str(trained.folder))
    port.port(run, str(target), tmp_path / "new" / "out", anyway=False)
    assert (mine / "notes.txt").read_text() == "mine"
    assert {path.name for path in mine.parent.iterdir()} == {"out", "out.partial"}
    assert (mine.parent / "out").stat().st_mode == mine.stat().st_mode
    monkeypatch.setattr(port, "write_whole", _full)
    with pytest.raises(OSError, match="No space left"):
        port.port(run, str(target), tmp_path / "new" / "second", anyway=False)
    assert {path.name for path in mine.parent.iterdir()} == {"out", "out.partial"}


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_wrong_targets_are_refused(trained: Trained, target: Path, tmp_path: Path) -> None:
    run = chosen.run(str(trained.folder))
    with pytest.raises(UsageError, match="is no aya-vision model, its model_type is cohere"):
        port.port(run, str(trained.folder / "merged"), tmp_path / "out", anyway=True)
    with pytest.raises(UsageError, match="holds no model"):
        port.port(run, str(tmp_path), tmp_path / "out", anyway=True)
    with pytest.raises(UsageError, match="is there already"):
        port.port(run, str(target), tmp_path, anyway=True)
    with pytest.raises(UsageError, match="the target model CohereForAI/aya-vision-8b is not on this machine"):
        port.port(run, port.target("aya-vision", None), tmp_path / "out", anyway=True)
    with pytest.raises(UsageError, match=r"no target is named 'aya'\. There are: aya-vision"):
        port.target("aya", None)


def test_the_command_writes_what_it_tells(trained: Trained, target: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "port", trained.folder, "--to", "aya-vision", "--into", target, "--out", tmp_path / "out", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["modules"] == 14
    assert {path.name for path in (tmp_path / "out").iterdir()} == {lora.CONFIG, lora.WEIGHTS, port.REPORT}
