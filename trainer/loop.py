"""transformers' Trainer, stopped before what is no number reaches the weights, and able to go back to before a step.

What it keeps in a checkpoint beside the Trainer's own files, `unlogged_<process>.json`, is the loss since the last line
of the log, so that the log of a resumed training is that of one that was never interrupted.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.memory import clear_device_cache
from torch.nn.utils import get_total_norm
from transformers import Trainer, TrainerCallback

from storage.blobs import write_whole
from storage.errors import TabibError
from trainer import disk, ranks
from trainer.checkpoints import MARK
from trainer.filled import Filled, Order
from trainer.halving import is_out_of_memory
from trainer.randomness import Randomness


class OutOfMemory(TabibError):
    """A step did not fit into memory; `step` is its number, from 1."""

    def __init__(self, step: int) -> None:
        super().__init__(f"out of memory at step {step}: lower per_device_train_batch_size or max_length")
        self.step = step


@dataclass(frozen=True)
class _Counted:
    """What a step adds to while it is computed."""

    tokens: int
    flops: float
    loss: torch.Tensor


class StageTrainer(Trainer):
    """A Trainer, or with another of TRL's behind it in a class's bases, that one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resumed: Path | None = None
        self.counted: _Counted | None = None
        self.randomness: Randomness | None = None
        self.add_callback(_Watch(self))

    def train(self, resume_from_checkpoint: str | None = None, **kwargs: Any) -> Any:
        """From the checkpoint, where one is given. Raises OutOfMemory, and TabibError for what is no number."""
        self.resumed = Path(resume_from_checkpoint) if resume_from_checkpoint else None
        return super().train(resume_from_checkpoint=resume_from_checkpoint, **kwargs)

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        """None where a checkpoint of the last step is gone on from: the Trainer would take one step more."""
        if self.state.global_step < self.state.max_steps:
            super()._run_epoch(*args, **kwargs)

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """The loss of a micro-batch, shape ()."""
        loss = self._loss_if_it_fits(*args, **kwargs)
        if loss is None:
            raise OutOfMemory(self.state.global_step + 1)
        if not torch.isfinite(loss):
            raise self.no_number(f"the loss is {loss.item()}")
        return loss

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows = train_dataset if train_dataset is not None else self.train_dataset
        return Order(rows, self.args.data_seed) if isinstance(rows, Filled) else super()._get_train_sampler(rows)

    def no_number(self, what: str) -> TabibError:
        """The error that stops a training before a step is taken."""
        return TabibError(
            f"{what} at step {self.state.global_step + 1}: lower learning_rate or max_grad_norm "
            "in the recipe; finished stages and the checkpoints before this step are kept"
        )

    def go_back(self) -> None:
        """Be as after the last whole step, and have a checkpoint of it; before the first there is nothing to keep."""
        self.model.zero_grad(set_to_none=True)
        clear_device_cache(garbage_collection=True)
        checkpoint = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if not (self.counted and self.randomness) or (checkpoint / MARK).exists():
            return
        self.state.num_input_tokens_seen, self.current_flos = self.counted.tokens, self.counted.flops
        self._tr_loss = self.counted.loss
        self.randomness.restore()
        self._save_checkpoint(self.model, None)
        self.callback_handler.on_save(self.args, self.state, self.control)

    def _loss_if_it_fits(self, *args: Any, **kwargs: Any) -> torch.Tensor | None:
        """None where memory ran out: the error is let go of here, as it holds on to all that filled the memory."""
        try:
            loss: torch.Tensor = super().training_step(*args, **kwargs)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return None
        return loss

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        try:
            super()._save_checkpoint(model, trial)
        except Exception as error:
            folder = Path(self.args.output_dir)
            full = disk.is_full(error, folder)
            if self.args.should_save:  # the half-written one, which would leave no room for anything else
                shutil.rmtree(folder / f"checkpoint-{self.state.global_step}", ignore_errors=True)
            if full:
                raise disk.told(folder) from error
            raise

    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        unlogged = {"loss": self._tr_loss.item(), "logged_at": self._globalstep_last_logged}
        write_whole(Path(output_dir) / self._unlogged, json.dumps(unlogged).encode())

    @property
    def _unlogged(self) -> str:
        return f"unlogged_{self.args.process_index}.json"

    def begin(self, loader: Any) -> None:
        """Take up the loss that was not logged yet, and the order of the epoch that `loader` goes on with."""
        self.state.train_batch_size = self.args.train_batch_size
        if not self.resumed and ranks.number():  # else all processes would drop the same
            torch.manual_seed(self.args.seed + ranks.number())
        if self.resumed and ranks.count() > 1:
            _sampler(loader).set_epoch(int(self.state.epoch))
        if self.resumed and (kept := self.resumed / self._unlogged).exists():
            unlogged = json.loads(kept.read_text(encoding="utf-8"))
            self._tr_loss += unlogged["loss"]
            self._globalstep_last_logged = unlogged["logged_at"]

    def begin_step(self) -> None:
        """Remember what the step adds to."""
        self.counted = _Counted(self.state.num_input_tokens_seen, self.current_flos, self._tr_loss.clone())

    def end_step(self) -> None:
        """Remember from where the next one draws."""
        self.randomness = Randomness.now()


def _sampler(loader: Any) -> Any:
    """Under whatever accelerate wraps it in: for several processes so deep that it does not find it itself."""
    batches = loader.batch_sampler
    while hasattr(batches, "batch_sampler"):
        batches = batches.batch_sampler
    return batches.sampler


class _Watch(TrainerCallback):
    """Tells the trainer where its loop stands."""

    def __init__(self, trainer: StageTrainer) -> None:
        self.trainer = trainer

    def on_train_begin(self, *_: Any, **kwargs: Any) -> None:
        self.trainer.begin(kwargs["train_dataloader"])

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.trainer.begin_step()

    def on_pre_optimizer_step(self, args: Any, *_: Any, **kwargs: Any) -> None:
        """In float16 the scaler finds such gradients itself, passes over the step and lowers its scale."""
        gradients = [weights.grad for weights in kwargs["model"].parameters() if weights.grad is not None]
        if not args.fp16 and not torch.isfinite(get_total_norm(gradients)):
            raise self.trainer.no_number("the gradient is no number")

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.trainer.end_step()
