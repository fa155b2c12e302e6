"""What is wrong with a later stage is told before the first one is trained, and by a dry run."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.errors import UsageError
from tests.trainer import short
from tests.trainer.conftest import SMOKE, Trained
from trainer import rehearsal
from trainer.model import Found, found
from trainer.progress import Reporter
from trainer.recipe import load, names
from trainer.request import Request
from trainer.train import export_and_train

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("LoraConfig", {"target_modules": ["q_porj"]}, "stage pairs: LoraConfig.target_modules: the base has no q_porj"),
    ("LoraConfig", {"target_modules": ["q_proj", "k_porj"]}, "the base has no k_porj, did you mean k_proj?"),
    ("LoraConfig", {"target_modules": ".*porj"}, "stage pairs: LoraConfig: "),
    ("LoraConfig", {"target_modules": ["q_proj", "embed_tokens"]}, "stage pairs: LoraConfig: embed_tokens and lm_head"),
    ("LoraConfig", {"target_modules": "(.*q_proj|lm_head)"}, "stage pairs: LoraConfig: embed_tokens and lm_head"),
    ("LoraConfig", {"modules_to_save": ["lm_head"]}, "stage pairs: LoraConfig: embed_tokens and lm_head"),
    ("LoraConfig", {"modules_to_save": ["input_norm"], "target_modules": ["mlp"]}, "stage pairs: LoraConfig: "),
    ("TrainingArguments", {"bf16": True, "fp16": True}, "stage pairs: TrainingArguments: At most one of fp16 and bf16"),
    ("TrainingArguments", {"optim": "adamw_bnb_8bit"}, "stage pairs: TrainingArguments.optim: "),
    ("TrainingArguments", {"optim_args": "a"}, "stage pairs: TrainingArguments.optim: "),
    ("TrainingArguments", {"lr_scheduler_kwargs": {"min": 1}}, "stage pairs: TrainingArguments.lr_scheduler_type: "),
    ("TrainingArguments", {"accelerator_config": {"even": True}}, "stage pairs: TrainingArguments: "),
]


@pytest.fixture(autouse=True)
def without_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.trainer_optimizer.is_bitsandbytes_available", lambda: False)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(("block", "values", "said"), WRONG)
def test_it_is_told_before_any_work(
    data_dir: Path, snapshot: Path, tmp_path: Path, block: str, values: dict[str, Any], said: str, dry_run: bool
) -> None:
    asked = Request(_changed(tmp_path, {block: values}), snapshot=str(snapshot), dry_run=dry_run)
    with pytest.raises(UsageError, match="nothing was done") as refused:
        export_and_train(asked, Reporter())
    assert said in str(refused.value)
    assert not data_dir.exists()


def test_all_of_it_at_once_without_a_snapshot_too(tmp_path: Path) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "LoraConfig": {"target_modules": ["q_porj"]},
        "TrainingArguments": {"bf16": True, "fp16": True},
    }
    with pytest.raises(UsageError, match=r"q_porj.*At most one of fp16 and bf16"):
        export_and_train(Request(_changed(tmp_path, wrong), dry_run=True), Reporter())


def test_a_base_that_is_there_is_asked_too(trained: Trained, snapshot: Path, tmp_path: Path) -> None:
    wrong = _changed(tmp_path, {"LoraConfig": {"target_modules": ["c_attn"]}})
    base = str(trained.folder / "base")
    with pytest.raises(UsageError, match="the base has no c_attn"):
        export_and_train(Request(wrong, snapshot=str(snapshot), model=base, dry_run=True), Reporter())


@pytest.mark.parametrize(
    "values",
    [
        {"LoraConfig": {"target_modules": "all-linear"}},
        {"LoraConfig": {"target_modules": ["self_attn.q_proj", "model.layers.0.mlp.up_proj"]}},
        {"LoraConfig": {"init_lora_weights": "pissa"}},
        {"LoraConfig": {"init_lora_weights": "olora"}},
        {"TrainingArguments": {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr": 1.0e-5}}},
        {"TrainingArguments": {"optim": "adafactor"}},
    ],
)
def test_what_can_be_trained_is(tmp_path: Path, values: dict[str, Any]) -> None:
    recipe = load(_changed(tmp_path, values))
    rehearsal.require(recipe, found(recipe, None))


def test_embeddings_of_their_own_are_adapted(tmp_path: Path) -> None:
    data = yaml.safe_load(Path(_changed(tmp_path, {"LoraConfig": {"target_modules": ["embed_tokens"]}})).read_text())
    data["base"]["make"]["CohereConfig"]["tie_word_embeddings"] = False
    (tmp_path / "untied.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    recipe = load(str(tmp_path / "untied.yaml"))
    rehearsal.require(recipe, found(recipe, None))


def test_it_leaves_no_trace(tmp_path: Path) -> None:
    recipe = load(_changed(tmp_path, {"TrainingArguments": {"fsdp": True, "fsdp_config": {"version": 2}}}))
    before = dict(os.environ)
    rehearsal.require(recipe, found(recipe, None))
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", names())
def test_the_project_s_own_pass(name: str, trained: Trained) -> None:
    """On the architecture of the small base, whose modules are named as aya's."""
    recipe = load(name)
    data = recipe.content.model_dump(by_alias=True)
    for stage in data["stages"]:
        stage["TrainingArguments"] |= {"use_cpu": True}
    on_the_cpu = type(recipe)(recipe.name, recipe.text, recipe.data, type(recipe.content).model_validate(data))
    rehearsal.require(on_the_cpu, Found("base", trained.folder / "base"))


def _changed(folder: Path, values: dict[str, dict[str, Any]]) -> str:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    for block, changed in values.items():
        data["stages"][1][block] = data["stages"][1][block] | changed
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_a_base_that_reads_less_than_the_recipe_trains_on_is_told(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(trained.folder / "base", tmp_path / "base")
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    (base / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 32}), encoding="utf-8")
    asked = Request(short.of_a_base(tmp_path), snapshot=str(snapshot), model=str(base), dry_run=True)
    with pytest.raises(UsageError, match=r"max_length: the base reads 32 tokens at most, the recipe has \d+ in corpus"):
        export_and_train(asked, Reporter())
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("part", "said"), [("", "is a run, no model: give --model"), ("adapter/pairs", "is an adapter")]
)
def test_a_run_or_an_adapter_is_no_base(
    trained: Trained, snapshot: Path, data_dir: Path, tmp_path: Path, part: str, said: str
) -> None:
    asked = Request(short.of_a_base(tmp_path), snapshot=str(snapshot), model=str(trained.folder / part), dry_run=True)
    with pytest.raises(UsageError, match=said):
        export_and_train(asked, Reporter())
