"""Documents are claimed once, verdicts never overwrite what was settled on the same content, and all are counted."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import db, verdicts
from storage.models import Document, Verdict
from storage.settings import Settings
from storage.verdicts import FIRST, Ruling, VerdictFields
from tests.storage.rows import add_article, add_pair

RECIPE = ("default", "ab" * 32)
SHA256 = RECIPE[1]


def judge(session: Session, document: Document, outcome: str = "pending", reason: str | None = None) -> None:
    fields = VerdictFields(document.id, document.content_sha256, outcome, reason, cleaned={"answer": "پاسخ"})
    verdicts.save(session, RECIPE, [fields])


def test_a_document_is_claimed_by_one_worker_and_freed_with_its_transaction(database: Settings) -> None:
    with db.session() as session:
        ids = sorted(add_pair(session, "drhast", str(number)) for number in range(3))
    with db.session() as first, db.session() as second:
        assert [row.id for row in verdicts.claim(first, SHA256, FIRST, 2)] == ids[:2]
        assert [row.id for row in verdicts.claim(second, SHA256, FIRST, 9)] == ids[2:]
        first.rollback()
        assert [row.id for row in verdicts.claim(second, SHA256, FIRST, 9)] == ids
        assert [row.id for row in verdicts.claim(second, SHA256, ids[1], 9)] == ids[2:]


def test_a_judged_document_is_claimed_again_when_its_content_changed(database: Settings) -> None:
    with db.session() as session:
        document = session.get_one(Document, add_pair(session, "drhast", "1"))
        judge(session, document)
        assert verdicts.unjudged(session, SHA256) == 0
        assert not verdicts.claim(session, SHA256, FIRST, 9)
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
