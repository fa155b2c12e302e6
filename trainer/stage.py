"""One stage of a training: from the model before it to an adapter, a merged model and its measures.

A stage lies in `work/<number>-<name>.partial/` while it runs and is renamed to `work/<number>-<name>/` when all of it
is written, so that it is either done, or gone on with from its last whole checkpoint.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, set_seed

from storage.blobs import write_whole
from storage.errors import TabibError
from trainer.checkpoints import Keeper, newest_whole
from trainer.collate import padded
from trainer.data import Encoded, Place, encode
from trainer.heldout import HeldOutPairs, held_out
from trainer.libraries import training_arguments
from trainer.model import Loading, adapted, parameters, save, tokenizer_of
from trainer.progress import Reporter
from trainer.recipe import HeldOut, Stage
from trainer.source import Frozen

MEASURES = "stage.json"
LOGGED = ("step", "loss", "grad_norm", "learning_rate")


@dataclass(frozen=True)
class Surroundings:
    """What all stages of a run share; `on_saved` is called whenever something was kept."""

    snapshot: Frozen
    loading: Loading
    held_out: HeldOut
    reporter: Reporter
    on_saved: Callable[[], None]


@dataclass(frozen=True)
class Job:
    """A stage, its seed, the model it starts from (folder and name), and the folder it leaves (model/, adapter/)."""

    stage: Stage
    seed: int
    start: Path
    start_name: str
    place: Path

    @property
    def partial(self) -> Path:
        """Where it works until it is done."""
        return self.place.with_name(self.place.name + ".partial")


class _FiniteTrainer(Trainer):
    """Stops at the first loss that is no number, before it reaches the weights or a checkpoint."""

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **kwargs)
        if not torch.isfinite(loss):
            raise TabibError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}: lower learning_rate or max_grad_norm "
                "in the recipe; finished stages and the checkpoints before this step are kept"
            )
        return loss


def run(job: Job, around: Surroundings) -> dict[str, Any]:
    """Train the stage, or go on with it, and return its measures; only read them when it was finished before."""
    if finished := _read(job.place / MEASURES):
        return finished
    job.partial.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(job.start)
    data = encode(job.stage, around.snapshot, tokenizer, Place(job.partial / "data", job.seed))
    pairs = held_out(around.snapshot, tokenizer, around.held_out)
    model = around.loading.model(job.start)
    trainer, keeper, before = _trained(model, (data, pairs), job, around)
    trained = parameters(trainer.model)
    merged = _kept(trainer.model, tokenizer, job)
    measures = {
        "stage": job.stage.name,
        "parameters": trained,
        "rows": data.counts,
        "steps": trainer.state.global_step,
        "tokens": int(trainer.state.num_input_tokens_seen),
        "seconds": round(keeper.seconds, 1),
        "tokens_per_second": round(int(trainer.state.num_input_tokens_seen) / keeper.seconds),
        "loss": _curve(trainer.state.log_history),
        "held_out": {"before": before, "after": pairs.measure(merged), "left_out": pairs.left_out},
    }
    return _finished(job, measures)


def _trained(
    model: Any, texts: tuple[Encoded, HeldOutPairs], job: Job, around: Surroundings
) -> tuple[Trainer, Keeper, dict[str, float] | None]:
    data, pairs = texts
    arguments = training_arguments(job.stage, job.partial / "checkpoints", job.seed)
    before = _measured_once(job, lambda: pairs.measure(model.to(arguments.device)))
    if job.stage.lora:
        model = adapted(model, job.stage.lora, job.seed)
    checkpoint, seconds = newest_whole(job.partial / "checkpoints")
    if checkpoint:
        around.reporter.note(f"{job.stage.name}: going on from step {checkpoint.name.split('-')[1]}")
    with around.reporter.bar(job.stage.name) as bar:
        keeper = Keeper(seconds, around.on_saved)
        callbacks = [keeper, *([bar] if bar else [])]
        set_seed(job.seed)
        trainer = _FiniteTrainer(
            model, arguments, data_collator=padded, train_dataset=data.dataset, callbacks=callbacks
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    keeper.stop()
    return trainer, keeper, before


def _measured_once(job: Job, measure: Callable[[], dict[str, float] | None]) -> dict[str, float] | None:
    kept = job.partial / "before.json"
    if not kept.exists():
        write_whole(kept, json.dumps({"measured": measure()}).encode())
    measured: dict[str, float] | None = _read(kept)["measured"]
    return measured


def _kept(model: Any, tokenizer: Any, job: Job) -> Any:
    """Write the adapter, merge it, write the merged model and return it."""
    if job.stage.lora:
        adapter = job.partial / "adapter"
        model.peft_config["default"].base_model_name_or_path = job.start_name  # not a folder that is gone tomorrow
        model.save_pretrained(adapter, save_embedding_layers=False)  # the vocabulary is never changed
        (adapter / "README.md").unlink()  # peft's form to fill in; the card of the merged model says it all
        model = model.merge_and_unload(safe_merge=True)
    model.config.use_cache = True  # which the Trainer turned off for itself
    save(model, tokenizer, job.partial / "model")
    return model


def _finished(job: Job, measures: dict[str, Any]) -> dict[str, Any]:
    for folder in ("data", "checkpoints"):
        shutil.rmtree(job.partial / folder)
    write_whole(job.partial / MEASURES, json.dumps(measures, ensure_ascii=False, indent=1).encode())
    job.partial.rename(job.place)
    return measures


def _curve(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [{key: entry[key] for key in LOGGED if key in entry} for entry in history if "loss" in entry]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
