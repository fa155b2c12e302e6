"""A decision stores the text it was made on, once a key, is made on what is there now, and can be taken back."""

import threading
import uuid

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage import db, quarantine, users, verdicts
from storage.errors import TabibError, UsageError
from storage.models import Decision, Document, Page, Review, State
from storage.review import Conflict, decisions, queue, showing
from storage.selection import selected
from storage.settings import Settings
from tests.storage.review.room import CLEAN, judge, person, settings, waiting
from tests.storage.rows import add_pair, add_verdict

RECIPE, OTHER = "0" * 64, "1" * 64


@pytest.fixture(autouse=True)
def alone(database: Settings) -> None:
    with db.session() as session:
        settings(session)


def exported(session: Session, number: uuid.UUID, recipe: str = RECIPE) -> tuple[str, dict[str, str]]:
    [item] = selected(session, recipe, Document.id == number)
    return item.outcome, item.fields


def state(session: Session, number: uuid.UUID) -> str:
    return session.get_one(Document, number, populate_existing=True).state


def test_the_text_shown_is_what_enters_whatever_a_recipe_makes_later() -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        decisions.decide(session, number, maryam, judge(session, number, maryam))
        add_verdict(session, number, recipe_sha256=OTHER, cleaned={"question": "دیگر", "answer": "دیگر"})
        assert exported(session, number, OTHER) == ("approved", CLEAN)
        assert exported(session, number, "2" * 64) == ("approved", CLEAN)
        assert showing.shown(session, session.get_one(Document, number)).text == CLEAN


def test_an_edit_stores_what_was_typed_and_a_rejection_nothing() -> None:
    typed = {"question": "ویراسته؟", "answer": "ویراسته"}
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        edit = judge(session, number, maryam, Decision.EDIT, typed=typed, seconds=2.5)
        made = decisions.decide(session, number, maryam, edit)
        assert (made.text, made.seconds) == (typed, 2.5)
        assert exported(session, number) == ("approved", typed)
        assert decisions.decide(session, number, maryam, judge(session, number, maryam, Decision.REJECT)).text is None
        assert exported(session, number)[0] == "rejected"


def test_an_approval_of_no_text_waits_for_a_verdict() -> None:
    with db.session() as session:
        number = add_pair(session, "drhast", "1")
        content = session.get_one(Document, number).content_sha256
        author = person(session).id
        session.add(Review(document_id=number, user_id=author, content_sha256=content, decision="approve"))
        session.flush()
        assert exported(session, number) == ("new", {})


def test_a_decision_on_what_has_changed_is_a_conflict() -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        before = judge(session, number, maryam)
        add_verdict(session, number, "review", recipe_sha256=OTHER, cleaned=CLEAN | {"answer": "پاک‌تر"})
        with pytest.raises(Conflict):
            decisions.decide(session, number, maryam, before)


def test_a_record_read_anew_between_claim_and_decision_is_no_longer_held(database: Settings) -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        [document] = queue.claim(session, maryam, 1)
        before = judge(session, number, maryam)
    with db.session() as session:
        add_pair(session, "drhast", "1", answer="پاسخی که پس از نمایش تغییر کرد")
    with db.session() as session:
        with pytest.raises(Conflict):
            decisions.decide(session, number, maryam, before)
        assert queue.renew(session, maryam.id, [document.id]) == []
        assert queue.claim(session, maryam, 1) == []


def test_what_is_kept_apart_or_forgotten_between_claim_and_decision_is_a_conflict() -> None:
    with db.session() as session:
        maryam, apart, gone = person(session), waiting(session, "1"), waiting(session, "2")
        assert len(queue.claim(session, maryam, 5)) == 2
        judgements = {number: judge(session, number, maryam) for number in (apart, gone)}
        quarantine.keep_apart(session, [session.get_one(Document, apart).page_id])
        session.delete(session.get_one(Document, gone))
        session.flush()
        for number, judgement in judgements.items():
            with pytest.raises(Conflict):
                decisions.decide(session, number, maryam, judgement)
        assert queue.renew(session, maryam.id, [apart, gone]) == []
        session.execute(update(Page).values(quarantined=False))
        assert decisions.decide(session, apart, maryam, judgements[apart])


def test_a_late_decision_does_not_override_a_colleague() -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza"), waiting(session)
        late = judge(session, number, maryam)
        decisions.decide(session, number, reza, judge(session, number, reza, Decision.REJECT))
        with pytest.raises(Conflict):
            decisions.decide(session, number, maryam, late)
        assert state(session, number) == State.REJECTED


