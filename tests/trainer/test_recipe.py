"""Recipes: what comes with the project, the paper's values, and every mistake told at once."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers import TrainingArguments
from trl import SFTConfig

from storage.errors import UsageError
from tests.trainer.conftest import SMOKE
from trainer.halving import ACCUMULATED, ROWS, rows_of_a_step
from trainer.libraries import SFT_KEYS, SFT_REFUSED
from trainer.recipe import load, names

# Table III and section V of the paper, as ../docs and the README quote them.
PAPER_BOTH: dict[str, Any] = {
    "num_train_epochs": 1,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 16,
    "learning_rate": 5e-4,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 0.03,
    "max_grad_norm": 0.3,
    "activation_checkpointing": True,
    "bf16": True,
}
SEVEN = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_the_recipes_are_these() -> None:
    assert names() == ["fsdp", "packed", "paper", "preference", "qlora", "tiny"]


@pytest.mark.parametrize("name", names())
def test_a_recipe_that_comes_with_the_project_is_right(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name
    assert recipe.content.about
    stages = ["corpus", "pairs", *(["preferences"] if name == "preference" else [])]
    assert [stage.name for stage in recipe.content.stages] == stages


@pytest.mark.parametrize(
    ("number", "data", "adapter", "weight_decay"),
    [(0, ("corpus",), (8, 16, 0.05), 0.1), (1, ("pairs",), (2, 2, 0.4), 0.5)],
)
def test_paper_carries_the_papers_values(
    number: int, data: tuple[str, ...], adapter: tuple[int, int, float], weight_decay: float
) -> None:
    content = load("paper").content
    stage = content.stages[number]
    assert content.base.pretrained_model_name_or_path == "CohereForAI/aya-expanse-8b"
    assert (content.base.dtype, content.base.attn_implementation) == ("bfloat16", "flash_attention_2")
    assert (stage.data, stage.max_length) == (data, 1024)
    assert stage.lora is not None
    assert (stage.lora["r"], stage.lora["lora_alpha"], stage.lora["lora_dropout"]) == adapter
    assert set(stage.lora["target_modules"]) == SEVEN
    assert stage.training | PAPER_BOTH == stage.training
    assert stage.training["weight_decay"] == weight_decay


def test_paper_takes_the_first_60_percent_of_the_corpus_and_all_pairs() -> None:
    corpus, pairs = load("paper").content.stages
    assert (corpus.share, corpus.order) == (0.6, "first")
    assert pairs.share == 1


def test_paper_trains_on_whole_chats_and_says_where_it_is_not_the_papers() -> None:
    """The paper masks nothing. That padding is left out, and what else is not its way, is on the model's card too."""
    recipe = load("paper")
    assert [stage.answers_only for stage in recipe.content.stages[1:]] == [False]
    header = recipe.text.partition("about:")[0]
    assert all(word in header for word in ("padding", "questions", "split", "seed", "Dev pairs"))


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = Path(SMOKE).read_text(encoding="utf-8")
    wrong = {
        "seed: 7": "sead: 7",
        "vocab_size: 400": "vocab_size: 100",
        "hidden_size: 32": "hiden_size: 32",
        "nameplate_watts: 30": "nameplate_watts: none",
        "data: [corpus]\n": "data: [korpus]\n",
        "r: 4": "r: four",
        "lora_alpha: 8": "lora_alfa: 8",
        "learning_rate: 1.0e-2": "learning_rate: fast",
        "lr_scheduler_type: cosine": "warmup_ratio: 0.1",
        "use_cpu: true": "output_dir: /tmp",
    }
    for right, false in wrong.items():
        assert right in text
        text = text.replace(right, false)
    message = _refusal(tmp_path, text)
    for expected in (
        "seed: Field required",
        "sead: no such key, did you mean seed?",
        "base.make.vocab_size: Input should be greater than or equal to 300",
        "CohereConfig.hiden_size: no such key, did you mean hidden_size?",
        "energy.nameplate_watts: Input should be a valid number",
        "stages.0.data.0: Input should be 'corpus', 'titles', 'pairs' or 'preferences'",
        "stages.0.LoraConfig.r: 'four': Input should be a valid integer",
        "stages.1.LoraConfig.lora_alfa: no such key, did you mean lora_alpha?",
        "stages.0.TrainingArguments.learning_rate: 'fast': Input should be a valid number",
        "warm_start.TrainingArguments.warmup_ratio: now warmup_steps",
        "stages.1.TrainingArguments.output_dir: not a recipe's to set",
    ):
        assert expected in message


