"""What the evaluator found of a model, put on its card: the model was finished before anybody could evaluate it."""

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage import alarms, answers, db, schema
from storage.answers import Figure
from storage.errors import DataDamaged, ServiceUnavailable, UsageError
from trainer import card, lineage

VERSION = 12  # digits of a benchmark's hash, as `evaluator scores` prints them
STRANGE = re.compile(r"[^A-Za-z0-9 .:+-]")
LARGEST = 1e9  # beyond it a figure is none


@dataclass(frozen=True)
class Row:
    """A figure of one benchmark in one version, with the precision that the model was asked in."""

    benchmark: str
    version: str
    precision: str
    figure: Figure


def put_on_card(model: Path) -> None:
    """Bring the scores on the card in `model` up to those of the database, of exactly this model.

    A card that nobody may write stays as it is, and so do all where the database cannot be asked.
    """
    if not (model / card.NAME).is_file():
        return
    with suppress(UsageError, DataDamaged, ServiceUnavailable, OSError):
        sha256 = str(lineage.read(model)["sha256"])
        card.set_scores(model, told(of(sha256), stands(sha256)))


def of(sha256: str) -> list[Row]:
    """All scores of the model with that hash, by benchmark and metric. Raises ServiceUnavailable without a database."""
    schema.require_head()
    with db.session() as session:
        sittings = answers.sittings(session, [sha256])
        precision = {each.settings_sha256: each.settings.get("precision") for each in sittings}
        return [
            Row(
                score.benchmark,
                score.benchmark_sha256[:VERSION],
                str(precision.get(score.settings_sha256) or "-"),
                Figure(score.metric, score.value, score.low, score.high, score.items),
            )
            for score in answers.scores(session, [sha256])
        ]


def stands(sha256: str) -> list[str]:
    """How the model stands against the one that is accepted now. Raises ServiceUnavailable without a database."""
    schema.require_head()
    with db.session() as session:
        standard, lost = alarms.accepted(session), alarms.standing(session)
    if standard is None:
        return []
    two = (sha256, standard.model_sha256)
    worse = sorted({_tame(a.benchmark) for a in lost if (a.model_sha256, a.accepted_sha256) == two})
    accepted = standard.model_sha256 == sha256
    return ["accepted"] * accepted + [f"worse than the accepted model: {name}" for name in worse]


def told(rows: list[Row], badges: Sequence[str] = ()) -> str:
    """The block of a card that shows them, the first figure of each benchmark in a badge; empty where there are none.

    `badges` stand before those.
    """
    primary = {(row.benchmark, row.version): row for row in reversed(rows)}
    own = [_badge(row) for row in rows if primary[row.benchmark, row.version] is row]
    return card.scores([_cells(row) for row in rows], [*badges, *own])


def _badge(row: Row) -> str:
    value, low, high = map(_number, (row.figure.value, row.figure.low, row.figure.high))
    return f"{_tame(row.benchmark)}: {value} within {low} – {high}"


def _cells(row: Row) -> tuple[str, ...]:
    figure = row.figure
    value, low, high = map(_number, (figure.value, figure.low, figure.high))
    names = (_tame(row.benchmark), _tame(row.version), _tame(row.precision), _tame(figure.metric))
    return (*names, value, f"{low} – {high}", str(figure.items))


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) and abs(value) < LARGEST else "none"


def _tame(name: str) -> str:
    return STRANGE.sub("-", name)[: card.WIDEST] or "-"
