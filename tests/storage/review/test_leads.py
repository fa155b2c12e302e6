"""What leads do to all that a filter finds leaves alone what is open, gold, to be decided twice or decided since."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import db, verdicts
from storage.errors import UsageError
from storage.models import AuditEvent, BulkAction, Decision, Document, Review, State
from storage.review import Conflict, aside, assign, bulk, decisions, gold, queue, restoring, showing
from storage.review.filters import Filters
from storage.review.room import overlaps
from storage.selection import selected
from storage.settings import Settings
from tests.storage.review.room import CLEAN, judge, person, settings, waiting

ADS = Filters(reasons=("advertisement",))
EXPLAINED = ("تبلیغ است", "It advertises")


def state(session: Session, number: uuid.UUID) -> str:
    return session.get_one(Document, number, populate_existing=True).state


def wait(session: Session, records: range, reason: str = "advertisement") -> list[uuid.UUID]:
    return [waiting(session, str(n), reason=reason) for n in records]


def test_a_set_is_previewed_decided_as_shown_and_taken_back_at_once(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        lead, maryam = person(session, "zahra", "lead"), person(session)
        ads, others = wait(session, range(25)), wait(session, range(30, 33), "short")
        previewed, sample = bulk.preview(session, ADS)
        assert (previewed.count, len(sample)) == (25, bulk.SAMPLE)
        with pytest.raises(UsageError):
            bulk.act(session, maryam, ADS, Decision.APPROVE, None, previewed)
        with pytest.raises(Conflict):
            bulk.act(session, lead, ADS, Decision.APPROVE, None, replace(previewed, count=20))
        made = bulk.act(session, lead, ADS, Decision.APPROVE, None, previewed)
        assert made.documents == 25
        assert {state(session, n) for n in ads} == {State.APPROVED}
        assert {state(session, n) for n in others} == {State.REVIEW}
        fields = [item.fields for item in selected(session, "0" * 64) if item.outcome == "approved"]
        assert fields == [CLEAN] * 25
        again = judge(session, ads[0], lead, Decision.REJECT)
        decisions.decide(session, ads[0], lead, again)
        assert bulk.undo(session, lead, made.id) == 24
        assert bulk.undo(session, lead, made.id) == 0
        assert state(session, ads[0]) == State.REJECTED
        assert {state(session, n) for n in ads[1:]} == {State.REVIEW}
        decisions.undo(session, lead, again.key or uuid.uuid4())
        assert state(session, ads[0]) == State.REVIEW, "nor does the bulk decision return with it"
    with db.session() as session:  # notes are rows once their transaction is committed
        bulk_events = select(AuditEvent).where(AuditEvent.action.startswith("bulk")).order_by(AuditEvent.id)
        noted = [(event.action, event.detail["documents"]) for event in session.scalars(bulk_events)]
    assert noted == [("bulk approve", 25), ("bulk undone", 24)]


def test_what_is_not_the_sets_is_left_alone(database: Settings) -> None:
    with db.session() as session:
        settings(session, share=0.2)
        lead, maryam, reza = person(session, "zahra", "lead"), person(session), person(session, "reza")
        numbers = [number for number in wait(session, range(40)) if not overlaps(number, 0.2)]
        twice = session.scalar(select(func.count()).select_from(Document)) or 0
        assert len(numbers) < twice
        known, flagged, decided, leased, *rest = numbers
        gold.mark(session, lead, known, gold.Answer(Decision.REJECT, "advertisement", *EXPLAINED))
        aside.flag(session, maryam, flagged, "", uuid.uuid4())
        decisions.decide(session, decided, reza, judge(session, decided, reza))
        session.get_one(Document, leased).urgency = 100
        session.flush()
        assert [document.id for document in queue.claim(session, maryam, 1)] == [leased]
        previewed, _ = bulk.preview(session, ADS)
        made = bulk.act(session, lead, ADS, Decision.REJECT, "advertisement", previewed)
        of_it = session.scalars(select(Review.document_id).where(Review.bulk_id == made.id))
        assert sorted(of_it) == sorted(rest)
        assert decisions.decide(session, leased, maryam, judge(session, leased, maryam))


def test_what_came_or_changed_since_the_preview_is_left_alone(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        lead, maryam = person(session, "zahra", "lead"), person(session)
        seen, decided = wait(session, range(2))
    with db.session() as session:
        previewed, _ = bulk.preview(session, ADS)
    with db.session() as session:
        decisions.decide(session, decided, maryam, judge(session, decided, maryam))
        came = wait(session, range(5, 6))[0]
    with db.session() as session:
        assert bulk.act(session, lead, ADS, Decision.REJECT, "advertisement", previewed).documents == 1
        assert [state(session, n) for n in (seen, decided, came)] == [State.REJECTED, State.APPROVED, State.REVIEW]


def test_a_claim_made_while_a_set_is_decided_is_left_alone_and_chunks_go_through_all(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 3)
    with db.session() as session:
        settings(session)
        lead, maryam = person(session, "zahra", "lead"), person(session)
        numbers = wait(session, range(10))
    found: list[uuid.UUID] = []
    decide: Callable[..., None] = bulk._decide

    def claim_in_between(session: Session, made: BulkAction, chunk: list[Document]) -> None:
        decide(session, made, chunk)
        if not found:
            with db.session() as other:
                found.extend(document.id for document in queue.claim(other, maryam, 2))

    monkeypatch.setattr(bulk, "_decide", claim_in_between)
    with db.session() as session:
        previewed, _ = bulk.preview(session, Filters())
        made = bulk.act(session, lead, Filters(), Decision.REJECT, "other", previewed)
    assert (len(found), made.documents) == (2, 8)
    with db.session() as session:
        assert {number for number in numbers if state(session, number) == State.REVIEW} == set(found)
        assert bulk.undo(session, lead, made.id) == 8


def test_urgent_ones_come_first_and_assigned_ones_to_one_person(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        lead, maryam, reza = person(session, "zahra", "lead"), person(session), person(session, "reza")
        ads, others = wait(session, range(2)), wait(session, range(5, 7), "short")
        short = Filters(reasons=("short",))
        assert assign.urgency(session, lead, short, 5) == 2
        assert assign.urgency(session, lead, short, 5) == 0
        assert {document.id for document in queue.claim(session, reza, 2)} == set(others)
        queue.release(session, reza.id)
        assert assign.assign(session, lead, ADS, maryam) == 2
        assert {document.id for document in queue.claim(session, reza, 9)} == set(others)
        assert {document.id for document in queue.claim(session, maryam, 9)} == set(ads)
        queue.hand_over(session, maryam.id)
        assert {document.id for document in queue.claim(session, reza, 9)} == {*ads, *others}
        for refused in (
            lambda: assign.urgency(session, maryam, ADS, 1),
            lambda: assign.urgency(session, lead, ADS, 1000),
            lambda: assign.assign(session, reza, ADS, None),
        ):
            with pytest.raises(UsageError):
                refused()


def test_what_is_asked_again_waits_for_a_person_whatever_the_recipe_says(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        lead, maryam = person(session, "zahra", "lead"), person(session)
        kept, decided = waiting(session, "1", outcome="kept"), waiting(session, "2")
        session.get_one(Document, kept).state = State.KEPT.value
        decisions.decide(session, decided, maryam, judge(session, decided, maryam))
        assert assign.requeue(session, lead, [kept, decided, uuid.uuid4()]) == 2
        verdicts.set_states(session, "0" * 64)
        assert [state(session, number) for number in (kept, decided)] == [State.REVIEW] * 2
        assert {document.id for document in queue.claim(session, maryam, 9)} == {kept, decided}
        assert assign.requeue(session, lead, [kept]) == 0, "it is open"
        for number in (kept, decided):
            decisions.decide(session, number, maryam, judge(session, number, maryam, Decision.REJECT))
        verdicts.set_states(session, "0" * 64)
        assert [state(session, number) for number in (kept, decided)] == [State.REJECTED] * 2


def test_a_text_is_restored_as_often_as_it_was_undone_since(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        maryam, lead = person(session), person(session, "zahra", "lead")
        number = waiting(session)
        first = decisions.decide(session, number, maryam, judge(session, number, maryam))
        for _ in range(2):
            assign.requeue(session, lead, [number])
            token = showing.shown(session, session.get_one(Document, number)).token
            made = [restoring.restore(session, lead, first.id, token) for _ in range(2)]
            assert made[0] is made[1]
            assert (state(session, number), made[0].undone_at) == ("approved", None)


def test_filters_and_orders(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        maryam = person(session)
        one, two, three = wait(session, range(3), "short")
        for place, (number, words) in enumerate(((one, 30), (two, 10), (three, 20))):
            document = session.get_one(Document, number)
            document.answer, document.priority = "آ" * words, place / 10
            document.created_at = dt.datetime(2026, 1, 1 + place, tzinfo=dt.UTC)
            document.published_at = dt.date(2020 + place, 1, 1)
        session.get_one(Document, two).speciality = "قلب"
        session.get_one(Document, two).source = session.get_one(Document, one).source
        session.flush()

        def given(**how: object) -> list[uuid.UUID]:
            queue.release(session, maryam.id)
            filters = Filters(**how)  # type: ignore[arg-type]
            assert queue.left(session, maryam.id, filters) == bulk.preview(session, filters)[0].count
            return [document.id for document in queue.claim(session, maryam, 9, filters)]

        assert given() == [three, two, one]
        assert given(order="oldest") == [one, two, three]
        assert given(order="newest") == [three, two, one]
        assert given(order="shortest") == [two, three, one]
        assert given(specialities=("قلب", "پوست")) == [two]
        assert given(sources=("other",)) == given(kinds=("article",)) == given(reasons=("none",)) == []
        assert given(since=dt.date(2021, 1, 1), until=dt.date(2021, 1, 1)) == [two]
        assert given(longer_than=25, shorter_than=30) == [three]
        assert given(sources=("drhast",), reasons=("short",), kinds=("qa",), order="oldest") == [one, two, three]
        with pytest.raises(UsageError):
            Filters(order="loudest")  # type: ignore[arg-type]
