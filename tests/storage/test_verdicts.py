"""Documents are claimed once, verdicts never overwrite what was settled on the same content, and all are counted."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import db, measurements, verdicts
from storage.measurements import FIRST, Claimed, MeasurementFields
from storage.models import Document, Measurement, Recipe, Verdict
from storage.settings import Settings
from storage.verdicts import Ruling, VerdictFields
from tests.storage.rows import add_article, add_pair

SHA256, MEASURES = "ab" * 32, "ef" * 32
RECIPE = Recipe(sha256=SHA256, measures_sha256=MEASURES, name="default", text="")


def judge(session: Session, document: Document, outcome: str = "pending", reason: str | None = None) -> None:
    texts = {"answer": "پاسخ"}, {}, {}, {"too_short(field=answer)": {"words": 1}}
    row = MeasurementFields(document.id, document.content_sha256, *texts, b"sketch")
    number = measurements.save(session, MEASURES, [row])[document.id]
    ruling = Ruling(outcome, reason)
    verdicts.save(session, RECIPE, [VerdictFields(document.id, document.content_sha256, number, ruling)])


def claim(session: Session, after: uuid.UUID = FIRST, sha256: str = SHA256) -> list[Claimed]:
    return measurements.claim(session, MEASURES, verdicts.unjudged_by(sha256), after)


def test_a_document_is_claimed_by_one_worker_and_freed_with_its_transaction(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements, "BATCH", 2)
    with db.session() as session:
        ids = sorted(add_pair(session, "drhast", str(number)) for number in range(3))
    with db.session() as first, db.session() as second:
        assert [row.document_id for row in claim(first)] == ids[:2]
        assert [row.document_id for row in claim(second)] == ids[2:]
        first.rollback()
        assert [row.document_id for row in claim(second)] == ids[:2]
        assert [row.document_id for row in claim(second, ids[1])] == ids[2:]


ODD = ("", "\\N", "NULL", "{a,b}", "\"\\'", "\t\r\n\x01\u2028", "%(id)s %s :id", "\U0001f469\u200d⚕")


def test_odd_texts_come_back_as_they_were_given(database: Settings) -> None:
    with db.session() as session:
        documents = [session.get_one(Document, add_pair(session, "drhast", str(n))) for n in range(len(ODD))]
        given = {
            document.id: MeasurementFields(
                document.id,
                document.content_sha256,
                {"answer": odd},
                {odd: odd} if place % 2 else {},
                {"answer": [["phone", 0, place]]},
                {odd: {"share": place / 7, "name": odd}},
                bytes(range(256)) * place,
            )
            for place, (document, odd) in enumerate(zip(documents, ODD, strict=True))
        }
        numbers = measurements.save(session, MEASURES, list(given.values()))
        rulings = [Ruling("review", odd or None, {"word": odd}) for odd in ODD]
        rows = [
            VerdictFields(d.id, d.content_sha256, numbers[d.id], r) for d, r in zip(documents, rulings, strict=True)
        ]
        verdicts.save(session, RECIPE, rows)
        stored = {row.document_id: row for row in session.scalars(select(Measurement))}
        assert {
            id_: (row.content_sha256, row.cleaned, row.taken, row.spans, row.figures, row.sketch)
            for id_, row in stored.items()
        } == {id_: tuple(vars(row).values())[1:] for id_, row in given.items()}
        assert {row.id: (row.document_id, MEASURES) for row in stored.values()} == {
            number: (id_, stored[id_].measures_sha256) for id_, number in numbers.items()
        }
        ruled = {row.measurement_id: (row.outcome, row.reason, row.measure) for row in session.scalars(select(Verdict))}
        assert ruled == {row.measurement_id: row.ruling[:3] for row in rows}


def test_what_is_measured_serves_every_recipe_that_measures_the_same(database: Settings) -> None:
    with db.session() as session:
        document = session.get_one(Document, add_pair(session, "drhast", "1", answer="پاسخ نخست."))
        (new,) = claim(session)
        assert (new.measurement, measurements.texts(session, [document.id])[document.id]["answer"]) == (
            None,
            "پاسخ نخست.",
        )
        assert new.size == sum(
            len(t.encode()) for t in measurements.texts(session, [document.id])[document.id].values() if t
        )
        judge(session, document)
        (again,) = claim(session, sha256="cd" * 32)
        assert again.figures == {"too_short(field=answer)": {"words": 1}}
        first = again.measurement
        add_pair(session, "drhast", "1", answer="پاسخی دیگر.")
        (changed,) = claim(session)
        assert (changed.measurement, changed.figures) == (None, None)
        add_pair(session, "drhast", "1", answer="پاسخ نخست.")
        (back,) = claim(session, sha256="cd" * 32)
        assert back.measurement == first


def test_a_judged_document_is_claimed_again_when_its_content_changed(database: Settings) -> None:
    with db.session() as session:
        document = session.get_one(Document, add_pair(session, "drhast", "1"))
        judge(session, document)
        assert verdicts.unjudged(session, SHA256) == 0
        assert not claim(session)
        assert verdicts.unjudged(session, "cd" * 32) == 1
        add_pair(session, "drhast", "1", answer="پاسخی دیگر.")
        assert verdicts.unjudged(session, SHA256) == 1


def test_a_late_worker_does_not_undo_what_was_settled(database: Settings) -> None:
    with db.session() as session:
        document = session.get_one(Document, add_pair(session, "drhast", "1"))
        judge(session, document)
        (survivor,) = verdicts.survivors(session, SHA256)
        verdicts.settle(session, [(survivor, Ruling("kept"))])
        judge(session, document)
        session.expire_all()
        assert session.scalars(select(Verdict.outcome)).one() == "kept"


def test_a_ruling_on_replaced_content_is_dropped(database: Settings) -> None:
    with db.session() as session:
        document = session.get_one(Document, add_pair(session, "drhast", "1"))
        judge(session, document)
        (survivor,) = verdicts.survivors(session, SHA256)
        add_pair(session, "drhast", "1", answer="پاسخی دیگر.")
        session.refresh(document)
        judge(session, document, "review", "short_answer")
        verdicts.settle(session, [(survivor, Ruling("kept"))])
        session.expire_all()
        assert session.scalars(select(Verdict.outcome)).one() == "review"


def test_survivors_come_in_the_order_of_records_not_of_ids(database: Settings) -> None:
    with db.session() as session:
        ids = [add_pair(session, "drhast", record) for record in ("10", "9", "100")]
        dropped = add_pair(session, "drhast", "1")
        for document in session.scalars(select(Document)):
            judge(session, document, "dropped" if document.id == dropped else "pending", None)
        assert [survivor.document_id for survivor in verdicts.survivors(session, SHA256)] == [ids[1], ids[0], ids[2]]


def test_what_the_first_phase_found_is_known_after_the_second(database: Settings) -> None:
    with db.session() as session:
        for number, outcome in enumerate(("pending", "review")):
            document = session.get_one(Document, add_pair(session, "drhast", str(number)))
            judge(session, document, outcome, "short_answer" if outcome == "review" else None)
        before = [survivor.alone for survivor in verdicts.survivors(session, SHA256)]
        rulings = [
            (survivor, Ruling("dropped", "near_pair", verdicts.second_measure({"similarity": 0.9}, survivor.alone)))
            for survivor in verdicts.survivors(session, SHA256)
        ]
        verdicts.settle(session, rulings)
        session.expire_all()
        after = list(verdicts.survivors(session, SHA256))
        assert [survivor.alone for survivor in after] == before == [Ruling("pending"), Ruling("review", "short_answer")]
        assert [survivor.stands.reason for survivor in after] == ["near_pair", "near_pair"]


def test_the_funnel_counts_every_document(database: Settings) -> None:
    with db.session() as session:
        for number in range(3):
            judge(session, session.get_one(Document, add_pair(session, "drhast", str(number))), "dropped", "no_answer")
        judge(session, session.get_one(Document, add_article(session, "niniban", "1")), "kept")
        add_pair(session, "niniban", "2")
        assert verdicts.funnel(session, SHA256) == [
            {"source": "drhast", "kind": "qa", "outcome": "dropped", "reason": "no_answer", "count": 3},
            {"source": "niniban", "kind": "article", "outcome": "kept", "reason": None, "count": 1},
            {"source": "niniban", "kind": "qa", "outcome": "new", "reason": None, "count": 1},
        ]
