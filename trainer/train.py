"""The whole training, top to bottom: freeze, base, a LoRA stage on the corpus, one on the pairs, card, row."""

import datetime as dt
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from storage.blobs import flush
from storage.errors import UsageError
from storage.runs import fingerprint
from trainer import (
    attempted,
    card,
    done,
    emptied,
    energy,
    fitting,
    forgotten,
    halving,
    launched,
    lineage,
    machine,
    model,
    quiet,
    ranks,
    register,
    rehearsal,
    source,
    stage,
)
from trainer.finished import Stages
from trainer.folder import STATE, RunFolder, of, runs_root
from trainer.libraries import training_arguments
from trainer.model import Found, Loading
from trainer.progress import Reporter
from trainer.recipe import Recipe, Stage, load
from trainer.request import Request
from trainer.source import Frozen


@dataclass(frozen=True)
class Training:
    """A training whose inputs have all been found and checked."""

    recipe: Recipe
    base: Found
    snapshot: Frozen
    loading: Loading
    run: RunFolder

    @property
    def stages(self) -> list[Stage]:
        """The stages in order; the first makes the base where none was found."""
        return _stages_of(self.recipe, self.base)


def _stages_of(recipe: Recipe, base: Found) -> list[Stage]:
    return [*([base.make.warm_start] if base.make else []), *recipe.content.stages]


def export_and_train(request: Request, reporter: Reporter) -> dict[str, Any]:
    """Train what `request` asks for and return what `run.json` then says; see the errors in `storage.errors`."""
    quiet.hush()
    aside = launched.left_aside()
    with ranks.together():
        if aside:
            reporter.note(aside)
        return _export_and_train(request, reporter)


def _export_and_train(request: Request, reporter: Reporter) -> dict[str, Any]:
    recipe = load(request.recipe)
    ranks.require(recipe, halving.rows_of_a_step)
    if request.resume and (finished := _finished_before(request, recipe, reporter)):
        return finished
    snapshot = request.take_snapshot(recipe)
    base = _begun_from(request, recipe) if request.resume else model.found(recipe, request.model)
    rehearsal.require(recipe, base)
    _require_one_gpu(recipe, base)
    loading = model.loading(recipe.content.base)
    if snapshot is None:
        if request.dry_run:
            return {"status": "dry run", "recipe": recipe.name, "base": base.name, "snapshot": "exported when it runs"}
        name = request.export or recipe.name
        snapshot = ranks.first(lambda: source.frozen(name, request.cleaning_recipe, request.split))
        source.require_rows(snapshot, recipe)
    fitting.require(snapshot, recipe)
    run = of(recipe, base.sha256, snapshot)
    training = Training(recipe, base, snapshot, loading, run)
    _require_sequences(training, request.dry_run)
    for line in forgotten.warnings(snapshot.sha256, base.folder) if ranks.is_first() else ():
        reporter.note(line)
    if request.dry_run:
        return _plan(training)
    if not ranks.is_first():
        return _with_the_first(training, reporter)
    return _the_first(training, reporter, request.needs_database())


def _the_first(training: Training, reporter: Reporter, needs_database: bool) -> dict[str, Any]:
    """Train in the run's folder, which this process holds, unless it is done."""
    run, base, loading = training.run, training.base, training.loading
    if not run.is_done():
        run.require_room(base.folder, training.recipe)
        with run.held():
            if not run.is_done():  # another process may have finished it before this one held it
                held = (
                    f", base in 4 bits ({loading.quantization['bnb_4bit_quant_type']})" if loading.quantization else ""
                )
                reporter.note(f"run {run.name}: attention by {loading.attention} ({loading.reason}){held}")
                return _train(training, reporter, needs_database)
    ranks.first(lambda: None)
    return done.recognised(run, reporter, needs_database)


def _with_the_first(training: Training, reporter: Reporter) -> dict[str, Any]:
    """Take part in what the first process begins in the folder that it holds; it alone finishes the run."""
    run = training.run
    begun: str | None = ranks.first(lambda: run.name)  # or None, as the first one says
    if begun is None:
        return {**run.state(), "was_done": True}
    if begun != run.name or not (run.path / STATE).exists():
        raise UsageError(
            f"the first process trains {begun}, this one would train {run.name} in {run.path}: give all of them the "
            "same recipe, snapshot, model and code, and a TABIB_DATA_DIR on a disk that all machines see"
        )
    _stages(training, reporter)
    ranks.first(lambda: None)
    return run.state()


