"""One stage of a training: from the model before it to an adapter, a merged model and its measures.

A stage lies in `work/<number>-<name>.partial/` while it runs and is renamed to `work/<number>-<name>/` when all of it
is written, so that it is either done, or gone on with from its last whole checkpoint. Only then are its checkpoints of
no use: `trainer.finished` removes them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from accelerate.utils.memory import clear_device_cache
from transformers import PrinterCallback, TrainerCallback, TrainingArguments, set_seed

from storage.blobs import flush, flush_all, write_whole
from trainer import documents, halving, lineage, preference, ranks, sharded
from trainer.attempts import Attempts
from trainer.checkpoints import Keeper, newest_whole
from trainer.collate import flattened, padded
from trainer.data import Encoded, Place, encode, told
from trainer.events import Events
from trainer.filled import Filled
from trainer.finished import MEASURES
from trainer.heldout import HeldOutPairs, held_out
from trainer.libraries import training_arguments
from trainer.loop import StageTrainer
from trainer.merging import Merging, low, merged, require_same
from trainer.model import Loading, adapted, parameters, require_numbers, save, tokenizer_of
from trainer.preference import PreferenceTrainer
from trainer.preference_keys import losses
from trainer.progress import Reporter
from trainer.recipe import HeldOut, Stage
from trainer.source import Frozen
from trainer.steplog import StepLog

LOGGED = ("step", "loss", "grad_norm", "learning_rate")


@dataclass(frozen=True)
class Surroundings:
    """What all stages of a run share; `on_saved` is called whenever something was kept; logs and events: folders."""

    snapshot: Frozen
    loading: Loading
    held_out: HeldOut
    reporter: Reporter
    on_saved: Callable[[], None]
    logs: Path
    events: Path


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


def run(job: Job, around: Surroundings) -> dict[str, Any]:
    """Train the stage, or go on with it, and return its measures; only read them when it was finished before."""
    if finished := ranks.first(lambda: _read(job.place / MEASURES)):
        return finished
    clear_device_cache(garbage_collection=True)  # the stage before holds its model in cycles
    job.partial.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(job.start)
    data = ranks.first(lambda: encode(job.stage, around.snapshot, tokenizer, Place(job.partial / "data", job.seed)))
    around.reporter.note(told(job.stage, data.counts))
    pairs = held_out(around.snapshot, tokenizer, around.held_out)
    loading = around.loading if job.stage.lora else around.loading.whole()
    trainer, log, before = _trained((data, pairs), job, around, loading)
    whole = sharded.whole(trainer, lambda: _adapted(loading.model(job.start), job))
    of = (job, Merging(loading, trainer.args.device, job.start, job.start_name, job.partial), whole)
    measures = ranks.first(lambda: _left(of, (tokenizer, data, pairs), (trainer, log, before)))
    if line := low(measures.get("merged", {})):
        around.reporter.note(f"{job.stage.name}: {line}")
    return measures


def _left(
    of: tuple[Job, Merging, Any],
    read: tuple[Any, Encoded, HeldOutPairs],
    made: tuple[StageTrainer, StepLog, dict[str, float] | None],
) -> dict[str, Any]:
    """Write all that the stage leaves and return its measures."""
    (job, merging, model), (tokenizer, data, pairs), (trainer, log, before) = of, read, made
    steps, tokens, seconds = trainer.state.global_step, int(trainer.state.num_input_tokens_seen), log.seconds()
    trained = parameters(model)
    preferred = preference.measured(trainer)
    if job.stage.lora:
        left, agreement = merged(model, tokenizer, pairs, merging)
        require_same(job.stage.name, agreement)
    else:
        left, agreement = _whole(model, tokenizer, job), {}
    after = pairs.measure(left)
    if log.events:
        log.events.end(after, steps, seconds)
    measures = {
        "stage": job.stage.name,
        "parameters": trained,
        "rows": data.counts,
        "micro_batch": halving.begun(job.stage, job.partial).as_json(),
        "steps": steps,
        "tokens": tokens,
        "seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / seconds),
        "loss": _curve(trainer.state.log_history),
        **preferred,
        **({"merged": agreement} if agreement else {}),
        "held_out": {"before": before, "after": after, "left_out": pairs.left_out},
    }
    return _finished(job, measures)


def _trained(
    texts: tuple[Encoded, HeldOutPairs], job: Job, around: Surroundings, loading: Loading
) -> tuple[StageTrainer, StepLog, dict[str, float] | None]:
    data, pairs = texts
    arguments = training_arguments(job.stage, job.partial / "checkpoints", job.seed)
    ranks.first(lambda: require_numbers(job.start))
    model = loading.model(job.start, arguments.device)
    before = _measured_once(job, lambda: pairs.measure(model.to(arguments.device)))
    if job.stage.unpadded:
        kernel = documents.keep_apart(model.to(arguments.device))
        around.reporter.note(f"{job.stage.name}: packed, documents kept apart by {kernel}")
    model = _adapted(model, job)
    tell = around.reporter.note
    _, seconds = ranks.first(
        lambda: newest_whole(job.partial / "checkpoints", lambda line: tell(f"{job.stage.name}: {line}"))
    )
    keeper = Keeper(seconds, around.on_saved)
    events = Events(around.events / job.place.name, before)
    log = StepLog(around.logs / f"{job.place.name}.jsonl", lambda: keeper.seconds, events)
    with around.reporter.bar(job.stage.name) as bar:
        callbacks = [keeper, log, *([bar] if bar else [])]
        make = partial(_trainer, (model, data), job, callbacks)
        trainer = Attempts(job.stage, job.partial, around.reporter.note, make).trained()
    keeper.stop()
    return trainer, log, before


def _adapted(model: Any, job: Job) -> Any:
    return adapted(model, job.stage.lora, job.seed) if job.stage.lora else model


def _trainer(
    model_and_data: tuple[Any, Encoded], job: Job, callbacks: list[TrainerCallback], stage: Stage
) -> StageTrainer:
    model, data = model_and_data
    set_seed(job.seed)
    arguments = training_arguments(stage, job.partial / "checkpoints", job.seed)
    prefers = partial(PreferenceTrainer, losses(stage.dpo)) if stage.dpo is not None else None
    trainer = (prefers or StageTrainer)(
        model,
        arguments,
        data_collator=flattened if stage.unpadded else padded,
        train_dataset=_rows(data.dataset, stage, arguments),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    return sharded.require(trainer)


def _rows(dataset: Any, stage: Stage, arguments: TrainingArguments) -> Any:
    """For several processes filled up, so that all have as many."""
    if arguments.world_size == 1 or arguments.train_sampling_strategy != "random":
        return dataset
    at_once = arguments.per_device_train_batch_size * arguments.world_size
    return Filled(dataset, at_once, documents=2 if stage.prefers else 1)


def _measured_once(job: Job, measure: Callable[[], dict[str, float] | None]) -> dict[str, float] | None:
    kept = job.partial / "before.json"

    def once() -> dict[str, float] | None:
        if not kept.exists():
            write_whole(kept, json.dumps({"measured": measure()}).encode())
        measured: dict[str, float] | None = _read(kept)["measured"]
        return measured

    return ranks.first(once)


def _whole(model: Any, tokenizer: Any, job: Job) -> Any:
    """Write the model of a stage that trained all weights, and return it."""
    documents.as_before(model)
    model.config.use_cache = True  # which the Trainer turned off for itself
    save(model, tokenizer, job.partial / "model")
    return model


def _finished(job: Job, measures: dict[str, Any]) -> dict[str, Any]:
    for name in ("adapter", "model"):
        if (job.partial / name).is_dir():
            lineage.write(job.partial / name)
    for name in ("adapter", "model"):
        flush_all(job.partial / name)
    write_whole(job.partial / MEASURES, json.dumps(measures, ensure_ascii=False, indent=1).encode())
    job.partial.rename(job.place)
    flush(job.place.parent)
    return measures


def _curve(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [{key: entry[key] for key in LOGGED if key in entry} for entry in history if "loss" in entry]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
