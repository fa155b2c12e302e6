"""Each record goes to one person, and to the next when they fall silent, leave, skip or flag it."""

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage import db
from storage.errors import UsageError
from storage.models import Claim, Document, SetAside, State, User
from storage.review import Conflict, aside, decisions, queue
from storage.review.queue import LEASE, MOST
from storage.settings import Settings
from tests.storage.review.room import judge, person, settings, waiting


@pytest.fixture(autouse=True)
def alone(database: Settings) -> None:
    with db.session() as session:
        settings(session)


def ids(session: Session, user: User, want: int = MOST) -> list[uuid.UUID]:
    return [document.id for document in queue.claim(session, user, want)]


def test_simultaneous_people_each_get_a_record_while_records_wait() -> None:
    with db.session() as session:
        people = [person(session, f"p{n}") for n in range(4)]
        numbers = {waiting(session, str(n)) for n in range(4)}
    start, got = threading.Barrier(4), []

    def take(user: User) -> None:
        with db.session() as session:
            session.connection()
            start.wait()
            got.extend(ids(session, user, 1))

    together = [threading.Thread(target=take, args=(user,)) for user in people]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert sorted(got) == sorted(numbers)


def test_nobody_waits_for_another_claim_that_is_being_made() -> None:
    with db.session() as session:
        maryam, reza = person(session), person(session, "reza")
        numbers = {waiting(session, str(n)) for n in range(3)}
    with db.session() as first, db.session() as second:
        taken = set(ids(first, maryam, 2))
        assert set(ids(second, reza, 2)) == numbers - taken


def test_what_cleaning_is_updating_is_not_missing_from_the_queue() -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
    with db.session() as cleaning, db.session() as session:
        cleaning.execute(update(Document).values(state=State.REVIEW.value))
        assert ids(session, maryam) == [number]


def test_what_is_being_decided_is_passed_by() -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza"), waiting(session)
    with db.session() as deciding, db.session() as session:
        decisions.decide(deciding, number, maryam, judge(deciding, number, maryam))
        assert ids(session, reza) == []


def test_a_lease_ends_with_silence_and_lasts_with_beats() -> None:
    with db.session() as session:
        maryam, reza = person(session), person(session, "reza")
        kept, lost = waiting(session, "1"), waiting(session, "2")
        assert set(ids(session, maryam)) == {kept, lost}
        soon = dt.timedelta(seconds=1)
        session.execute(update(Claim).values(expires_at=func.now() + soon))
        assert queue.renew(session, maryam.id, [kept, uuid.uuid4()]) == [kept]
        rows = session.execute(select(Claim.document_id, Claim.expires_at - func.now()))
        later = {document: left for document, left in rows}  # noqa: C416  a row is no pair to mypy
        assert later == {kept: LEASE, lost: soon}
        session.execute(update(Claim).values(expires_at=Claim.expires_at - soon))
        assert ids(session, reza) == [lost]
        assert queue.renew(session, maryam.id, [kept, lost]) == [kept]


def test_what_is_given_back_goes_to_the_next_and_own_ones_come_first() -> None:
    with db.session() as session:
        maryam, reza = person(session), person(session, "reza")
        numbers = [waiting(session, str(n)) for n in range(3)]
        for place, number in enumerate(numbers):
            session.get_one(Document, number).priority = 1 - place / 10
        session.flush()
        assert ids(session, maryam, 1) == numbers[:1]
        assert ids(session, reza, 1) == numbers[1:2]
        assert ids(session, maryam, 2) == [numbers[0], numbers[2]]
        assert ids(session, maryam, 1) == numbers[:1]
        queue.release(session, maryam.id, [numbers[0], numbers[1]])
        assert ids(session, reza) == [numbers[1], numbers[0]]
        queue.release(session, reza.id)
        assert session.scalar(select(func.count()).select_from(Claim)) == 1


def test_who_skipped_does_not_get_it_for_a_day_and_takes_it_back() -> None:
    with db.session() as session:
        maryam, reza, number, key = person(session), person(session, "reza"), waiting(session), uuid.uuid4()
        assert ids(session, maryam) == [number]
        row = aside.skip(session, maryam, number, key)
        assert aside.skip(session, maryam, number, key) is row
        assert ids(session, maryam) == []
        assert ids(session, reza) == [number]
        aside.unset(session, maryam, key)
        assert ids(session, maryam) == [], "another has it now"
        queue.release(session, reza.id)
        assert ids(session, maryam) == [number]
        aside.skip(session, maryam, number, uuid.uuid4())
        session.execute(update(SetAside).values(at=func.now() - dt.timedelta(days=1)))
        assert ids(session, maryam) == [number]
        with pytest.raises(UsageError):
            aside.unset(session, reza, key)


def test_a_flag_takes_a_record_from_everybody_until_a_lead_looked() -> None:
    with db.session() as session:
        maryam, reza, lead = person(session), person(session, "reza"), person(session, "zahra", "lead")
        number, other = waiting(session, "1"), waiting(session, "2")
        assert set(ids(session, maryam)) == {number, other}
        key = uuid.uuid4()
        aside.flag(session, maryam, number, "نام پزشک؟", key)
        aside.flag(session, maryam, number, "نام پزشک؟", key)
        with pytest.raises(UsageError, match="کلید"):
            aside.flag(session, maryam, other, "", key)
        assert ids(session, reza) == []
        assert [(row.note, document.id, name) for row, document, name in aside.flagged(session)] == [
            ("نام پزشک؟", number, "maryam")
        ]
        with pytest.raises(Conflict):
            decisions.decide(session, number, reza, judge(session, number, reza))
        with pytest.raises(UsageError):
            aside.resolve(session, maryam, number)
        assert aside.resolve(session, lead, number) == 1
        with pytest.raises(Conflict):
            aside.unset(session, maryam, key)
        assert ids(session, reza) == [number]


def test_a_leads_decision_answers_a_flag_and_its_undoing_raises_it_again() -> None:
    with db.session() as session:
        maryam, lead, number = person(session), person(session, "zahra", "lead"), waiting(session)
        key = uuid.uuid4()
        aside.flag(session, maryam, number, "", key)
        aside.unset(session, maryam, key)
        assert (ids(session, maryam), aside.flagged(session)) == ([number], [])
        aside.flag(session, maryam, number, "", uuid.uuid4())
        judgement = judge(session, number, lead)
        decisions.decide(session, number, lead, judgement)
        assert aside.flagged(session) == []
        decisions.undo(session, lead, judgement.key)
        assert len(aside.flagged(session)) == 1
        assert ids(session, maryam) == []
