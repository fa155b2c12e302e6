"""Fifty people claim at once, decide, fall silent and leave: how often two hold the same record, and how long it takes.

    .venv/bin/python tests/bench/claims.py --claims 1000000 --records 1000000

Every claim is of the real queue, on a connection of its own. Who holds what is also kept outside the database, by the
people themselves: an entry comes after a claim is committed and goes before it is given up, so two entries for one
record are a double assignment. Deciding is only the change of state that takes a record out of the queue: what is
measured is the claim. Prints double assignments, claims a second and the times
of a call of `want` records.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from dataclasses import dataclass, field

import numpy as np
import typer
from sqlalchemy import Engine, create_engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from storage import db, sources
from storage.models import Claim, Document, RoomSettings, State, User
from storage.review import leases, queue
from storage.settings import settings
from tests.bench.services import services

FILLED = """
INSERT INTO documents (id, source, kind, record, ordinal, url, page_id, question, answer, tags, categories,
    content_sha256, state, priority)
SELECT gen_random_uuid(), 'bench', 'qa', n::text, 0, 'https://bench.example/' || n, :page, repeat('پرسش ', 20),
    repeat('پاسخ ', 60), '{}', '{}', md5(n::text), 'review', random()
FROM generate_series(1, :records) AS n
"""
PAGE = """
INSERT INTO pages (source, url, status, sha256, headers, fetched_at, seen_at)
VALUES ('bench', 'https://bench.example', 200, 'x', '{}', now(), now()) RETURNING id
"""


@dataclass
class Ledger:
    """What is held, as the people know it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    holder: dict[uuid.UUID, tuple[int, float]] = field(default_factory=dict)
    claims: int = 0
    twice: int = 0
    expired: int = 0
    empty: int = 0
    failed: list[Exception] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def took(self, ids: list[uuid.UUID], new: set[uuid.UUID], who: tuple[int, float]) -> None:
        """Note the records of a call that began at a moment; those held before are not counted again.

        A lease is at least LEASE from its call's beginning: another's before that is a double assignment.
        """
        user, began = who
        now = time.perf_counter()
        with self.lock:
            for one in ids:
                holder, since = self.holder.get(one, (user, began))
                self.twice += holder != user and now < since + queue.LEASE.total_seconds()
                self.expired += holder != user and now >= since + queue.LEASE.total_seconds()
                self.holder[one] = (user, began)
            self.claims += len(new)
            self.empty += not ids
            self.seconds.append(now - began)

    def gave(self, user: int, ids: list[uuid.UUID]) -> None:
        """Note what is about to be given up."""
        with self.lock:
            for one in ids:
                if self.holder.get(one, (user, 0.0))[0] == user:
                    self.holder.pop(one, None)


def main(claims: int = 100_000, records: int = 200_000, people: int = 50, want: int = 10) -> None:
    """Claim until so many records were given."""
    with services() as running:
        running.fresh()
        os.environ.update(running.environment)
        settings.cache_clear()
        users = _filled(records, people)
        engine = create_engine(settings().database(), pool_size=people, hide_parameters=True)
        ledger, began = Ledger(), time.perf_counter()
        together = [threading.Thread(target=_watched, args=(user, ledger, engine, (claims, want))) for user in users]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        _told(ledger, time.perf_counter() - began, people)
        engine.dispose()
        db.engine().dispose()


def _filled(records: int, people: int) -> list[User]:
    with db.session() as session:
        sources.ensure(session, "bench", "bench.example")
        page = session.scalar(text(PAGE))
        session.execute(text(FILLED), {"page": page, "records": records})
        session.merge(RoomSettings(id=1, overlap_share=0, gold_every=1_000_000))
        users = [User(name=f"p{n}", password_hash="-") for n in range(people)]
        session.add_all(users)
    with db.engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE documents"))
    return users


def _watched(user: User, ledger: Ledger, engine: Engine, wanted: tuple[int, int]) -> None:
    try:
        _work(user, ledger, engine, wanted)
    except Exception as error:  # noqa: BLE001  told by the main thread
        ledger.failed.append(error)


def _work(user: User, ledger: Ledger, engine: Engine, wanted: tuple[int, int]) -> None:
    chance = np.random.default_rng(user.id)
    held: set[uuid.UUID] = set()
    claims, want = wanted
    while ledger.claims < claims:
        began = time.perf_counter()
        with Session(engine, expire_on_commit=False) as session, session.begin():
            ids = [document.id for document in queue.claim(session, user, want)]
        ledger.took(ids, set(ids) - held, (user.id, began))
        held = set(ids)  # what is held comes first of all: what is not among it was lost
        given_up = sorted(held)[: int(chance.integers(1, want + 1))]
        ledger.gave(user.id, given_up)
        held -= set(given_up)
        with Session(engine) as session, session.begin():
            db.commit_lazily(session)
            _give_up(session, user.id, given_up, chance.random())


def _give_up(session: Session, user_id: int, ids: list[uuid.UUID], how: float) -> None:
    """Decided by most, silent for too long some, given back by the others."""
    if how < 0.8:
        state = {"state": State.APPROVED.value, "updated_at": Document.updated_at}
        mine = leases.within(Document.id, ids)
        session.scalars(select(Document.id).where(mine).order_by(Document.id).with_for_update()).all()
        session.execute(update(Document).where(mine).values(state).execution_options(synchronize_session=False))
        session.execute(delete(Claim).where(leases.among(ids)).execution_options(synchronize_session=False))
    elif how < 0.9:
        session.execute(update(Claim).where(leases.among(ids), Claim.user_id == user_id).values(expires_at=func.now()))
    else:
        queue.release(session, user_id, ids)


def _told(ledger: Ledger, seconds: float, people: int) -> None:
    times = np.array(ledger.seconds) * 1000
    middle, high, most = np.percentile(times, (50, 95, 100))
    typer.echo(f"{ledger.claims:,} claims by {people} people in {len(times):,} calls, {seconds:.0f} s")
    found = f"leases that ran out meanwhile: {ledger.expired}; calls that found nothing: {ledger.empty}"
    typer.echo(f"double assignments: {ledger.twice}; {found}; failed people: {len(ledger.failed)} {ledger.failed[:1]}")
    typer.echo(f"{ledger.claims / seconds:,.0f} claims/s, {len(times) / seconds:,.0f} calls/s")
    typer.echo(f"a call: p50 {middle:.1f} ms, p95 {high:.1f} ms, most {most:.0f} ms (all {people} without a pause)")


if __name__ == "__main__":
    typer.run(main)
