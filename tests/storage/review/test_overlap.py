"""Two blind decisions: the first waits and is seen by nobody, the second settles or disputes, a lead ends it."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import db, users
from storage.errors import UsageError
from storage.models import Decision, Document, Review, State, User
from storage.review import Conflict, Judgement, assign, decisions, overlap, queue, room, showing
from storage.selection import selected
from storage.settings import Settings
from tests.storage.review.room import CLEAN, judge, person, settings, waiting
from tests.storage.rows import add_pair

REJECT, EDIT, APPROVE = Decision.REJECT, Decision.EDIT, Decision.APPROVE


class Room:
    """Two annotators, a lead, and one record that is to be decided twice."""

    def __init__(self, session: Session) -> None:
        settings(session, share=1)
        self.session = session
        self.maryam, self.reza, self.sara = (person(session, name) for name in ("maryam", "reza", "sara"))
        self.lead = person(session, "zahra", "lead")
        self.number = waiting(session)

    def decide(self, user: User, decision: Decision = APPROVE, **fields: object) -> Judgement:
        judgement = judge(self.session, self.number, user, decision, **fields)
        decisions.decide(self.session, self.number, user, judgement)
        return judgement

    def given(self, user: User) -> bool:
        found = queue.claim(self.session, user, 1)
        queue.release(self.session, user.id)
        return bool(found)

    @property
    def state(self) -> str:
        [item] = selected(self.session, "0" * 64, Document.id == self.number)
        document = self.session.get_one(Document, self.number, populate_existing=True)
        assert (document.state, item.outcome) in {(state, state) for state in ("review", "approved", "rejected")}
        return document.state


@pytest.fixture
def one(database: Settings) -> Iterator[Room]:
    with db.session() as session:
        yield Room(session)


def test_the_first_waits_for_another_who_sees_nothing_of_it(one: Room) -> None:
    document = one.session.get_one(Document, one.number)
    before = showing.shown_to(one.session, document, one.reza)
    one.decide(one.maryam, EDIT, typed=CLEAN | {"answer": "ویراسته"})
    assert one.state == State.REVIEW
    assert (one.given(one.maryam), one.given(one.reza), one.given(one.lead)) == (False, True, True)
    assert showing.shown_to(one.session, document, one.reza) == before
    assert showing.history(one.session, one.number) == []
    with pytest.raises(Conflict):
        one.decide(one.maryam)


@pytest.mark.parametrize(
    ("first", "second", "settled"),
    [
        ({}, {}, State.APPROVED),
        ({"decision": REJECT}, {"decision": REJECT, "reason": "too-short"}, State.REJECTED),
        ({"decision": EDIT, "typed": CLEAN}, {"decision": EDIT, "typed": CLEAN}, State.APPROVED),
        ({"decision": EDIT, "typed": CLEAN}, {"decision": EDIT, "typed": CLEAN | {"answer": "دیگر"}}, None),
        ({}, {"decision": REJECT}, None),
        ({}, {"decision": EDIT, "typed": CLEAN}, None),
    ],
)
def test_the_second_settles_or_disputes(
    one: Room, first: dict[str, Decision], second: dict[str, Decision], settled: State | None
) -> None:
    one.decide(one.maryam, **first)
    one.decide(one.reza, **second)
    assert one.state == (settled or State.REVIEW)
    assert [document.id for document, _ in overlap.disputed(one.session)] == ([] if settled else [one.number])
    assert not any(map(one.given, (one.maryam, one.reza, one.sara, one.lead)))
    if settled:
        assert [name for _, name in showing.history(one.session, one.number)] == ["reza", "maryam"]


def disputed(one: Room) -> tuple[Judgement, Judgement]:
    judgements = one.decide(one.maryam), one.decide(one.reza, REJECT)
    [(_, votes)] = overlap.disputed(one.session)
    assert [vote.decision for vote in votes] == ["approve", "reject"]
    return judgements


def test_a_lead_ends_a_dispute_and_may_take_that_back(one: Room) -> None:
    disputed(one)
    with pytest.raises(Conflict, match="سرپرست"):
        one.decide(one.sara)
    judgement = one.decide(one.lead, REJECT)
    assert (one.state, overlap.disputed(one.session)) == (State.REJECTED, [])
    decisions.undo(one.session, one.lead, judgement.key or uuid.uuid4())
    assert one.state == State.REVIEW
    assert len(overlap.disputed(one.session)) == 1
    assert queue.renew(one.session, one.lead.id, [one.number]) == [one.number]


def test_the_first_is_not_taken_back_once_the_second_came_but_the_second_is(one: Room) -> None:
    first, second = disputed(one)
    assert first.key
    assert second.key
    with pytest.raises(Conflict):
        decisions.undo(one.session, one.maryam, first.key)
    decisions.undo(one.session, one.reza, second.key)
    assert overlap.disputed(one.session) == []
    assert (one.given(one.maryam), one.given(one.reza)) == (False, True)
    agreed = one.decide(one.reza)
    assert one.state == State.APPROVED
    decisions.undo(one.session, one.reza, agreed.key or uuid.uuid4())
    assert one.state == State.REVIEW
    queue.release(one.session, one.reza.id)
    decisions.undo(one.session, one.maryam, first.key)
    assert [document.id for document in queue.claim(one.session, one.maryam, 1)] == [one.number]


def test_the_first_is_not_taken_back_while_another_has_it_open(one: Room) -> None:
    first = one.decide(one.maryam)
    queue.claim(one.session, one.reza, 1)
    with pytest.raises(Conflict):
        decisions.undo(one.session, one.maryam, first.key or uuid.uuid4())


def test_a_changed_text_begins_anew(one: Room) -> None:
    disputed(one)
    add_pair(one.session, "drhast", "1", answer="پاسخی دیگر")
    document = one.session.get_one(Document, one.number, populate_existing=True)
    document.state = State.REVIEW.value
    one.session.flush()
    assert (document.disputed, document.blind_by) == (False, None)
    assert one.given(one.maryam)
    assert overlap.disputed(one.session) == []


def test_what_is_assigned_to_one_person_goes_to_another_after_their_blind_decision(one: Room) -> None:
    assert assign.assign(one.session, one.lead, queue.Filters(), one.maryam) == 1
    assert (one.given(one.reza), one.given(one.maryam)) == (False, True)
    one.decide(one.maryam)
    assert one.given(one.reza)
    assert assign.assign(one.session, one.lead, queue.Filters(), one.maryam) == 0


def test_for_one_person_alone_nothing_waits_for_a_second(one: Room) -> None:
    for name in ("reza", "sara", "zahra"):
        users.deactivate(one.session, name)
    one.session.flush()
    one.decide(one.maryam)
    assert one.state == State.APPROVED


def test_the_share_is_met_and_is_the_same_in_the_database(database: Settings) -> None:
    drawn = [uuid.uuid5(uuid.NAMESPACE_URL, str(n)) for n in range(20_000)]
    assert sum(room.overlaps(number, 0.07) for number in drawn) / len(drawn) == pytest.approx(0.07, abs=0.006)
    with db.session() as session:
        numbers = [waiting(session, str(n)) for n in range(30)]
        for share in (0, 0.07, 0.5, 1):
            found = set(session.scalars(select(Document.id).where(room.overlapping(share))))
            assert found == {number for number in numbers if room.overlaps(number, share)}


def test_only_leads_set_the_share(one: Room) -> None:
    with pytest.raises(UsageError):
        room.change(one.session, one.maryam, room.Room(0))
    with pytest.raises(UsageError):
        room.change(one.session, one.lead, room.Room(2))
    room.change(one.session, one.lead, room.Room(0, 50))
    assert room.room(one.session) == room.Room(0, 50)
    one.decide(one.maryam)
    assert one.state == State.APPROVED
    assert one.session.scalar(select(func.count()).select_from(Review)) == 1
