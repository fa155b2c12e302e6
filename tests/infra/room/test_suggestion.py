"""What a model that learned from people's decisions suggests of a record, as the room's page is told it."""

import httpx
import pytest

from cleaning.quality import learning, work
from infra.admin.language import share
from infra.admin.room.suggestion import told
from storage import db, users
from storage.models import Document, Review
from storage.settings import settings
from tests.cleaning.simulated_reviews import Simulated, simulate
from tests.infra.room.test_wire import claim, client
from tests.storage.rows import add_pair, add_verdict

__all__ = ["client"]

WAITING = 20


def _decided(simulated: Simulated) -> None:
    """The simulated records as documents with their decisions; the last WAITING wait for review."""
    with db.session() as session:
        decider = users.add(session, "decider", "pairs by the thousand", "annotator")
        for number, one in enumerate(simulated.decided):
            cleaned = {"question": one.item.question, "answer": one.item.answer}
            document = add_pair(session, "drhast", str(number + 1), **cleaned)
            add_verdict(session, document, outcome="review", cleaned=cleaned)
            row = session.get_one(Document, document)
            if number >= len(simulated.decided) - WAITING:
                row.state = "review"
                continue
            row.state = "approved" if one.approved else "rejected"
            said = {"decision": "approve", "text": cleaned} if one.approved else {"decision": "reject"}
            of = {"document_id": document, "user_id": decider.id, "content_sha256": row.content_sha256}
            session.add(Review(**of, **said))


@pytest.mark.parametrize("texts_only", [False, True])
def test_what_a_trained_model_expects_is_told_with_its_certainty(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, texts_only: bool
) -> None:
    monkeypatch.setattr(learning, "MINIMUM", 20)
    simulated = simulate(120, seed=31, sharpness=4.0)
    _decided(simulated)
    assert all(record["suggestion"] is None for record in claim(client, 3))
    row = work.train("qa", texts_only=texts_only)
    items = {one.item.answer: one for one in simulated.decided[-WAITING:]}
    records = claim(client, WAITING)
    assert len(records) == WAITING
    model, right = work.of_blob(row.blob), 0
    for record in records:
        one = items[record["parts"][1]["shown"]]
        scores = model.score([one.item])
        p, sure = float(scores.p[0]), (float(scores.low[0]), float(scores.high[0]))
        assert record["suggestion"] == told("fa", p, sure)
        assert share("fa", max(p, 1 - p)) in record["suggestion"]
        right += (p >= 0.5) == one.approved
    assert right > WAITING / 2


def test_without_the_models_file_the_room_works(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MINIMUM", 20)
    _decided(simulate(100, seed=31, sharpness=4.0))
    row = work.train("qa")
    (settings().home / "blobs" / row.blob[:2] / f"{row.blob[2:]}.zst").unlink()
    assert [record["suggestion"] for record in claim(client, 3)] == [None] * 3
