"""Errors of one kind hide none of another: all are told in one round, whichever command reads the recipe."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.errors import UsageError
from tests.trainer.conftest import SMOKE
from tests.trainer.preferred import PREFERRING
from trainer import ranks
from trainer.halving import rows_of_a_step
from trainer.recipe import load

PROGRAM = str(Path(sys.executable).parent / "trainer")


def _written(folder: Path, source: str, change: Any) -> str:
    data = yaml.safe_load(Path(source).read_text(encoding="utf-8"))
    change(data)
    path = folder / "wrong.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return str(path)


def test_a_structural_error_hides_no_key_of_a_library(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["stages"][0] |= {"max_length": 1}
        data["stages"][1]["LoraConfig"] = {"r": 4, "lora_alfa": 8}

    with pytest.raises(UsageError, match=r"max_length.*lora_alfa: no such key"):
        load(_written(tmp_path, SMOKE, change), libraries=False)


def test_keys_that_do_not_go_together_are_told_each(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["stages"][1]["SFTConfig"] = {"packing": True, "packing_strategy": "bfd"}
        data["stages"][0] |= {"SFTConfig": {"assistant_only_loss": True, "packing_strategy": "bfd"}}

    with pytest.raises(UsageError, match=r"packing_strategy is for packing: true; SFTConfig.assistant_only_loss"):
        load(_written(tmp_path, SMOKE, change))


def test_an_unknown_key_hides_no_wrong_value_beside_it(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["stages"][2]["DPOConfig"] = {"betta": 1, "beta": -1, "loss_type": "no-such"}

    with pytest.raises(UsageError, match=r"beta: it is above 0.*betta: no such key.*'no-such': not taken"):
        load(_written(tmp_path, PREFERRING, change))


def test_what_stages_may_not_be_beside_each_other_is_told_with_the_rest(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["stages"][0] |= {"max_length": 1}
        data["stages"][1] |= {"name": data["stages"][0]["name"], "LoraConfig": None}

    with pytest.raises(UsageError, match=r"no LoraConfig in (\w+).*max_length.*two have one name: \1"):
        load(_written(tmp_path, SMOKE, change), libraries=False)


def test_a_first_training_of_all_weights_has_no_adapter_and_a_name_of_its_own(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["base"]["make"]["warm_start"] |= {"LoraConfig": {"r": 4}, "name": data["stages"][0]["name"]}

    with pytest.raises(UsageError, match=r"take its LoraConfig out; stages: one has the name of base.make.warm_start"):
        load(_written(tmp_path, SMOKE, change))


OURS = {
    "dataloader_drop_last": True,
    "average_tokens_across_devices": False,
    "dataloader_persistent_workers": True,
    "eval_on_start": True,
    "use_liger_kernel": True,
    "parallelism_config": {"tp_size": 2},
}


@pytest.mark.parametrize("key", OURS)
def test_what_would_make_it_another_training_is_not_a_recipes_to_set(tmp_path: Path, key: str) -> None:
    def change(data: Any) -> None:
        data["stages"][0]["TrainingArguments"][key] = OURS[key]

    with pytest.raises(UsageError, match=f"{key}: not a recipe's to set"):
        load(_written(tmp_path, SMOKE, change))


def test_rows_in_order_are_for_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(data: Any) -> None:
        data["stages"][1]["TrainingArguments"]["train_sampling_strategy"] = "sequential"

    recipe = load(_written(tmp_path, SMOKE, change))
    ranks.require(recipe, rows_of_a_step)
    monkeypatch.setattr(ranks, "count", lambda: 2)
    with pytest.raises(UsageError, match="sequential in pairs is for one process"):
        ranks.require(recipe, rows_of_a_step)


def test_every_value_that_a_library_refuses_is_told(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        wrong = {"attention_dropout": "much", "hidden_act": 3, "no_such": 1}
        data["base"]["make"]["CohereConfig"] |= wrong

    with pytest.raises(UsageError, match=r"no_such: no such key.*'attention_dropout'.*'hidden_act'"):
        load(_written(tmp_path, SMOKE, change))


def test_show_refuses_what_training_would(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["stages"][1]["TrainingArguments"]["learning_rat"] = 1

    wrong = _written(tmp_path, SMOKE, change)
    done = subprocess.run([PROGRAM, "show", wrong], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "learning_rat: no such key" in done.stderr
