"""Smaller micro-batches where memory runs out: as many rows a step as the recipe says, in the same order.

A step takes `rows` x `accumulated` rows. Both change together, so that a step, the number of steps and the learning
rate of each stay what they were: a loss is the mean over all trained tokens of a step, however it is cut. Several
processes share a step: it has the recipe's rows, however many they are.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.memory import should_reduce_batch_size
from transformers import TrainingArguments

from storage.blobs import write_whole
from trainer import ranks
from trainer.recipe import Stage

KEPT = "micro_batch.json"
ROWS, ACCUMULATED = "per_device_train_batch_size", "gradient_accumulation_steps"


@dataclass(frozen=True)
class MicroBatch:
    """Rows computed at once, how many such make a step, and the steps before which memory made it smaller."""

    rows: int
    accumulated: int
    halved_at: tuple[int, ...] = ()

    def smaller(self, step: int) -> "MicroBatch | None":
        """Half the rows, or the most below that which divide a step's; None of a single row."""
        whole = self.rows * self.accumulated
        rows = next((rows for rows in range(self.rows // 2, 0, -1) if whole % (rows * ranks.count()) == 0), None)
        return replace(self, rows=rows, accumulated=whole // rows, halved_at=(*self.halved_at, step)) if rows else None

    def of(self, stage: Stage) -> Stage:
        """The stage, trained with this micro-batch, of which each process takes its share of those of a step."""
        training = stage.training | {ROWS: self.rows, ACCUMULATED: self.accumulated // ranks.count()}
        return stage.model_copy(update={"training": training})

    def as_json(self) -> dict[str, Any]:
        """For `micro_batch.json` and the measures of a stage."""
        return asdict(self) | {"halved_at": list(self.halved_at)}


def begun(stage: Stage, folder: Path) -> MicroBatch:
    """What the stage in `folder` goes on with: what an earlier attempt came down to, else what the recipe says."""
    recipes = shared(MicroBatch(_of(stage, ROWS), _of(stage, ACCUMULATED)), ranks.count())
    try:
        kept = json.loads((folder / KEPT).read_text(encoding="utf-8"))
        found = MicroBatch(int(kept["rows"]), int(kept["accumulated"]), tuple(map(int, kept["halved_at"])))
    except (OSError, ValueError, KeyError, TypeError):
        return recipes
    same_step = found.rows * found.accumulated == recipes.rows * recipes.accumulated
    return shared(found, ranks.count()) if same_step and 0 < found.rows <= recipes.rows else recipes


def rows_of_a_step(stage: Stage) -> int:
    """In all processes together."""
    return _of(stage, ROWS) * _of(stage, ACCUMULATED)


def shared(batch: MicroBatch, processes: int) -> MicroBatch:
    """As many rows at once, or the most below that with which every process has as many micro-batches in a step."""
    whole = batch.rows * batch.accumulated
    rows = next((rows for rows in range(batch.rows, 0, -1) if whole % (rows * processes) == 0), batch.rows)
    return replace(batch, rows=rows, accumulated=whole // rows)


def keep(batch: MicroBatch, folder: Path) -> None:
    """Have an attempt that comes later begin with it."""
    write_whole(folder / KEPT, json.dumps(batch.as_json()).encode())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether fewer rows may help: what torch raises, and what accelerate makes a batch smaller for."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return bool(all(isinstance(said, str) for said in error.args) and should_reduce_batch_size(error))


def _of(stage: Stage, key: str) -> int:
    return int(stage.training.get(key, TrainingArguments.__dataclass_fields__[key].default))