def _require_one_gpu(recipe: Recipe, base: Found) -> None:
    """Raise UsageError where one process would share each step among several GPUs: it would take more rows for it."""
    for wanted in _stages_of(recipe, base) if ranks.count() == 1 else ():
        if (seen := training_arguments(wanted, runs_root(), recipe.content.seed).n_gpu) > 1:
            raise UsageError(
                f"one process sees {seen} GPUs and would take {seen} times the recipe's rows a step, nothing was "
                "trained: start one for each by `torchrun --nproc-per-node GPUS --no-python trainer export-and-train "
                "…`, or show it one by CUDA_VISIBLE_DEVICES=0"
            )


def _require_sequences(training: Training, dry_run: bool) -> None:
    """Raise UsageError for a stage with nothing to train on; a base that is made has its tokenizer in `_start`."""
    base, snapshot = training.base, training.snapshot
    if base.folder:
        emptied.require(training.stages, snapshot, model.tokenizer_of(base.folder))
    elif base.make and dry_run:
        emptied.require(training.stages, snapshot, model.tokenizer_made(base.make, snapshot))


def _finished_before(request: Request, recipe: Recipe, reporter: Reporter) -> dict[str, Any] | None:
    """What the run that `--resume` means says, where it is done already."""
    run = request.run_to_go_on(recipe)
    if not run.is_done():
        return None
    if request.model is not None:
        _begun_from(request, recipe)
    if request.dry_run:
        return {**run.state(), "was_done": True}
    return done.recognised(run, reporter, request.needs_database())


def _begun_from(request: Request, recipe: Recipe) -> Found:
    """The base that the run was begun from; UsageError where it changed or another one is asked for."""
    run, override = request.run_to_go_on(recipe), request.model
    kept = run.state().get("base")
    if kept is None:
        raise UsageError(f"{run.path} does not say what its base was: begin anew, without --resume")
    base = model.found(recipe, override or (kept["folder"] if kept["given"] else None))
    if base.sha256 != kept["sha256"]:
        raise UsageError(
            f"run {run.name} was begun from another model than {base.name} is now: from {kept['name']} with sha256 "
            f"{kept['sha256']}. Give that one, or begin anew without --resume"
        )
    return replace(base, name=kept["name"], given=kept["given"])


def _train(training: Training, reporter: Reporter, needs_database: bool) -> dict[str, Any]:
    run = training.run
    state = _begun(training)
    run.write_state(state)
    if changed := attempted.changes(state["attempts"][-2:]):
        reporter.note(f"goes on under other versions or hardware: {changed[0].partition(': ')[2]}")
    done.begin_row(run, reporter, needs_database)
    ranks.first(lambda: run.name)
    try:
        metrics = _stages(training, reporter)
        ranks.first(lambda: _finish(training, metrics))
    except KeyboardInterrupt:
        register.failed(run, "interrupted; the same command goes on")
        raise
    except Exception as error:
        register.failed(run, " ".join(str(error).split())[:500])
        raise
    done.register_it(run, reporter, needs_database)
    return run.state()


def _stages(training: Training, reporter: Reporter) -> dict[str, Any]:
    """Run every stage; returns the run's metrics."""
    run, earlier = training.run, training.run.earlier_energy()
    meter = energy.Meter(training.recipe.content.energy) if ranks.is_first() else None

    def on_saved() -> None:
        if meter:
            run.write_energy([*earlier, meter.reading()])

    content = training.recipe.content
    around = stage.Surroundings(
        training.snapshot, training.loading, content.held_out, reporter, on_saved, run.logs, run.events
    )
    stages = Stages(run, training.stages)
    if told := ranks.first(stages.forget_damaged):
        reporter.note(told)
    start, name, measures = ranks.first(lambda: _start(training)), training.base.name, []
    try:
        for number, wanted in enumerate(training.stages):
            place = stages.place(number)
            measures.append(stage.run(stage.Job(wanted, content.seed + number, start, name, place), around))
            on_saved()
            if wanted.lora:
                start, name = place / "model", f"{name} + adapter/{wanted.name}"
            else:
                start, name = ranks.first(partial(_made_base, run, place)), f"{run.name}/base"
            ranks.first(partial(stages.sweep, number))
    finally:
        with suppress(OSError):  # a full disk is told by what it stopped
            on_saved()
        if meter:
            meter.close()
    return ranks.first(partial(_metrics, training, measures))


