"""All models side by side: a board for each metric of each version of a benchmark, the best first."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from storage import alarms, answers
from storage.models import Alarm, Answer, Run, Score

LOWER_IS_BETTER = frozenset({"bits_per_byte"})
TUNED = "/merged"  # the part of a run that its training made


@dataclass(frozen=True)
class Standing:
    """One model on a board, asked in one way; `at` is when its run finished, or when it was scored.

    `run` is empty for a model that no training here made; `lost` where an alarm stands for it in this version of
    the benchmark, asked in this way.
    """

    model: str
    sha256: str
    run: str
    how: str
    value: float
    low: float
    high: float
    items: int
    at: dt.datetime
    accepted: bool
    lost: bool

    @property
    def known(self) -> bool:
        """Whether the score is a number."""
        return all(map(math.isfinite, (self.value, self.low, self.high)))


@dataclass(frozen=True)
class Board:
    """One metric of one version of a benchmark."""

    benchmark: str
    version: str
    metric: str
    standings: Sequence[Standing]

    @property
    def trend(self) -> list[Standing]:
        """The models that trainings made, in the order in which they finished."""
        return sorted((s for s in self.standings if s.run and s.known), key=lambda s: (s.at, s.model))


def boards(session: Session) -> list[Board]:
    """Every board: benchmarks by name, of each the version asked last first, of each version the primary metric."""
    how = _how(session)
    finished = {run.name: run.finished_at for run in session.scalars(select(Run))}
    standard = alarms.accepted(session)
    accepted = standard.model_sha256 if standard else None
    lost = alarms.standing(session)
    by_board: dict[tuple[str, str, str], list[Standing]] = {}
    asked: dict[tuple[str, str], int] = {}
    for score in session.scalars(select(Score).order_by(Score.id)):
        trained = score.run if score.run and score.model.endswith(TUNED) else ""
        standing = Standing(
            model=score.model,
            sha256=score.model_sha256,
            run=trained,
            how=how.get(score.settings_sha256, score.settings_sha256[:12]),
            value=score.value,
            low=score.low,
            high=score.high,
            items=score.items,
            at=finished.get(trained) or score.created_at,
            accepted=score.model_sha256 == accepted,
            lost=any(_is_of(alarm, score) for alarm in lost),
        )
        asked[score.benchmark, score.benchmark_sha256] = score.id
        by_board.setdefault((score.benchmark, score.benchmark_sha256, score.metric), []).append(standing)
    # A sitting's figures are written in order, the primary first, so the order of rows tells a version's metrics.
    ordered = sorted(by_board, key=lambda key: (key[0], -asked[key[:2]]))
    return [Board(*key, sorted(by_board[key], key=lambda s: _rank(key[2], s))) for key in ordered]


def _is_of(alarm: Alarm, score: Score) -> bool:
    """Whether an alarm is of the answers that a score is of; an older alarm does not tell which of a benchmark's."""
    same = (alarm.model_sha256, alarm.benchmark) == (score.model_sha256, score.benchmark)
    told = (alarm.benchmark_sha256, alarm.settings_sha256) in ((None, None), _asked(score))
    return same and told


def _asked(score: Score) -> tuple[str, str]:
    return score.benchmark_sha256, score.settings_sha256


def _how(session: Session) -> dict[str, str]:
    """How models were asked, by the hash that scores keep: one answer of each, for there are millions."""
    key = (Score.model_sha256, Score.benchmark_sha256, Score.settings_sha256)
    sat = select(*key).ext(distinct_on(Score.settings_sha256)).subquery()
    same = [getattr(Answer, column.name) == column for column in sat.c]
    one = select(Answer.settings).where(*same).limit(1).lateral()
    found = session.execute(select(sat.c.settings_sha256, one.c.settings).join(one, true()))
    return {sha256: answers.how(settings) for sha256, settings in found}


def _rank(metric: str, standing: Standing) -> tuple[bool, float, str]:
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return not standing.known, sign * standing.value if standing.known else 0.0, standing.model