def test_what_only_the_library_knows_is_told_too(tmp_path: Path) -> None:
    text = Path(SMOKE).read_text(encoding="utf-8").replace("r: 4", "r: 4\n      use_dora: maybe\n      bias: loud")
    assert "use_dora: 'maybe'" in _refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it holds no keys"),
        ("- a list", "it holds no keys"),
        ("a: [", "is no YAML"),
        ("about: x\nstages: []", "stages: Tuple should have at least 1 item"),
        ("base: {}", "base: give either pretrained_model_name_or_path or make"),
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in _refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("packing: true, packing_strategy: wrapped", "packing_strategy: 'wrapped': it joins the end of one document"),
        ("packing: true, packing_strategy: bfd_split", "packing_strategy: 'bfd_split': it would part an answer"),
        ("packing: true, packing_strategy: best", "packing_strategy: 'best': only bfd is"),
        ("packing_strategy: bfd", "SFTConfig.packing_strategy is for packing: true"),
        ("packing: perhaps", "SFTConfig.packing: 'perhaps': Input should be a valid boolean"),
        ("packin: true", "SFTConfig.packin: no such key, did you mean packing?"),
        ("max_length: 512", "SFTConfig.max_length: not taken, it is the stage's max_length"),
        ("dataset_num_proc: 4", "SFTConfig.dataset_num_proc: not taken, the tokenizer uses all cores as it is"),
        ("learning_rate: 1.0e-4", "SFTConfig.learning_rate: it belongs into TrainingArguments"),
    ],
)
def test_what_packing_does_not_take_is_refused_with_the_reason(tmp_path: Path, block: str, expected: str) -> None:
    text = Path(SMOKE).read_text(encoding="utf-8").replace("SFTConfig: {packing: true}", f"SFTConfig: {{{block}}}")
    assert expected in _refusal(tmp_path, text)


def test_every_key_of_trl_s_is_taken_or_refused_with_a_reason() -> None:
    own = {field.name for field in fields(SFTConfig)} - {field.name for field in fields(TrainingArguments)}
    assert own == {*SFT_KEYS, *SFT_REFUSED}


def test_packing_has_no_label_smoothing_and_the_corpus_no_answers(tmp_path: Path) -> None:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["stages"][0]["SFTConfig"] = {"assistant_only_loss": True}
    data["stages"][1]["TrainingArguments"]["label_smoothing_factor"] = 0.1
    message = _refusal(tmp_path, yaml.safe_dump(data))
    assert "assistant_only_loss: the corpus has no answers" in message
    assert "label_smoothing_factor: packing has the model's own loss only" in message


def test_packed_says_what_it_does_better_than_the_paper() -> None:
    content = load("packed").content
    paper = load("paper").content
    corpus, pairs = content.stages
    assert content.base == paper.base
    assert (corpus.share, corpus.order, corpus.max_length) == (0.6, "random", 1024)
    assert corpus.packing
    assert pairs.packing
    assert pairs.answers_only
    assert content.held_out.pairs == 500
    slots = [
        stage.max_length * stage.training["per_device_train_batch_size"] * stage.training["gradient_accumulation_steps"]
        for stage in (corpus, paper.stages[0])
    ]
    assert slots[0] == slots[1]


def test_fsdp_is_packed_on_several_gpus() -> None:
    fsdp, packed = load("fsdp").content, load("packed").content
    assert (fsdp.base, fsdp.held_out, fsdp.seed) == (packed.base, packed.held_out, packed.seed)
    for cut, whole in zip(fsdp.stages, packed.stages, strict=True):
        assert rows_of_a_step(cut) == rows_of_a_step(whole)
        training = {key: value for key, value in cut.training.items() if not key.startswith("fsdp")}
        training |= {key: whole.training[key] for key in (ROWS, ACCUMULATED)}
        assert cut.model_copy(update={"training": training}) == whole
        assert cut.training["fsdp"] is True
        assert cut.training["fsdp_config"]["version"] == 2


def test_two_stages_of_one_name_and_one_without_an_adapter_are_refused(tmp_path: Path) -> None:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["stages"][1]["name"] = "corpus"
    assert "stages: two have one name: corpus" in _refusal(tmp_path, yaml.safe_dump(data))
    data["stages"][1] |= {"name": "pairs", "LoraConfig": None}
    assert "no LoraConfig in pairs" in _refusal(tmp_path, yaml.safe_dump(data))


def test_an_unknown_recipe_lists_those_that_exist() -> None:
    known = "fsdp, packed, paper, preference, qlora, tiny"
    with pytest.raises(UsageError, match=re.escape(f"'tinny'. Did you mean tiny? There are: {known}")):
        load("tinny")
    with pytest.raises(UsageError, match=r"no recipe file missing\.yaml"):
        load("missing.yaml")


def test_the_hash_sees_values_and_no_comments(tmp_path: Path) -> None:
    text = Path(SMOKE).read_text(encoding="utf-8")
    same, other = tmp_path / "same.yaml", tmp_path / "other.yaml"
    same.write_text("# said otherwise\n" + text, encoding="utf-8")
    other.write_text(text.replace("seed: 7", "seed: 8"), encoding="utf-8")
    assert load(str(same)).sha256 == load(SMOKE).sha256 != load(str(other)).sha256


def _refusal(folder: Path, text: str) -> str:
    path = folder / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load(str(path))
    return str(refused.value)
