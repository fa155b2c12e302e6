"""Values that no training can be made of are told with all others, before anything is loaded."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.errors import UsageError
from tests.trainer.conftest import SMOKE
from trainer.recipe import load, names


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("per_device_train_batch_size", 0, "0: at least 1"),
        ("per_device_train_batch_size", -2, "-2: at least 1"),
        ("gradient_accumulation_steps", 0, "0: at least 1"),
        ("learning_rate", -1, "-1: above 0"),
        ("learning_rate", 0, "0: above 0"),
        ("learning_rate", float("nan"), "nan: a finite number"),
        ("learning_rate", float("inf"), "inf: a finite number"),
        ("learning_rate", True, "True: a finite number"),
        ("num_train_epochs", 0, "0: above 0"),
        ("max_steps", 0, "0: at least 1, or -1"),
        ("max_steps", -5, "-5: at least 1, or -1"),
        ("save_steps", 0, "0: above 0"),
        ("save_steps", 2.5, "2.5: below 1 a share of all steps, else whole"),
        ("logging_steps", -1, "-1: above 0"),
        ("warmup_steps", -1, "-1: at least 0"),
        ("weight_decay", -0.1, "-0.1: at least 0"),
        ("max_grad_norm", -1, "-1: at least 0"),
        ("adam_beta1", 1, "1: at least 0 and below 1"),
        ("adam_beta2", -0.5, "-0.5: at least 0 and below 1"),
        ("adam_epsilon", 0, "0: above 0"),
        ("label_smoothing_factor", 1, "1: at least 0 and below 1"),
        ("dataloader_num_workers", -1, "-1: at least 0"),
        ("lr_scheduler_type", "cosin", "'cosin': not known, did you mean cosine?"),
        ("lr_scheduler_type", "greedy", "'greedy': not taken, it follows a measure that is not taken while it trains"),
        ("lr_scheduler_type", "reduce_lr_on_plateau", "'reduce_lr_on_plateau': not taken, it follows a measure"),
        ("optim", "adam_torch", "'adam_torch': not known, did you mean adamw_torch?"),
        ("train_sampling_strategy", "group_by_length", "'group_by_length': not taken, a resume would draw other rows"),
        ("train_sampling_strategy", "randm", "'randm': not known, did you mean random?"),
        (
            "accelerator_config",
            {"use_seedable_sampler": False},
            "use_seedable_sampler: False: a resume would draw other",
        ),
        ("accelerator_config", "accelerator.json", "'accelerator.json': give its keys, a file's are not in the recipe"),
        ("accelerator_config", '{"use_seedable_sampler": false}', "give its keys"),
        ("fsdp_config", "fsdp.json", "'fsdp.json': give its keys, a file's are not in the recipe"),
    ],
)
def test_a_value_that_no_training_can_have_is_refused(tmp_path: Path, key: str, value: Any, said: str) -> None:
    message = _refusal(tmp_path, "TrainingArguments", {key: value})
    assert f"stages.1.TrainingArguments.{key}" in message
    assert said in message


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("r", 0, "0: at least 1"),
        ("lora_alpha", 0, "0: above 0"),
        ("lora_dropout", 1.5, "1.5: at least 0 and below 1"),
        ("lora_dropout", float("nan"), "nan: a finite number"),
    ],
)
def test_nor_one_that_no_adapter_can_have(tmp_path: Path, key: str, value: Any, said: str) -> None:
    assert f"stages.1.LoraConfig.{key}: {said}" in _refusal(tmp_path, "LoraConfig", {key: value})


def test_all_of_them_at_once(tmp_path: Path) -> None:
    wrong = {"per_device_train_batch_size": 0, "learning_rate": -1, "lr_scheduler_type": "cosin", "max_steps": 0}
    message = _refusal(tmp_path, "TrainingArguments", wrong)
    assert "has 4 error(s)" in message
    assert all(key in message for key in wrong)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_steps", -1),
        ("learning_rate", "5e-4"),  # which YAML takes for a text
        ("save_steps", 0.25),
        ("warmup_steps", 0),
        ("max_grad_norm", 0),
        ("train_sampling_strategy", "sequential"),
        ("accelerator_config", {"use_seedable_sampler": True}),
        ("optim", "adamw_torch_fused"),
    ],
)
def test_what_a_training_can_have_is_taken(tmp_path: Path, key: str, value: Any) -> None:
    load(_changed(tmp_path, "TrainingArguments", {key: value}))


def test_an_older_recipe_is_not_led_to_an_order_that_is_refused(tmp_path: Path) -> None:
    message = _refusal(tmp_path, "TrainingArguments", {"group_by_length": True})
    assert "group_by_length: now nothing, a resume would draw other rows" in message


@pytest.mark.parametrize("name", names())
def test_the_project_s_own_are_within_the_bounds(name: str) -> None:
    assert load(name).content.stages


def _refusal(folder: Path, block: str, values: dict[str, Any]) -> str:
    with pytest.raises(UsageError) as refused:
        load(_changed(folder, block, values))
    return str(refused.value)


def _changed(folder: Path, block: str, values: dict[str, Any]) -> str:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["stages"][1][block] |= values
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)
