"""What stands, and who may change it; what is held, and for how long."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage import db, users, verdicts
from storage.errors import UsageError
from storage.models import Claim, Decision, Document, Purpose, RoomSettings, State
from storage.review import Conflict, assign, decisions, gold, queue
from storage.review.filters import Filters
from storage.review.room import Room
from storage.settings import Settings
from tests.storage.review.room import judge, person, settings, waiting

RECIPE = "0" * 64
OTHERS = Filters(sources=("isovisit",))


def state(session: Session, number: uuid.UUID) -> str:
    return session.get_one(Document, number, populate_existing=True).state


def go(session: Session, number: uuid.UUID, user: object, decision: Decision = Decision.APPROVE) -> Purpose:
    made = decisions.decide(session, number, user, judge(session, number, user, decision))  # type: ignore[arg-type]
    return Purpose(made.purpose)


def expire(session: Session) -> None:
    session.execute(update(Claim).values(expires_at=func.now() - dt.timedelta(seconds=1)))


def test_a_fresh_room_has_settings_that_a_lead_finds(database: Settings) -> None:
    with db.session() as session:
        row = session.get_one(RoomSettings, 1)
        assert (row.overlap_share, row.gold_every) == (Room.overlap_share, Room.gold_every)


def test_only_leads_overrule_what_stands(database: Settings) -> None:
    with db.session() as session:
        settings(session, share=1)
        x, y, lead, number = person(session, "x"), person(session, "y"), person(session, "z", "lead"), waiting(session)
        go(session, number, x)
        go(session, number, y, Decision.REJECT)
        go(session, number, lead, Decision.REJECT)
        for other in (x, y, person(session, "w")):
            with pytest.raises(Conflict):
                go(session, number, other)
        assert state(session, number) == State.REJECTED
        go(session, number, lead)
        assert state(session, number) == State.APPROVED


def test_an_annotator_changes_their_own_and_nothing_that_never_waited(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        x, number, kept = person(session), waiting(session), waiting(session, "2", "kept")
        session.get_one(Document, kept).state = State.KEPT.value
        go(session, number, x)
        go(session, number, x, Decision.REJECT)
        assert state(session, number) == State.REJECTED
        with pytest.raises(Conflict):
            go(session, kept, x)


def test_who_answered_a_question_does_not_decide_about_it_afterwards(database: Settings) -> None:
    with db.session() as session:
        settings(session, every=2)
        lead, x = person(session, "z", "lead"), person(session)
        first, question = waiting(session, "1"), waiting(session, "2")
        go(session, question, lead)
        gold.mark(session, lead, question, gold.Answer(Decision.APPROVE, None, "درست", "right"))
        go(session, first, x)
        assert queue.claim(session, x, 1, OTHERS) == [], "a question is one of what was asked for"
        assert [one.id for one in queue.claim(session, x, 1)] == [question]
        assert go(session, question, x, Decision.REJECT) == Purpose.GOLD
        with pytest.raises(Conflict):
            go(session, question, x, Decision.REJECT)
        assert state(session, question) == State.APPROVED
        assert gold.answered(session, x).right == 0


def test_what_is_not_in_front_of_anybody_goes_back(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        x, y = person(session), person(session, "reza")
        mine = [waiting(session, str(n)) for n in range(5)]
        assert len(queue.claim(session, x, 5)) == 5
    with db.session() as session:
        at = session.scalars(select(Claim.expires_at).distinct()).one()
        assert queue.claim(session, x, 50, OTHERS, mine[:2]) == []
        renewed = session.scalars(select(Claim.document_id).where(Claim.expires_at > at)).all()
        assert set(renewed) == set(mine[:2])
        expire(session)
        assert {one.id for one in queue.claim(session, y, 5)} == set(mine)


def test_nobody_has_more_open_than_most_whatever_they_filter_by(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST", 3)
    with db.session() as session:
        settings(session)
        x = person(session)
        for n in range(4):
            waiting(session, str(n), reason="short")
            waiting(session, str(n + 10), reason="long")
        assert len(queue.claim(session, x, 3, Filters(reasons=("short",)))) == 3
        assert queue.claim(session, x, 3, Filters(reasons=("long",))) == []


def test_a_second_opinion_is_waited_for_only_where_someone_can_give_it(database: Settings) -> None:
    with db.session() as session:
        settings(session, share=1)
        x, _, first, second = person(session), person(session, "o", "operator"), waiting(session), waiting(session, "2")
        assert go(session, first, x) == Purpose.DECISION
        y = person(session, "reza")
        assert go(session, second, x) == Purpose.BLIND
        users.deactivate(session, y.name)
        session.flush()
        assert state(session, second) == State.APPROVED


def test_who_reviews_nothing_is_assigned_nothing(database: Settings) -> None:
    with db.session() as session:
        lead, operator, _ = person(session, "z", "lead"), person(session, "o", "operator"), waiting(session)
        with pytest.raises(UsageError):
            assign.assign(session, lead, Filters(), operator)
        assert assign.assign(session, lead, Filters(), lead) == 1


def test_what_a_lead_wants_judged_again_waits_also_after_an_undo(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        x, lead, number = person(session), person(session, "z", "lead"), waiting(session, outcome="kept")
        session.get_one(Document, number).state = State.KEPT.value
        session.flush()
        assign.requeue(session, lead, [number])
        made = judge(session, number, x)
        decisions.decide(session, number, x, made)
        decisions.undo(session, x, made.key or uuid.uuid4())
        verdicts.set_states(session, RECIPE)
        assert state(session, number) == State.REVIEW


def test_who_was_away_is_heard_where_nobody_decided(database: Settings) -> None:
    with db.session() as session:
        settings(session)
        x, y, numbers = person(session), person(session, "reza"), [waiting(session, str(n)) for n in range(2)]
        queue.claim(session, x, 2)
        said = {number: judge(session, number, x) for number in numbers}
    with db.session() as session:
        expire(session)
        assert len(queue.claim(session, y, 2)) == 2
        decisions.decide(session, numbers[0], x, said[numbers[0]])
        assert queue.renew(session, y.id, numbers) == [numbers[1]]
        go(session, numbers[1], y, Decision.REJECT)
        with pytest.raises(Conflict):
            decisions.decide(session, numbers[1], x, said[numbers[1]])
        assert [state(session, number) for number in numbers] == [State.APPROVED, State.REJECTED]
