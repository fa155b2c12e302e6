"""A stage trained from its last whole checkpoint, once more with a smaller micro-batch each time memory runs out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accelerate.utils.memory import clear_device_cache

from storage.errors import TabibError
from trainer import halving, ranks
from trainer.checkpoints import newest_whole
from trainer.halving import MicroBatch
from trainer.loop import OutOfMemory, StageTrainer
from trainer.recipe import Stage


@dataclass(frozen=True)
class Attempts:
    """A stage, its folder while it runs, who is told, and how a trainer of it is made, with another micro-batch too.

    The trainer has its checkpoints in `checkpoints` under that folder.
    """

    stage: Stage
    folder: Path
    note: Callable[[str], None]
    make: Callable[[Stage], StageTrainer]

    def trained(self) -> StageTrainer:
        """The trainer when it is done. Raises TabibError where even one row does not fit into memory."""
        while True:
            batch = halving.begun(self.stage, self.folder)
            trainer = self.make(batch.of(self.stage))
            step = self._step_that_does_not_fit(trainer, batch)
            if step is None:
                return trainer
            self._halve(trainer, batch, step)
            # Its optimizer has to go before the next one is made.
            del trainer
            clear_device_cache(garbage_collection=True)

    def _step_that_does_not_fit(self, trainer: StageTrainer, batch: MicroBatch) -> int | None:
        checkpoint, _ = ranks.first(lambda: newest_whole(self.folder / "checkpoints"))
        if checkpoint:
            halved = f" with {_rows(self.stage, batch.rows)} at once" if batch.halved_at else ""
            self.note(f"{self.stage.name}: going on from step {checkpoint.name.split('-')[1]}{halved}")
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        except OutOfMemory as error:
            return error.step
        except RuntimeError as error:
            if halving.is_out_of_memory(error):
                raise TabibError(_not_by_rows(self.stage)) from error
            raise
        return None

    def _halve(self, trainer: StageTrainer, batch: MicroBatch, step: int) -> None:
        smaller = batch.smaller(step)
        if smaller is None:
            raise TabibError(_too_long(self.stage, step))
        told = f"{self.stage.name}: out of memory at step {step} with {_rows(self.stage, batch.rows)} at once"
        if trainer.args.world_size > 1:  # the others wait for this process and cannot be asked to go back
            halving.keep(smaller, self.folder)
            raise TabibError(
                f"{told}; the last whole checkpoint is kept: run the same command again, it goes on from there with "
                f"{_rows(self.stage, smaller.rows)} at once, {smaller.accumulated} times a step among all processes"
            )
        trainer.go_back()
        halving.keep(smaller, self.folder)  # after the checkpoint: what lies before it was trained with more rows
        self.note(
            f"{told}; goes on from before it with {_rows(self.stage, smaller.rows)}, {smaller.accumulated} times a "
            "step: the rows of a step, their order and the learning rates stay"
        )


def _rows(stage: Stage, rows: int) -> str:
    return f"{rows} {'pack' if stage.packing else 'row'}{'' if rows == 1 else 's'}"


def _not_by_rows(stage: Stage) -> str:
    return (
        f"{stage.name}: out of memory outside the rows of a step, for what the optimizer holds: lower r in LoraConfig, "
        "or per_device_train_batch_size to leave it room; finished stages and the last whole checkpoint are kept"
    )


def _too_long(stage: Stage, step: int) -> str:
    one = f"one pack of {stage.max_length} tokens" if stage.packing else f"one row of up to {stage.max_length} tokens"
    saved = "" if stage.training.get("activation_checkpointing") else ", or set activation_checkpointing: true"
    return (
        f"{stage.name}: out of memory at step {step} with {one}, which cannot be halved: lower the stage's max_length"
        f"{saved}; finished stages and the last whole checkpoint are kept"
    )
