"""The same pairs trained on in three ways, by real tokens a second: python -m tests.bench.training [--rounds 5]

- the paper's: every row padded to 1,024, its padding attended to and trained on;
- TRL's SFTTrainer, packing by best fit decreasing;
- the trainer's own packing.

One small Cohere model, LoRA on the seven projections as in the recipes, the same documents, batch and seed; the ways
take turns, and medians are compared. Pairs are random tokens, as many on the mean as the paper's (3 M tokens in 20,000
pairs: what its two stages read, less 60 % of 90 M); a real token is one that is no padding. The model is wide rather
than deep, with a vocabulary that takes its head the share of the work it has in aya-expanse-8b, an eighth. Attention
still takes a larger share of the work than there, and so does what the second and third way differ by.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from datasets import Dataset
from rich.console import Console
from rich.table import Table
from transformers import CohereConfig, CohereForCausalLM, PrinterCallback, Trainer, TrainingArguments, set_seed
from trl import SFTConfig, SFTTrainer, pack_dataset

from trainer import documents, quiet
from trainer.collate import flattened
from trainer.data import UNTRAINED
from trainer.libraries import OWNED
from trainer.loop import StageTrainer
from trainer.model import adapted

MAX_LENGTH = 1_024
VOCABULARY, PAD, SPECIAL = 2_048, 0, 8
QUESTION_SHARE = 1 / 3
MEAN, SPREAD = 150, 0.6  # tokens of a pair, and the deviation of their logarithm
ADAPTER = {
    "r": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.0,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
}
ARGUMENTS: dict[str, Any] = {
    "num_train_epochs": 1,
    "per_device_train_batch_size": 2,
    "learning_rate": 1e-4,
    "seed": 1,
    "use_cpu": True,
    "bf16": False,
    "disable_tqdm": True,
    "report_to": "none",
    "save_strategy": "no",
    "logging_steps": 1_000,
    "dataloader_pin_memory": False,
}
Batch = dict[str, Any]


@dataclass(frozen=True)
class Took:
    """Seconds of one training, by the clock and of the processor, and its last mean loss."""

    wall: float
    cpu: float
    loss: float


def model() -> Any:
    """7 million weights, and an adapter."""
    set_seed(1)
    config = CohereConfig(
        vocab_size=VOCABULARY,
        hidden_size=512,
        intermediate_size=1_408,
        num_hidden_layers=2,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=MAX_LENGTH,
        logit_scale=1.0,
        pad_token_id=PAD,
        attn_implementation="sdpa",
    )
    return CohereForCausalLM(config)


def pairs(count: int, mean: int) -> Dataset:
    """Random tokens; the first third of each pair is its question and not trained on."""
    rng = random.Random(1)
    rows: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for _ in range(count):
        length = min(MAX_LENGTH, max(20, round(mean * rng.lognormvariate(-(SPREAD**2) / 2, SPREAD))))
        ids = rng.choices(range(SPECIAL, VOCABULARY), k=length)
        asked = round(length * QUESTION_SHARE)
        rows["input_ids"].append(ids)
        rows["labels"].append([UNTRAINED] * asked + ids[asked:])
    return Dataset.from_dict(rows)


def papers(rows: Dataset, folder: Path) -> Trainer:
    """All places hold a token to attend to and to predict, padding too."""

    def collate(some: list[Batch]) -> Batch:
        ids = torch.tensor([row["input_ids"] + [PAD] * (MAX_LENGTH - len(row["input_ids"])) for row in some])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}

    arguments = TrainingArguments(output_dir=str(folder), remove_unused_columns=False, **ARGUMENTS)
    return Trainer(adapted(model(), ADAPTER, 1), arguments, data_collator=collate, train_dataset=rows)


def trls(rows: Dataset, folder: Path) -> Trainer:
    """SFTTrainer as it comes, but for its activation checkpointing, which neither of the others does here."""
    arguments = SFTConfig(
        output_dir=str(folder), packing=True, max_length=MAX_LENGTH, gradient_checkpointing=False, **ARGUMENTS
    )
    return SFTTrainer(adapted(model(), ADAPTER, 1), arguments, train_dataset=rows, processing_class=_tokenizer())


def ours(rows: Dataset, folder: Path) -> Trainer:
    """What a stage with `SFTConfig: {packing: true}` does, its checks and counts at each step with it."""
    network = model()
    documents.keep_apart(network)
    packs = pack_dataset(rows, MAX_LENGTH, "bfd")
    own = OWNED | {"include_num_input_tokens_seen": "all", "save_strategy": "no"}  # neither of the others saves either
    arguments = TrainingArguments(output_dir=str(folder), **(ARGUMENTS | own))
    return StageTrainer(adapted(network, ADAPTER, 1), arguments, data_collator=flattened, train_dataset=packs)


WAYS: dict[str, Callable[[Dataset, Path], Trainer]] = {
    "the paper's": papers,
    "TRL, packed": trls,
    "ours, packed": ours,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=48)
    parser.add_argument("--mean", type=int, default=MEAN, help="tokens of a pair")
    asked = parser.parse_args()
    quiet.hush()
    warnings.filterwarnings("ignore", "`gradient_checkpointing` is deprecated", FutureWarning)  # TRL's own name for it
    torch.set_num_threads(2)
    rows = pairs(asked.pairs, asked.mean)
    tokens = sum(map(len, rows["input_ids"]))
    took: dict[str, list[Took]] = {name: [] for name in WAYS}
    for name in _turns(asked.rounds):
        took[name].append(_timed(WAYS[name], rows))
    console = Console(width=110)
    console.print(_table(took, tokens))
    console.print(
        f"{asked.pairs} pairs of {tokens:,} tokens, {tokens / asked.pairs / MAX_LENGTH:.0%} of the paper's slots"
    )


def _turns(rounds: int) -> Iterator[str]:
    """Every way once a round, each round beginning with another one."""
    names = list(WAYS)
    for number in range(rounds):
        yield from names[number % len(names) :] + names[: number % len(names)]


def _timed(way: Callable[[Dataset, Path], Trainer], rows: Dataset) -> Took:
    with tempfile.TemporaryDirectory() as folder:
        trainer = way(rows, Path(folder))
        trainer.remove_callback(PrinterCallback)
        wall, cpu = time.perf_counter(), time.process_time()
        loss = trainer.train().training_loss
        return Took(time.perf_counter() - wall, time.process_time() - cpu, loss)


def _table(took: dict[str, list[Took]], tokens: int) -> Table:
    table = Table("way", "real tokens/s", "× the paper's", "× TRL's", "by CPU time", "× the paper's", "× TRL's", "loss")
    rates = {
        name: [tokens / statistics.median(getattr(one, clock) for one in some) for clock in ("wall", "cpu")]
        for name, some in took.items()
    }
    first, second = (rates[name] for name in list(WAYS)[:2])
    for name, (wall, cpu) in rates.items():
        by_wall = (f"{wall:,.0f}", f"{wall / first[0]:.2f}", f"{wall / second[0]:.2f}")
        by_cpu = (f"{cpu:,.0f}", f"{cpu / first[1]:.2f}", f"{cpu / second[1]:.2f}")
        table.add_row(name, *by_wall, *by_cpu, f"{took[name][0].loss:.4f}")
    return table


def _tokenizer() -> Any:
    """SFTTrainer asks for one, though it has nothing to tokenize."""
    from trainer.tokenizer import made

    return made(["متن"], 300)


if __name__ == "__main__":
    main()
