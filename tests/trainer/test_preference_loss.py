"""The loss over preferences: TRL's, whatever it is weighed and cut into; its reference is the model before."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, TrainingArguments
from trl import DPOConfig, DPOTrainer

from tests.trainer import packed
from tests.trainer.preferred import side
from trainer import documents, preference
from trainer.collate import flattened
from trainer.model import adapted
from trainer.preference import PreferenceTrainer
from trainer.preference_loss import KNOWN, Losses


@pytest.mark.filterwarnings("ignore::FutureWarning")  # TRL's own
@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_loss_is_trls(name: str, tmp_path: Path) -> None:
    """On two preferences of different lengths; that of the chosen answers alone weighs them by tokens in TRL."""
    smoothing = 0.1 if name == "robust" else 0.0
    rows = _rows(1 if name == "sft" else 2)
    arguments = DPOConfig(
        output_dir=str(tmp_path), loss_type=[name], beta=0.3, label_smoothing=smoothing, report_to="none", use_cpu=True
    )
    blank = Dataset.from_list([{"prompt": "9", "chosen": "10", "rejected": "11"}])
    trl = _trls(arguments, blank)
    sides = [side(row, n) for n in (0, 1) for row in rows]
    with torch.no_grad():
        wanted = float(trl.compute_loss(trl.model, _padded(sides)))
        documents.keep_apart(trl.model.get_base_model())
        ours = Losses((name,), (1.0,), 0.3, smoothing)
        found = ours.of(preference.ratios(trl.model, trl.model, flattened(rows)))
    assert float(found.mean()) == pytest.approx(wanted, rel=1e-4)


def test_losses_are_weighed_and_summed() -> None:
    model = _adapted()
    documents.keep_apart(model.get_base_model())
    with torch.no_grad():
        ratios = preference.ratios(model, model, flattened(_rows(3)))
    both = Losses(("sigmoid", "sft"), (1.0, 0.2), 0.1).of(ratios)
    alone = [Losses((name,), (1.0,), 0.1).of(ratios) for name in ("sigmoid", "sft")]
    assert torch.allclose(both, alone[0] + 0.2 * alone[1])
    assert both.shape == (3,)


def test_the_model_before_is_the_reference_and_no_dropout_moves_it(tmp_path: Path) -> None:
    model = _adapted(blank=True)
    model.config.attention_dropout = 0.5
    for module in model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.5
    trainer = _trainer(model, tmp_path, 2, 1)
    trainer.model.train()
    with torch.no_grad():
        losses = [float(trainer.compute_loss(trainer.model, flattened(_rows(2)))) for _ in range(2)]
    assert losses == [pytest.approx(math.log(2), abs=1e-7)] * 2
    assert all(not w.requires_grad for n, w in trainer.model.named_parameters() if "lora" not in n)
    assert all(w.requires_grad for n, w in trainer.model.named_parameters() if "lora" in n)


@pytest.mark.parametrize(("rows", "accumulated"), [(4, 1), (1, 4), (3, 2)])
def test_a_step_is_the_same_however_it_is_cut(tmp_path: Path, rows: int, accumulated: int) -> None:
    """Also the last of an epoch, which is smaller: six preferences are steps of four and two, or one of six."""
    whole = 6 if rows == 3 else 4
    cuts = ((whole, 1), (rows, accumulated))
    trainers = [_trainer(_adapted(), tmp_path / str(number), *cut) for number, cut in enumerate(cuts)]
    for trainer in trainers:
        trainer.train()
    logs = [[entry["loss"] for entry in t.state.log_history if "loss" in entry] for t in trainers]
    assert logs[0] == pytest.approx(logs[1], rel=1e-4)
    ones, others = ([w for n, w in t.model.named_parameters() if "lora" in n] for t in trainers)
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(ones, others, strict=True))


def _padded(sides: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """As TRL's collator leaves them: the chosen ones first."""
    size = max(len(side["input_ids"]) for side in sides)
    lines = [(side["input_ids"], [label >= 0 for label in side["labels"]]) for side in sides]
    return {
        "input_ids": torch.tensor([ids + [0] * (size - len(ids)) for ids, _ in lines]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (size - len(ids)) for ids, _ in lines]),
        "completion_mask": torch.tensor([[int(m) for m in mask] + [0] * (size - len(mask)) for _, mask in lines]),
    }


def _rows(count: int) -> list[dict[str, list[int]]]:
    """A question of four tokens, and answers of different lengths."""
    made = []
    for number in range(count):
        sides = packed.documents((9 + number, 14 - 2 * number), seed=number)
        for one in sides:
            one["labels"] = [-100] * 4 + one["input_ids"][4:]
        made.append(packed.pack(sides))
    return made


def _adapted(blank: bool = False) -> Any:
    """An adapter on a small model; not `blank`, it has learned something at random."""
    model = adapted(packed.model("sdpa"), {"r": 4, "target_modules": "all-linear"}, seed=5)
    if not blank:
        _moved(model)
    return model


@torch.no_grad()
def _moved(model: Any) -> None:
    torch.manual_seed(5)
    for name, weights in model.named_parameters():
        if "lora_B" in name:
            weights.normal_(std=0.05)


def _trainer(model: Any, folder: Path, rows: int, accumulated: int) -> PreferenceTrainer:
    documents.keep_apart(model.get_base_model())
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=rows,
        gradient_accumulation_steps=accumulated,
        num_train_epochs=2,
        logging_steps=1,
        learning_rate=1e-3,
        lr_scheduler_type="constant",
        optim="sgd",
        remove_unused_columns=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
    )
    return PreferenceTrainer(
        Losses(), model, arguments, data_collator=flattened, train_dataset=Dataset.from_list(_rows(6))
    )


def _trls(arguments: DPOConfig, blank: Dataset) -> Any:
    """TRL's trainer makes the adapter itself: of one that is given it makes the reference."""
    words = {str(number): number for number in range(packed.VOCABULARY)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="0")), pad_token="1", eos_token="2"
    )
    adapter = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear")
    model = packed.model("sdpa")
    made = DPOTrainer(model, args=arguments, train_dataset=blank, processing_class=tokenizer, peft_config=adapter)
    _moved(made.model)
    return made
