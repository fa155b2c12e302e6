"""Questions with a known answer look like any other record, come at their rate, and change nothing."""

import uuid

import pytest
from sqlalchemy import func, select

from storage import db, verdicts
from storage.errors import UsageError
from storage.models import Decision, Document, Review, State
from storage.review import aside, decisions, gold, queue, showing, training
from storage.settings import Settings
from tests.storage.review.room import CLEAN, judge, person, settings, waiting

ANSWER = gold.Answer(Decision.REJECT, "advertisement", "تبلیغ است", "It advertises")


def test_one_in_so_many_is_a_question_that_each_person_gets_once(database: Settings) -> None:
    with db.session() as session:
        settings(session, every=4)
        lead, maryam, reza = person(session, "zahra", "lead"), person(session), person(session, "reza")
        questions = [waiting(session, f"q{n}") for n in range(2)]
        numbers = {waiting(session, str(n)) for n in range(20)}
        for number in questions:
            decisions.decide(session, number, lead, judge(session, number, lead, Decision.EDIT, typed=CLEAN))
            gold.mark(session, lead, number, ANSWER)
        given = []
        for step in range(14):
            [document, *_] = queue.claim(session, maryam, 1 + step % 3)
            given.append(document.id)
            decision = Decision.REJECT if document.id != questions[0] else Decision.APPROVE
            made = decisions.decide(session, document.id, maryam, judge(session, document.id, maryam, decision))
            assert (made.purpose == "gold") == (document.id in questions)
        places = [place for place, number in enumerate(given) if number in questions]
        assert len(places) == 2
        assert all(3 <= later - before <= 7 for before, later in zip([-1, *places], places, strict=False))
        assert {session.get_one(Document, n).state for n in questions} == {State.APPROVED}
        found = gold.answered(session, maryam)
        assert (found.answered, found.right) == (2, 1)
        assert gold.answered(session, reza) == gold.Accuracy(0, 0, 0.0, 1.0)
        assert len(numbers - set(given)) == 8


def test_a_question_shows_nothing_of_what_was_decided_and_its_answer_counts_nowhere(database: Settings) -> None:
    with db.session() as session:
        settings(session, every=2)
        lead, maryam = person(session, "zahra", "lead"), person(session)
        first, question = waiting(session, "1"), waiting(session, "2")
        edited = judge(session, question, lead, Decision.EDIT, typed=CLEAN | {"answer": "ویراسته"})
        decisions.decide(session, question, lead, edited)
        gold.mark(session, lead, question, ANSWER)
        decisions.decide(session, first, maryam, judge(session, first, maryam))
        [document] = queue.claim(session, maryam, 3)
        assert document.id == question
        assert showing.shown_to(session, document, maryam).text == CLEAN
        assert showing.shown_to(session, document, lead).text["answer"] == "ویراسته"
        assert queue.renew(session, maryam.id, [question]) == [question]
        answer = judge(session, question, maryam, Decision.REJECT)
        made = decisions.decide(session, question, maryam, answer)
        assert decisions.decide(session, question, maryam, answer) is made
        verdicts.set_states(session, "0" * 64)
        assert session.get_one(Document, question, populate_existing=True).state == State.APPROVED
        assert [name for _, name in showing.history(session, question)] == ["zahra"]
        decisions.undo(session, maryam, answer.key or uuid.uuid4())
        assert gold.answered(session, maryam).answered == 1, "the first answer counts, whatever was seen since"
        assert [one.id for one in queue.claim(session, maryam, 3)] == [question]
        aside.flag(session, maryam, question, "", uuid.uuid4())
        assert queue.claim(session, maryam, 3) == []


def test_who_marks_and_what(database: Settings) -> None:
    with db.session() as session:
        settings(session, every=2)
        lead, maryam, number = person(session, "zahra", "lead"), person(session), waiting(session)
        for user, answer in (
            (maryam, ANSWER),
            (lead, gold.Answer(Decision.REJECT, None, "", "")),
            (lead, gold.Answer(Decision.APPROVE, "other", "", "")),
        ):
            with pytest.raises(UsageError):
                gold.mark(session, user, number, answer)
        gold.mark(session, lead, number, ANSWER)
        assert queue.claim(session, maryam, 1) == [], "it is in the queue no longer, and no decision was made yet"
        assert gold.mark(session, lead, number, gold.Answer(Decision.APPROVE, None, "", "")).reason is None
        gold.unmark(session, lead, number)
        assert len(queue.claim(session, maryam, 1)) == 1


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17: 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval(right: int, total: int, low: float, high: float) -> None:
    assert gold.wilson(right, total) == pytest.approx((low, high), abs=0.00006)


def test_a_round_is_passed_when_all_its_examples_were_answered_rightly(database: Settings) -> None:
    examples = ("one", "two")
    with db.session() as session:
        maryam = person(session)
        begun = training.round(session, maryam, "v1")
        for example, right in (("one", True), ("two", False), ("one", False)):
            training.answer(session, begun, training.Answer(example, Decision.APPROVE, None, right), examples)
            assert not training.passed(session, maryam)
        with pytest.raises(UsageError):
            training.answer(session, begun, training.Answer("three", Decision.APPROVE, None, True), examples)
        training.answer(session, begun, training.Answer("two", Decision.REJECT, "other", True), examples)
    with db.session() as session:
        assert training.passed(session, maryam)
        assert training.passed(session, maryam, "v1")
        assert not training.passed(session, maryam, "v2")
        answered = training.round(session, maryam, "v1").answered
        assert [(answered[name]["tries"], answered[name]["first"]) for name in examples] == [(2, True), (2, False)]
        assert session.scalar(select(func.count()).select_from(Review)) == 0
