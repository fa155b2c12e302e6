"""What a model that learned from people's decisions suggests of a record, as the room's page is told it."""

import httpx
import pytest

from cleaning.quality import learning, work
from infra.admin.language import share
from infra.admin.room.suggestion import told
from storage.settings import settings
from tests.cleaning.simulated_reviews import reviewed, simulate
from tests.infra.room.test_wire import claim, client

__all__ = ["client"]

WAITING = 20


@pytest.mark.parametrize("texts_only", [False, True])
def test_what_a_trained_model_expects_is_told_with_its_certainty(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, texts_only: bool
) -> None:
    monkeypatch.setattr(learning, "MINIMUM", 20)
    simulated = simulate(120, seed=31, sharpness=4.0)
    reviewed(simulated, WAITING)
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
    reviewed(simulate(100, seed=31, sharpness=4.0), WAITING)
    row = work.train("qa")
    (settings().home / "blobs" / row.blob[:2] / f"{row.blob[2:]}.zst").unlink()
    assert [record["suggestion"] for record in claim(client, 3)] == [None] * 3
