"""The quality score over the database: learned from the decisions there, and spent on the order of the review queue."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from cleaning.quality import learning
from cleaning.quality.learning import Decided
from cleaning.quality.model import Model, dump, item, name_of, of_blob
from cleaning.quality.queue import drawn, mixed, priorities
from storage import db, models, trained
from storage.errors import UsageError

WRITTEN_AT_ONCE = 1000


def train(kind: str, *, recipe: str = "default", texts_only: bool = False) -> models.Model:
    """Learn from every decision about documents of a kind, as the recipe cleaned them, and keep the model.

    A model of `texts_only` does without the filters' figures, so that a step of any recipe may use it. Returns its row.
    Raises UsageError where there are too few decisions of either sort, or no recipe of that name has judged.
    """
    with db.session() as session:
        measures = trained.measured_by(session, recipe)
        decided = [_decided(kind, one, texts_only) for one in trained.judged(session, kind, measures)]
        made = learning.train(decided, measures)
        name, metrics = name_of(kind, texts_only=texts_only), made.metrics | {"measures_sha256": measures}
        row = models.Model(name=name, version=made.version, kind="quality", metrics=metrics)
        return trained.add(session, row, dump(made.model))


def _decided(kind: str, one: trained.Judged, texts_only: bool) -> Decided:
    id_, found = str(one.document_id), item(kind, one.cleaned, {} if texts_only else one.figures)
    return Decided(id_, found, one.approved, drawn(id_))


def order_queue(kind: str, advance: Callable[[int], object] = lambda _: None, *, recipe: str = "default") -> int:
    """Give every document of a kind in the queue that the recipe measured its priority; returns how many changed.

    One record in RANDOM has a random place. Raises UsageError where no model was trained, or none that may look at the
    recipe's figures.
    """
    with db.session() as session:
        measures = trained.measured_by(session, recipe)
        model = _model(session, kind, measures)
        waiting = [
            (one.document_id, one.priority, item(kind, one.cleaned, one.figures))
            for one in trained.waiting(session, kind, measures)
        ]
        worth = mixed(priorities(model, [one for _, _, one in waiting]), [str(of) for of, _, _ in waiting])
        pairs = zip(waiting, worth, strict=True)
        changed = [(of, float(new)) for (of, old, _), new in pairs if abs(old - new) > 1e-6]
        for first in range(0, len(changed), WRITTEN_AT_ONCE):
            batch = changed[first : first + WRITTEN_AT_ONCE]
            trained.set_priorities(session, batch)
            advance(len(batch))
        return len(changed)


def _model(session: Session, kind: str, measures: str) -> Model:
    row = trained.newest(session, name_of(kind), measures)
    how = f"`cleaning quality train --kind {kind}`, with the same --recipe, makes one"
    if row is None:
        raise UsageError(f"no quality model for {kind} yet: {how}")
    model = of_blob(row.blob)
    if model.figures and row.metrics.get("measures_sha256") != measures:
        raise UsageError(f"the quality models for {kind} learned from what another recipe measures: {how}")
    return model
