"""Scores of several models, an accepted one, an alarm and a queue: what the leaderboard shows."""

import datetime as dt
from typing import Any

from storage import alarms, answers, db, jobs, runs, schedules
from storage.alarms import Loss, Two
from storage.answers import AnswerFields, Figure, Sitting
from storage.models import Acceptance, Schedule
from storage.runs import RunFields
from storage.settings import settings

EXAM, OLD_EXAM = "e" * 64, "d" * 64
SETTINGS = {"scoring": "likelihood/1", "precision": "stored"}
FIRST_DAY = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)


def hash_of(model: str) -> str:
    """A hash of 64 digits that tells the model."""
    return model.encode().hex().ljust(64, "0")[:64]


def scored(model: str, *figures: Figure, version: str = EXAM, run: str | None = None, **told: Any) -> None:
    """Figures of a model in one version of a `benchmark`, asked `how`."""
    benchmark, how = told.get("benchmark", "exam"), told.get("how", SETTINGS)
    sitting = Sitting(model, hash_of(model), benchmark, version, how)
    with db.session() as session:
        answers.save(session, sitting, [AnswerFields("1", "?", {}, "A", True)])
        answers.save_scores(session, sitting, run, figures)


def share(value: float, metric: str = "accuracy", items: int = 96) -> Figure:
    """A share with an interval of ten points to each side."""
    return Figure(metric, value, value - 0.1, value + 0.1, items)


def finished(name: str, day: int) -> str:
    """A run that finished so many days after the first."""
    fields = RunFields(name, "0" * 64, "tiny", "", 1, {}, {}, settings().home / "runs" / name, FIRST_DAY)
    with db.session() as session:
        runs.start(session, fields)
        runs.finish(session, name, hash_of(f"{name}/merged"), {}).finished_at = FIRST_DAY + dt.timedelta(days=day)
    return name


def several() -> None:
    """Three runs, the first accepted, the last worse; a base; two versions of an exam; a queue with a parked job."""
    scored("tiny-1/base", share(0.33), version=OLD_EXAM, run=finished("tiny-1", 0))
    for number, (name, value) in enumerate((("tiny-1", 0.42), ("tiny-2", 0.55), ("tiny-3", 0.25))):
        run = finished(name, 20 * number)
        scored(f"{name}/merged", share(value), share(value - 0.05, "accuracy_text"), run=run)
        bits = Figure("bits_per_byte", 3.2 - value, 3.1 - value, 3.3 - value, 40)
        scored(f"{name}/merged", bits, run=run, benchmark="dev-pairs", version="a" * 64)
    scored("tiny-1/base", share(0.3), share(0.3, "accuracy_text"), run="tiny-1")
    best = hash_of("tiny-1/merged")
    two = Two("tiny-3/merged", hash_of("tiny-3/merged"), "tiny-1/merged", best)
    nightly = Schedule(name="nightly", cron="30 22 * * *", models="every", benchmarks=["all"], how={}, due_at=FIRST_DAY)
    with db.session() as session:
        row = Acceptance(model="tiny-1/merged", model_sha256=best, run="tiny-1", by="maryam", reason="x")
        alarms.accept(session, row)
        asked = (EXAM, Sitting("", "", "exam", EXAM, SETTINGS).settings_sha256)
        alarms.settle(session, two, [Loss("exam", "accuracy", 96, -0.17, -0.27, -0.08, 0.001, 0.002, *asked)], ["exam"])
        schedules.add(session, nightly)
        schedules.ask(session, nightly, ["tiny-9", "tiny-8"])
        claim = jobs.claim(session, "one")
        assert claim is not None
        jobs.fail(session, claim, "no model folder", for_good=True)
