"""Eight people at once, each on a connection of their own: nobody holds what another holds, and nothing is stuck."""

import random
import threading
import uuid
from collections import Counter

from sqlalchemy import func, select, update

from storage import db
from storage.models import Claim, Decision, Document, Purpose, Review, State, User
from storage.review import Conflict, aside, decisions, overlap, queue
from storage.settings import Settings
from tests.storage.review.room import judge, many, person, settings

PEOPLE, RECORDS, STEPS = 8, 200, 40


class Ledger:
    """Who holds what, as the people themselves know it: an entry goes before the database gives it up."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holder: dict[uuid.UUID, int] = {}
        self.twice: list[uuid.UUID] = []

    def take(self, number: uuid.UUID, user_id: int) -> None:
        with self.lock:
            if self.holder.setdefault(number, user_id) != user_id:
                self.twice.append(number)

    def drop(self, number: uuid.UUID) -> None:
        with self.lock:
            self.holder.pop(number, None)


class Someone:
    """One person at their browser, who does this and that."""

    def __init__(self, user: User, ledger: Ledger) -> None:
        self.user, self.ledger = user, ledger
        self.chance = random.Random(user.id)
        self.held: set[uuid.UUID] = set()
        self.keys: list[uuid.UUID] = []
        self.done = Counter[str]()
        self.failed: Exception | None = None

    def work(self) -> None:
        try:
            for _ in range(STEPS):
                kinds = [self.claim, self.decide, self.undo, self.release, self.fall_silent, self.beat, self.put_aside]
                [act] = self.chance.choices(kinds, (30, 40, 8, 3, 3, 10, 4))
                act()
        except Exception as error:  # noqa: BLE001  told by the test's own thread
            self.failed = error

    def claim(self) -> None:
        with db.session() as session:
            got = {document.id for document in queue.claim(session, self.user, 5)}
        for number in got:
            self.ledger.take(number, self.user.id)
        self.held |= got
        self.done["claimed"] += len(got)

    def decide(self) -> None:
        if not self.held:
            return
        number = self._let_go()
        try:
            with db.session() as session:
                decision = self.chance.choice((Decision.APPROVE, Decision.REJECT))
                judgement = judge(session, number, self.user, decision)
                decisions.decide(session, number, self.user, judgement)
            self.keys.append(judgement.key or uuid.uuid4())
            self.done["decided"] += 1
        except Conflict:
            self.done["conflict"] += 1

    def undo(self) -> None:
        if not self.keys:
            return
        try:
            with db.session() as session:
                number = decisions.undo(session, self.user, self.keys.pop()).document_id
        except Conflict:
            return
        self.done["undone"] += 1
        self.ledger.take(number, self.user.id)
        self.held.add(number)

    def put_aside(self) -> None:
        if self.held:
            number = self._let_go()
            with db.session() as session:
                aside.skip(session, self.user, number, uuid.uuid4())

    def release(self) -> None:
        self._let_go_all()
        with db.session() as session:
            queue.release(session, self.user.id)

    def fall_silent(self) -> None:
        self._let_go_all()
        with db.session() as session:
            session.execute(update(Claim).where(Claim.user_id == self.user.id).values(expires_at=func.now()))

    def beat(self) -> None:
        with db.session() as session:
            assert set(queue.renew(session, self.user.id, sorted(self.held))) == self.held
        self.done["beats"] += 1

    def _let_go(self) -> uuid.UUID:
        number = self.chance.choice(sorted(self.held))
        self.held.discard(number)
        self.ledger.drop(number)
        return number

    def _let_go_all(self) -> None:
        while self.held:
            self._let_go()


def test_nobody_is_given_what_another_holds_and_nothing_is_stuck(database: Settings) -> None:
    ledger = Ledger()
    with db.session() as session:
        settings(session, share=0.2)
        numbers = many(session, RECORDS)
        people = [Someone(person(session, f"p{n}"), ledger) for n in range(PEOPLE)]
        lead = person(session, "zahra", "lead")
    together = [threading.Thread(target=someone.work) for someone in people]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert [someone.failed for someone in people] == [None] * PEOPLE
    assert ledger.twice == []
    done = sum((someone.done for someone in people), Counter())
    assert min(done[kind] for kind in ("claimed", "decided", "undone", "beats")) > 10
    with db.session() as session:
        session.execute(update(Claim).values(expires_at=func.now()))
    _finish([someone.user for someone in people[:2]], lead)
    with db.session() as session:
        left = session.scalars(select(Document.id).where(Document.state == State.REVIEW.value)).all()
        assert left == []
        stands = select(Review.document_id, Review.purpose, Review.user_id).where(Review.undone_at.is_(None))
        rows = Counter(tuple(row) for row in session.execute(stands))
        assert set(rows.values()) == {1}, "nobody judged the same twice"
        counted = Counter(document for document, purpose, _ in rows if purpose == Purpose.DECISION)
        assert counted == dict.fromkeys(numbers, 1)


def _finish(people: list[User], lead: User) -> None:
    """The rest is decided by three, who find all of it."""
    for user in (*people, lead):
        while True:
            with db.session() as session:
                given = queue.claim(session, user, 50)
                for document in given:
                    decisions.decide(session, document.id, user, judge(session, document.id, user))
            if not given:
                break
    with db.session() as session:
        for document, votes in overlap.disputed(session, RECORDS):
            assert len({vote.user_id for vote in votes}) == 2
            decisions.decide(session, document.id, lead, judge(session, document.id, lead))