def test_a_key_sent_often_and_at_once_is_one_decision() -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        judgement = judge(session, number, maryam)
    made = []

    def send() -> None:
        with db.session() as session:
            made.append(decisions.decide(session, number, maryam, judgement).id)

    together = [threading.Thread(target=send) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 1


def test_a_key_of_another_decision_is_refused() -> None:
    with db.session() as session:
        maryam, reza = person(session), person(session, "reza")
        one, other = waiting(session, "1"), waiting(session, "2")
        first = judge(session, one, maryam)
        decisions.decide(session, one, maryam, first)
        for number, user in ((other, maryam), (one, reza)):
            with pytest.raises(UsageError, match="کلید"):
                decisions.decide(session, number, user, judge(session, number, user, key=first.key))
        assert state(session, other) == State.REVIEW


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": Decision.REJECT, "reason": "dislike"},
        {"decision": Decision.EDIT, "typed": CLEAN | {"answer": " "}},
        {"decision": Decision.EDIT, "typed": {"answer": "تنها"}},
        {"decision": Decision.EDIT, "typed": CLEAN | {"answer": "a\x00b"}},
        {"decision": Decision.EDIT, "typed": CLEAN | {"answer": "نیمه \ud83d"}},
        {"seconds": float("nan")},
    ],
)
def test_wrong_words_change_nothing(wrong: dict[str, object]) -> None:
    with db.session() as session:
        maryam, number = person(session), waiting(session)
        with pytest.raises(UsageError):
            decisions.decide(session, number, maryam, judge(session, number, maryam, **wrong))
        assert state(session, number) == State.REVIEW


def test_fifty_decisions_are_taken_back_and_the_records_are_open_to_that_person_again() -> None:
    with db.session() as session:
        maryam, reza = person(session), person(session, "reza")
        numbers = [waiting(session, str(n)) for n in range(50)]
        keys = {}
        for number in numbers:
            judgement = judge(session, number, maryam, Decision.REJECT)
            keys[number] = judgement.key
            decisions.decide(session, number, maryam, judgement)
    with db.session() as session:
        for number in reversed(numbers):
            assert decisions.undo(session, maryam, keys[number]).undone_at is not None
            assert decisions.undo(session, maryam, keys[number]).undone_at is not None
        assert {state(session, number) for number in numbers} == {State.REVIEW}
        assert queue.claim(session, reza, 50) == []
        assert {document.id for document in queue.claim(session, maryam, 50)} == set(numbers)
        assert exported(session, numbers[0])[0] == "review"
        again = judge(session, numbers[0], maryam)
        decisions.decide(session, numbers[0], maryam, again)
        assert exported(session, numbers[0])[0] == "approved"


def test_what_stood_before_counts_again_for_every_reader() -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza", "lead"), waiting(session)
        decisions.decide(session, number, maryam, judge(session, number, maryam))
        later = judge(session, number, reza, Decision.REJECT)
        decisions.decide(session, number, reza, later)
        decisions.undo(session, reza, later.key)
        assert state(session, number) == State.APPROVED
        verdicts.set_states(session, RECIPE)
        assert (state(session, number), exported(session, number)[0]) == (State.APPROVED, "approved")


def test_nobody_takes_back_what_others_did_or_what_another_decided_since() -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza", "lead"), waiting(session)
        first = judge(session, number, maryam)
        decisions.decide(session, number, maryam, first)
        with pytest.raises(UsageError):
            decisions.undo(session, reza, first.key)
        decisions.decide(session, number, reza, judge(session, number, reza, Decision.REJECT))
        with pytest.raises(Conflict):
            decisions.undo(session, maryam, first.key)
        assert state(session, number) == State.REJECTED


def test_whoever_was_deactivated_decides_and_keeps_nothing() -> None:
    with db.session() as session:
        maryam, reza, number = person(session), person(session, "reza"), waiting(session)
        queue.claim(session, maryam, 1)
        judgement = judge(session, number, maryam)
        users.deactivate(session, maryam.name)
        session.flush()
        assert queue.renew(session, maryam.id, [number]) == []
        assert queue.claim(session, maryam, 1) == []
        with pytest.raises(TabibError):
            decisions.decide(session, number, maryam, judgement)
        assert [document.id for document in queue.claim(session, reza, 1)] == [number]
