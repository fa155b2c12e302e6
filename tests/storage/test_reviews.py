"""A decision stores the text it was made on, is made on what is there now, and each record goes to one person."""

import dataclasses
import threading
import uuid

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import db, reviews, users
from storage.models import Decision, Document, Review, State, User
from storage.reviews import Conflict, Judgement
from storage.selection import selected
from storage.settings import Settings
from tests.storage.rows import add_pair, add_verdict

RECIPE, OTHER = "0" * 64, "1" * 64
CLEAN = {"question": "پرسش پاک؟", "answer": "پاسخ پاک"}


def person(session: Session, name: str = "maryam") -> User:
    return users.add(session, name, "correct horse battery", "annotator")


def waiting(session: Session, record: str = "1") -> uuid.UUID:
    number = add_pair(session, "drhast", record)
    add_verdict(session, number, "review", cleaned=CLEAN)
    session.get_one(Document, number).state = State.REVIEW.value
    session.flush()
    return number


def judge(session: Session, number: uuid.UUID, decision: Decision, **fields: object) -> Judgement:
    seen = reviews.shown(session, session.get_one(Document, number)).token
    return dataclasses.replace(Judgement(decision, seen), **fields)  # type: ignore[arg-type]


def exported(session: Session, number: uuid.UUID, recipe: str = RECIPE) -> tuple[str, dict[str, str]]:
    [item] = selected(session, recipe, Document.id == number)
    return item.outcome, item.fields


def test_the_text_shown_is_what_enters_whatever_a_recipe_makes_later(database: Settings) -> None:
    with db.session() as session:
        number = waiting(session)
        reviews.decide(session, number, person(session), judge(session, number, Decision.APPROVE))
        add_verdict(session, number, recipe_sha256=OTHER, cleaned={"question": "دیگر", "answer": "دیگر"})
        assert exported(session, number, OTHER) == ("approved", CLEAN)
        assert exported(session, number, "2" * 64) == ("approved", CLEAN)
        assert reviews.shown(session, session.get_one(Document, number)).text == CLEAN


def test_an_edit_stores_what_was_typed_and_a_rejection_nothing(database: Settings) -> None:
    typed = {"question": "ویراسته؟", "answer": "ویراسته"}
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        edit = judge(session, number, Decision.EDIT, typed=typed)
        assert reviews.decide(session, number, maryam, edit).text == typed
        assert exported(session, number) == ("approved", typed)
        reject = judge(session, number, Decision.REJECT, reason="advertisement")
        assert reviews.decide(session, number, maryam, reject).text is None
        assert exported(session, number)[0] == "rejected"


def test_an_approval_of_no_text_waits_for_a_verdict(database: Settings) -> None:
    with db.session() as session:
        number = add_pair(session, "drhast", "1")
        content = session.get_one(Document, number).content_sha256
        author = person(session).id
        session.add(Review(document_id=number, user_id=author, content_sha256=content, decision="approve"))
        session.flush()
        assert exported(session, number) == ("new", {})


def test_a_decision_on_what_has_changed_is_a_conflict(database: Settings) -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        before = judge(session, number, Decision.APPROVE)
        add_verdict(session, number, "review", recipe_sha256=OTHER, cleaned=CLEAN | {"answer": "پاک‌تر"})
        with pytest.raises(Conflict):
            reviews.decide(session, number, maryam, before)


def test_a_late_decision_does_not_override_a_colleague(database: Settings) -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza"), waiting(session)
        late = judge(session, number, Decision.APPROVE)
        reviews.decide(session, number, reza, judge(session, number, Decision.REJECT, reason="wrong-answer"))
        with pytest.raises(Conflict):
            reviews.decide(session, number, maryam, late)
        assert session.get_one(Document, number).state == State.REJECTED


def test_a_form_sent_twice_at_once_is_one_decision(database: Settings) -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        judgement = judge(session, number, Decision.APPROVE)
    refused = []

    def send() -> None:
        try:
            with db.session() as session:
                reviews.decide(session, number, maryam, judgement)
        except Conflict as conflict:
            refused.append(conflict)

    together = [threading.Thread(target=send) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    with db.session() as session:
        assert len(session.scalars(select(Review)).all()) == 1
    assert len(refused) == 3


def test_simultaneous_people_each_get_a_record_while_records_wait(database: Settings) -> None:
    with db.session() as session:
        people = [person(session, f"p{n}").id for n in range(4)]
        numbers = {waiting(session, str(n)) for n in range(4)}
    start, got = threading.Barrier(4), []

    def take(user_id: int) -> None:
        with db.session() as session:
            session.connection()
            start.wait()
            document = reviews.claim_next(session, user_id)
            got.append(document and document.id)

    together = [threading.Thread(target=take, args=(number,)) for number in people]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert set(got) == numbers


def test_what_cleaning_is_updating_is_not_missing_from_the_queue(database: Settings) -> None:
    with db.session() as session:
        maryam, number = person(session).id, waiting(session)
    with db.session() as cleaning, db.session() as session:
        cleaning.execute(update(Document).values(state=State.REVIEW.value))
        document = reviews.claim_next(session, maryam)
        assert document is not None
        assert document.id == number


def test_what_is_being_decided_is_passed_by(database: Settings) -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza").id, waiting(session)
    with db.session() as deciding, db.session() as session:
        reviews.decide(deciding, number, maryam, judge(deciding, number, Decision.APPROVE))
        assert reviews.claim_next(session, reza) is None
