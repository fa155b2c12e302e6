"""Documents and pages keep their identity however often they are read."""

from sqlalchemy import func, select

from storage import archive, db
from storage.documents import DocumentFields, as_json, document_id, select_documents, stream
from storage.models import Document, Page, State
from storage.settings import Settings
from tests.storage.rows import add_documents, add_page, add_pair


def test_a_page_fetched_again_is_one_row(database: Settings) -> None:
    with db.session() as session:
        first, second = add_page(session), add_page(session)
        changed = add_page(session, body="تازه".encode())
        assert first.id == second.id != changed.id
        assert archive.body(session, changed.sha256).decode() == "تازه"
        assert session.scalar(select(func.count()).select_from(Page)) == 2


def test_the_same_record_is_one_row_and_keeps_its_state(database: Settings) -> None:
    with db.session() as session:
        identity = add_pair(session, "drhast", "1")
        session.get_one(Document, identity).state = State.KEPT.value
    with db.session() as session:
        assert add_pair(session, "drhast", "1", doctor="دکتر آزمایشی") == identity
        row = session.get_one(Document, identity)
        assert (row.state, row.doctor) == (State.KEPT, "دکتر آزمایشی")


def test_changed_content_is_new_again(database: Settings) -> None:
    with db.session() as session:
        identity = add_pair(session, "drhast", "1")
        before = session.get_one(Document, identity)
        before.state, old = State.KEPT.value, before.content_sha256
    with db.session() as session:
        add_pair(session, "drhast", "1", answer="پاسخ دیگر")
        after = session.get_one(Document, identity)
        assert after.state == State.NEW
        assert after.content_sha256 != old


def test_answers_of_one_record_are_told_apart(database: Settings) -> None:
    pairs = [DocumentFields("qa", "1", "https://x.example/1", n, question="؟", answer=str(n)) for n in range(3)]
    with db.session() as session:
        assert add_documents(session, add_page(session), pairs) == 3
        assert session.scalar(select(func.count()).select_from(Document)) == 3


def test_a_record_read_twice_from_one_page_is_written_once(database: Settings) -> None:
    pair = DocumentFields("qa", "1", "https://x.example/1", question="؟", answer="بله")
    with db.session() as session:
        assert add_documents(session, add_page(session), [pair, pair]) == 1


def test_a_page_of_very_many_answers_is_stored(database: Settings) -> None:
    pairs = [DocumentFields("qa", "1", "https://x.example/1", n, question="؟", answer=str(n)) for n in range(4500)]
    with db.session() as session:
        assert add_documents(session, add_page(session), pairs) == 4500
        assert session.scalar(select(func.count()).select_from(Document)) == 4500


def test_what_postgresql_cannot_hold_is_replaced(database: Settings) -> None:
    pair = DocumentFields("qa", "1", "https://x.example/1", question="a\x00b", answer="c\ud800d", tags=("\x00",))
    with db.session() as session:
        add_documents(session, add_page(session), [pair])
    with db.session() as session:
        row = session.scalars(select(Document)).one()
        assert (row.question, row.answer, row.tags) == ("a\ufffdb", "c\ufffdd", ["\ufffd"])


def test_listing_is_in_a_lasting_order_with_the_page_hash(database: Settings) -> None:
    with db.session() as session:
        for record in ("2", "1", "3"):
            add_pair(session, "drhast", record)
        rows = [as_json(*row) for row in stream(session, select_documents())]
    assert [row["record"] for row in rows] == ["1", "2", "3"]
    with db.session() as session:
        assert [archive.body(session, row["page_sha256"]) for row in rows] == [b"1", b"2", b"3"]


def test_ids_never_change() -> None:
    assert str(document_id("drhast", "qa", "1", 0)) == "bffbb5b9-52d5-58b0-8ec0-1a6f64d415fb"
