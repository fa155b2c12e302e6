"""What trained models learned from, and what of it was forgotten since.

Exports never change and models cannot forget: `storage forget` keeps which snapshots hold what was forgotten, and a
run is known by the snapshots it learned from.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import ForgottenRow, Run

MADE_HERE = "made"  # the base's name where the run made its own, which learned from the run's snapshot too


@dataclass(frozen=True)
class Loss:
    """How many documents of a snapshot were forgotten, of those to train on and of the others, and when last."""

    trained_on: int
    others: int
    last: dt.datetime


def losses(session: Session) -> dict[str, Loss]:
    """What was forgotten of each snapshot after its export; snapshots that lost nothing are not in it.

    A damaged export whose manifest nobody can read is in it under the name of its folder: the hash's first 16 digits.
    """
    in_train = func.count().filter(ForgottenRow.path.endswith("/train.parquet"))
    query = select(ForgottenRow.snapshot_sha256, in_train, func.count(), func.max(ForgottenRow.at))
    rows = session.execute(query.group_by(ForgottenRow.snapshot_sha256))
    return {sha256: Loss(trained, every - trained, last) for sha256, trained, every, last in rows}


def loss(session: Session, snapshots: Iterable[str]) -> Loss | None:
    """The same of several snapshots together, a document that more than one of them held counted once."""
    in_train = ForgottenRow.path.endswith("/train.parquet")
    document = ForgottenRow.document_id
    query = select(
        func.count(document.distinct()).filter(in_train), func.count(document.distinct()), func.max(ForgottenRow.at)
    )
    trained, every, last = session.execute(query.where(ForgottenRow.snapshot_sha256.in_(list(snapshots)))).one()
    return Loss(trained, every - trained, last) if last else None


def sources(session: Session) -> dict[str, frozenset[str]]:
    """By each run's name: the snapshots it learned from, its own and those of the runs that its base came out of."""
    rows = {run.name: run for run in session.scalars(select(Run))}
    makers: dict[str, set[str]] = {}
    for run in rows.values():
        for sha256 in _made_by(run):
            makers.setdefault(sha256, set()).add(run.name)
    return {name: frozenset(rows[each].snapshot_sha256 for each in _line(name, rows, makers)) for name in rows}


def _made_by(run: Run) -> Iterator[str]:
    base = run.metrics.get("base") or {}
    if run.model_sha256:
        yield run.model_sha256
    if base.get("name") == MADE_HERE and base.get("sha256"):
        yield base["sha256"]


def _line(name: str, rows: dict[str, Run], makers: dict[str, set[str]]) -> set[str]:
    """The run and all it comes from; a base may have several makers, as one seed gives one model."""
    line, waiting = {name}, {name}
    while waiting:
        base = rows[waiting.pop()].metrics.get("base") or {}
        waiting |= makers.get(str(base.get("sha256")), set()) - line
        line |= waiting
    return line
