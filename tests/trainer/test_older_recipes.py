"""A recipe written for older versions of the libraries is refused with what each key became."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.errors import UsageError
from tests.trainer.conftest import SMOKE
from trainer.recipe import load


@pytest.mark.parametrize(
    ("block", "older", "said"),
    [
        ("TrainingArguments", {"no_cuda": True}, "no_cuda: now use_cpu"),
        ("TrainingArguments", {"evaluation_strategy": "no"}, "evaluation_strategy: now eval_strategy"),
        ("TrainingArguments", {"gradient_checkpointing": True}, "gradient_checkpointing: now activation_checkpointing"),
        ("TrainingArguments", {"adafactor": True}, "adafactor: now optim: adafactor"),
        ("TrainingArguments", {"save_safetensors": True}, "save_safetensors: now nothing, it is always so"),
        ("TrainingArguments", {"per_gpu_train_batch_size": 2}, "now per_device_train_batch_size"),
        ("TrainingArguments", {"auto_find_batch_size": True}, "auto_find_batch_size: not a recipe's to set"),
        ("SFTConfig", {"max_seq_length": 1024}, "SFTConfig.max_seq_length: now max_length of the stage"),
        ("SFTConfig", {"num_of_sequences": 1024}, "SFTConfig.num_of_sequences: no such key"),
    ],
)
def test_each_key_says_what_it_became(tmp_path: Path, block: str, older: dict[str, Any], said: str) -> None:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["stages"][1][block] |= older
    path = tmp_path / "older.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(UsageError, match="recipe older has 1 error") as refused:
        load(str(path))
    assert said in str(refused.value)


def test_the_dtype_of_the_base_too(tmp_path: Path) -> None:
    data = yaml.safe_load(Path(SMOKE).read_text(encoding="utf-8"))
    data["base"]["torch_dtype"] = "bfloat16"
    path = tmp_path / "older.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(UsageError, match=r"base\.torch_dtype: no such key, did you mean dtype\?"):
        load(str(path))
