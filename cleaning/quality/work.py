"""The quality score over the database: learned from the decisions there, and spent on the order of the review queue."""

from collections.abc import Callable

from cleaning.quality import learning
from cleaning.quality.learning import Decided
from cleaning.quality.model import dump, item, of_blob
from cleaning.quality.queue import priorities
from storage import db, models, trained
from storage.errors import UsageError

WRITTEN_AT_ONCE = 1000


def name_of(kind: str, *, texts_only: bool = False) -> str:
    """The name that the models of a kind of document have: pairs and articles are judged by other measures."""
    return f"quality-{kind}-texts" if texts_only else f"quality-{kind}"


def train(kind: str, *, texts_only: bool = False) -> models.Model:
    """Learn from every decision about documents of a kind and keep the model; returns its row.

    A model of `texts_only` does without the filters' figures, so that a step of any recipe may use it.
    Raises UsageError where there are too few decisions of either sort.
    """
    with db.session() as session:
        decided = [
            Decided(str(one.document_id), item(kind, one.cleaned, {} if texts_only else one.figures), one.approved)
            for one in trained.judged(session, kind)
        ]
        made = learning.train(decided)
        row = models.Model(
            name=name_of(kind, texts_only=texts_only), version=made.version, kind="quality", metrics=made.metrics
        )
        return trained.add(session, row, dump(made.model))


def order_queue(kind: str, advance: Callable[[int], object] = lambda _: None) -> int:
    """Give every document of a kind in the queue its priority by the newest model; returns how many changed.

    Raises UsageError where no model was trained.
    """
    with db.session() as session:
        row = trained.newest(session, name_of(kind))
        if row is None:
            raise UsageError(f"no quality model for {kind} yet: `cleaning quality train --kind {kind}` makes one")
        waiting = [
            (one.document_id, one.priority, item(kind, one.cleaned, one.figures))
            for one in trained.waiting(session, kind)
        ]
        worth = priorities(of_blob(row.blob), [one for _, _, one in waiting])
        pairs = zip(waiting, worth, strict=True)
        changed = [(of, float(new)) for (of, old, _), new in pairs if abs(old - new) > 1e-6]
        for first in range(0, len(changed), WRITTEN_AT_ONCE):
            batch = changed[first : first + WRITTEN_AT_ONCE]
            trained.set_priorities(session, batch)
            advance(len(batch))
        return len(changed)