def _metrics(training: Training, measures: list[dict[str, Any]]) -> dict[str, Any]:
    run = training.run
    return {
        "base": {"name": training.base.name, "sha256": fingerprint(run.base)},
        "dtype": training.loading.dtype,
        **({"quantization_config": training.loading.quantization} if training.loading.quantization else {}),
        "attention": {"kernel": training.loading.attention, "reason": training.loading.reason},
        "stages": measures,
        "energy": energy.total(run.earlier_energy()),
        "peak_memory_bytes": machine.peak_memory_bytes(),
        "processes": ranks.count(),
    }


def _start(training: Training) -> Path:
    """The folder of the model that the first stage starts from."""
    run, base = training.run, training.base
    if base.folder:
        if run.base.resolve() != base.folder.resolve():  # it may have moved since, its hash is the same
            run.base.unlink(missing_ok=True)
            run.base.symlink_to(base.folder)
        return run.base
    blank = run.work / "blank"
    if base.make and not run.base.exists() and not blank.exists():
        partial = blank.with_name("blank.partial")
        model.make(base.make, training.snapshot, partial, training.recipe.content.seed)
        emptied.require(training.stages, training.snapshot, model.tokenizer_of(partial))
        partial.rename(blank)
    return blank


def _made_base(run: RunFolder, place: Path) -> Path:
    if not run.base.exists():
        (place / "model").rename(run.base)
    return run.base


def _finish(training: Training, metrics: dict[str, Any]) -> None:
    """Bring adapters and merged model to their places, write the card, and last of all say that the run is done."""
    run = training.run
    last = run.work
    for number, wanted in enumerate(training.stages):
        last = run.work / f"{number}-{wanted.name}"
        adapter = run.path / "adapter" / wanted.name
        if wanted.lora and not adapter.exists():
            adapter.parent.mkdir(exist_ok=True)
            (last / "adapter").rename(adapter)
            flush(adapter.parent)
    if not run.merged.exists():
        (last / "model").rename(run.merged)
    flush(run.path)
    state = run.state() | {
        "status": "done",
        "metrics": metrics,
        "model_sha256": fingerprint(run.merged),
        "finished_at": _now(),
    }
    card.write(run.merged, state, training.snapshot.manifest)
    lineage.seal(run.path, state)
    run.write_state(state)
    shutil.rmtree(run.work)


def _begun(training: Training) -> dict[str, Any]:
    recipe, earlier = training.recipe, training.run.state()
    return {
        "name": training.run.name,
        "status": "running",
        "recipe_name": recipe.name,
        "recipe_sha256": recipe.sha256,
        "recipe": recipe.text,
        "seed": recipe.content.seed,
        "snapshot_sha256": training.snapshot.sha256,
        "snapshot_folder": str(training.snapshot.folder),
        "base": _base_kept(training.base),
        **machine.attempt(earlier, _now()),
        "started_at": earlier.get("started_at", _now()),
    }


def _base_kept(base: Found) -> dict[str, Any]:
    folder = str(base.folder) if base.folder else None
    return {"name": base.name, "folder": folder, "sha256": base.sha256, "given": base.given}


def _plan(training: Training) -> dict[str, Any]:
    """What a dry run tells: everything that was found, nothing done."""
    run = training.run
    return {
        "name": run.name,
        "status": "dry run",
        "folder": str(run.path),
        "recipe": training.recipe.name,
        "base": training.base.name,
        "attention": f"{training.loading.attention} ({training.loading.reason})",
        "snapshot": training.snapshot.sha256,
        "rows": {file: rows["rows"] for file, rows in training.snapshot.manifest["files"].items()},
        "stages": [wanted.model_dump(mode="json", by_alias=True) for wanted in training.stages],
        "before": run.state().get("status", "not begun"),
    }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
