"""Evaluations that run by themselves: when, which are asked for, and what a new model lost against the accepted one."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of


class JobState(StrEnum):
    """Where a job stands: for whom it waits, and whether anybody must look at it."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    PARKED = "parked"


class Schedule(Base):
    """Which models are asked which benchmarks, and when.

    `models` is `new` (each run as it finishes; then there is no `cron`), `newest`, `every`, or one as
    `evaluator run --model` takes it. `how` are the options of `evaluator run` beside these.
    """

    __tablename__ = "schedules"
    __table_args__ = (CheckConstraint("(models = 'new') = (cron IS NULL)", name="moment"),)
    name: Mapped[str] = mapped_column(primary_key=True)
    cron: Mapped[str | None] = mapped_column(doc="minute hour day month weekday, in UTC")
    models: Mapped[str]
    benchmarks: Mapped[list[str]]
    how: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    due_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Job(Base):
    """One evaluation asked for: a queue while it waits, its lease while it is worked on, history once it is done.

    A worker writes `beat_at` while it works; one that stopped doing so has lost the job. `fence` is the number of the
    claim: a writer with a lower one is refused. `attempts` are those since an answer was last stored, `answered` the
    answers stored by all attempts. `schedule` is the name of what asked for it, which may be gone; `also` are those
    that asked for the same while it was open.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("state <> 'parked' OR cause IS NOT NULL", name="explained"),
        Index("ix_jobs_open", "model", "benchmarks", "how", unique=True, postgresql_where=text("state <> 'done'")),
        Index(None, "schedule", "model"),
        Index(None, "state", "due_at"),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    schedule: Mapped[str]
    also: Mapped[list[str]] = mapped_column(server_default="{}")
    model: Mapped[str]
    benchmarks: Mapped[list[str]]
    how: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    state: Mapped[str] = mapped_column(server_default=JobState.WAITING.value)
    cause: Mapped[str | None] = mapped_column(doc="what the last attempt ended on, if not well")
    attempts: Mapped[int] = mapped_column(server_default="0")
    answered: Mapped[int] = mapped_column(server_default="0")
    fence: Mapped[int] = mapped_column(server_default="0")
    worker: Mapped[str | None] = mapped_column(doc="the machine and its visible GPUs: one job at a time there")
    result: Mapped[dict[str, Any] | None]
    due_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    beat_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Acceptance(Base):
    """A model that was found good enough to hold others against. Rows are only added; the newest counts."""

    __tablename__ = "acceptances"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model: Mapped[str]
    model_sha256: Mapped[str]
    run: Mapped[str | None] = mapped_column(ForeignKey("runs.name"))
    by: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Alarm(Base):
    """A benchmark in which a model is significantly worse than the accepted one. It stands until it is closed.

    `difference` is the model's score less the accepted one's, with its 95 % interval; of bits per byte more is worse.
    `benchmark_sha256` and `settings_sha256` tell which version was compared, and how the model was asked; None in those
    older than that.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        UniqueConstraint("model_sha256", "accepted_sha256", "benchmark", "metric"),
        CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name="explained"),
        Index("ix_alarms_standing", "id", postgresql_where=text("closed_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model: Mapped[str]
    model_sha256: Mapped[str]
    accepted: Mapped[str]
    accepted_sha256: Mapped[str]
    benchmark: Mapped[str]
    benchmark_sha256: Mapped[str | None]
    settings_sha256: Mapped[str | None]
    metric: Mapped[str]
    items: Mapped[int]
    difference: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    p: Mapped[float | None]
    holm: Mapped[float | None] = mapped_column(doc="p after Holm's correction over the benchmarks compared")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[dt.datetime | None]
    closed_because: Mapped[str | None]
