"""What leaves the live tables: snapshots, trainings on them, answers and scores."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Snapshot(Base):
    """An immutable export; `sha256` is the hash of its manifest, which holds the hash of every file.

    The same content exported under two names is one folder and two rows.
    """

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("name", "sha256"), Index(None, "sha256"))
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str]
    recipe: Mapped[str]
    recipe_sha256: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Run(Base):
    """One training. `recipe` is the whole text; `model_sha256` is None until it finished."""

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint("status IN ('running', 'done', 'failed')", name="status"),)
    name: Mapped[str] = mapped_column(primary_key=True)
    snapshot_sha256: Mapped[str] = mapped_column(index=True)
    recipe_name: Mapped[str]
    recipe: Mapped[str]
    seed: Mapped[int]
    versions: Mapped[dict[str, Any]]
    hardware: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="running")
    metrics: Mapped[dict[str, Any]] = mapped_column(doc="losses per stage, tokens, seconds, energy with its source")
    folder: Mapped[str]
    model_sha256: Mapped[str | None] = mapped_column(index=True)
    started_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[dt.datetime | None]


class Answer(Base):
    """What a model gave for one benchmark item under one setting; scored from here, never asked twice."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("model_sha256", "benchmark_sha256", "settings_sha256", "item"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model: Mapped[str]
    model_sha256: Mapped[str]
    benchmark: Mapped[str]
    benchmark_sha256: Mapped[str]
    settings: Mapped[dict[str, Any]]
    settings_sha256: Mapped[str]
    item: Mapped[str]
    prompt: Mapped[str]
    output: Mapped[dict[str, Any]] = mapped_column(doc="log-likelihoods per option, or the generated text")
    choice: Mapped[str | None]
    correct: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Score(Base):
    """A figure with its interval, computed from `answers`."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("model_sha256", "benchmark_sha256", "settings_sha256", "metric"),)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run: Mapped[str | None] = mapped_column(ForeignKey("runs.name"))
    model: Mapped[str]
    model_sha256: Mapped[str]
    benchmark: Mapped[str]
    benchmark_sha256: Mapped[str]
    settings_sha256: Mapped[str]
    metric: Mapped[str]
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    items: Mapped[int]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
