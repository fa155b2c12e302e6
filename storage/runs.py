"""Trained runs: one row a training, from its first minute to the hash of its model.

A run's folder under the data folder:

    base/                 the model it started from, with its tokenizer (a link where the model lies elsewhere)
    adapter/<stage>/      the LoRA weights of each stage, in the order of the recipe
    merged/               the finished model and tokenizer, loadable with transformers, its card and loss plots
    */lineage.json        in each of these: what it was made of, and the hash of every file beside it
    run.json              everything the row holds, the measures of every stage, and the attempts: when, by what
                          versions and on what hardware
    energy.json           what each attempt used
    logs/<n>-<stage>.jsonl  a line a logging step: step, loss, learning_rate, grad_norm, tokens, seconds

`metrics` of a finished run:

    stages                a list in order, each: stage (its name), steps, tokens, seconds, tokens_per_second, parameters
                          {all, trained}, micro_batch {rows, accumulated, halved_at [steps]}, rows {what was read, cut,
                          split, dropped: how many}, loss [{step, loss, learning_rate, grad_norm}, …], held_out {before,
                          after: {loss, bits_per_byte, pairs, tokens}}
    energy                kwh, kg_co2e, seconds, grid_g_co2e_kwh, method (measured, partly measured, estimated or
                          nameplate), source, parts [{part, kwh, method, by}, …], attempts [{began_at,
                          seconds, kwh, kg_co2e, method, source, code, hardware}, …]
    base                  name, sha256
    dtype, attention, peak_memory_bytes
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.errors import DataDamaged, UsageError, unknown
from storage.models import Run
from storage.settings import settings
from storage.snapshots import file_sha256

# What decides a model's answers: weights, configuration, tokenizer and chat template. A model card or a log does not.
DECISIVE = ("*.safetensors", "*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt")
ASIDE = {"run.json", "trainer_state.json", "README.json", "lineage.json"}


@dataclass(frozen=True)
class RunFields:
    """What is known of a run when it starts; `folder` is absolute, `recipe` the whole text."""

    name: str
    snapshot_sha256: str
    recipe_name: str
    recipe: str
    seed: int
    versions: dict[str, Any]
    hardware: dict[str, Any]
    folder: Path
    started_at: dt.datetime
    metrics: dict[str, Any] = field(default_factory=dict)


def start(session: Session, fields: RunFields) -> Run:
    """The run's row, made or taken up again as running. A finished run is returned as it is."""
    values = {**vars(fields), "folder": _stored(fields.folder), "status": "running"}
    taken_up = {key: values[key] for key in ("status", "versions", "hardware", "folder")}
    statement = insert(Run).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=taken_up, where=Run.status != "done"))
    return session.scalars(select(Run).where(Run.name == fields.name).execution_options(populate_existing=True)).one()


def finish(session: Session, name: str, model_sha256: str, metrics: dict[str, Any]) -> Run:
    """Mark the run `name` as done with its model's hash (see `fingerprint`)."""
    run = get(session, name)
    run.status, run.model_sha256, run.metrics = "done", model_sha256, metrics
    run.finished_at = dt.datetime.now(dt.UTC)
    session.flush()
    return run


def fail(session: Session, name: str, reason: str) -> Run:
    """Mark the run `name` as failed, with one line that says why; `start` takes it up again."""
    run = get(session, name)
    run.status, run.metrics = "failed", {**run.metrics, "failure": reason}
    session.flush()
    return run


def place(session: Session, name: str, folder: Path) -> Run:
    """Say where the run's files lie now, absolute."""
    run = get(session, name)
    run.folder = _stored(folder)
    session.flush()
    return run


def get(session: Session, name: str) -> Run:
    """The run called `name`; UsageError lists the runs that exist."""
    run = session.get(Run, name)
    if run is None:
        raise unknown("run", name, session.scalars(select(Run.name)))
    return run


def latest(session: Session, recipe: str | None = None) -> Run:
    """The run that finished last, of the recipe named or of any; UsageError if there is none."""
    found = session.scalars(
        select(Run)
        .where(Run.status == "done", *([Run.recipe_name == recipe] if recipe else []))
        .order_by(Run.finished_at.desc())
        .limit(1)
    ).first()
    if found is None:
        of = f" of recipe {recipe}" if recipe else ""
        raise UsageError(f"no run{of} has finished: train one with `trainer export-and-train --recipe tiny`")
    return found


def folder(run: Run) -> Path:
    """Where the run's files lie, absolute: the row keeps it relative to the data folder where it is inside."""
    return settings().home / run.folder


def fingerprint(model: Path) -> str:
    """The identity of a model folder: SHA-256 over name and SHA-256 of every file in it that decides its answers.

    Raises DataDamaged when the folder holds no weights.
    """
    if not any(model.glob("*.safetensors")):
        raise DataDamaged(f"{model} holds no weights (*.safetensors): train the run again")
    return fingerprint_of({file.name: file_sha256(file) for file in decisive(model)})


def decisive(model: Path) -> Sequence[Path]:
    """The files of a model folder that decide its answers, by name."""
    return sorted(file for file in model.iterdir() if decides(file.name))


def decides(name: str) -> bool:
    """Whether a file of that name in a model folder decides its answers."""
    return name not in ASIDE and any(fnmatchcase(name, pattern) for pattern in DECISIVE)


def fingerprint_of(hashes: dict[str, str]) -> str:
    """The same from the SHA-256 of each of those files by its name."""
    lines = (f"{name} {sha256}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _stored(path: Path) -> str:
    home = settings().home
    return str(path.relative_to(home) if path.is_relative_to(home) else path)


def list(session: Session) -> Sequence[Run]:
    """All runs, the newest first."""
    return session.scalars(select(Run).order_by(Run.started_at.desc(), Run.name)).all()
