"""Forgetting a record: everything that was made of it goes, except that it was done.

1. `plan` finds what belongs to it and what holds it; nothing is changed.
2. `carry_out` removes the rows in one transaction, which also enters the places in the archive that are to be erased.
3. `erasing.finish` erases them; where it was killed, the next run goes on.

A crawl and a cleaning run may go on meanwhile: what they hold is waited for, and what is on its way is refused, see
`forgotten`. Exports never change: those that hold the record are named and marked, as models that may have
learned from it are named.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import ColumnElement, Text, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from storage import archive, audit, db, trained, verdicts
from storage.forgetting import addressed, erasing, exports, forgotten, page_bytes
from storage.forgetting.exports import Holding
from storage.forgetting.finding import Found, Wanted, among, find, find_again
from storage.models import (
    Address,
    AddressLinks,
    Base,
    Capture,
    Claim,
    Document,
    Erasure,
    Forgotten,
    Gold,
    Measurement,
    Page,
    Recipe,
    Review,
    SetAside,
    State,
    Takedown,
    Verdict,
)

OF_DOCUMENTS = (Measurement, Verdict, Review, Claim, SetAside, Gold)
JUDGED = (State.KEPT.value, State.DROPPED.value, State.REVIEW.value)
"""States that a verdict gave; a person's decision stays."""


@dataclass(frozen=True)
class Learned:
    """A model that may have learned from the record."""

    name: str
    version: str


@dataclass
class Plan:
    """What would go: `found` and what hangs on it; `quoting` pages lose their bytes alone, `again` is judged anew.

    Exports and models stay: `holdings` hold it, of `unread` files nobody knows, `models` may have learned from it.
    """

    wanted: Wanted
    found: Found
    quoting: set[int] = field(default_factory=set)
    erasures: list[Erasure] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    again: int = 0
    repeats: list[uuid.UUID] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)
    models: list[Learned] = field(default_factory=list)


def plan(wanted: Wanted) -> Plan:
    """What is to go, read in a transaction that changes nothing; falsy `found` where nothing is known of it."""
    with db.session(repeatable=True) as session:
        found = find(session, wanted)
        if not found:
            return Plan(wanted, found)
        quoting = page_bytes.quoting(session, found)
        made = Plan(wanted, found, quoting, page_bytes.captures(session, found, quoting))
        made.rows = _counts(session, found)
        made.again = len(_pointing(session, found))
        made.repeats = _repeats(session, found)
        made.models = _learned(session, found)
    made.holdings, made.unread = exports.search(found.documents, set() if wanted.single else found.records)
    return made


def carry_out(planned: Plan, reason: str) -> Plan:
    """Remove the rows and enter what is to be erased. What was stored since it was planned goes too.

    Waits for a second phase of cleaning that runs.
    """
    with db.session() as session:
        for recipe in session.scalars(select(Recipe.sha256).order_by(Recipe.sha256)).all():
            verdicts.lock(session, recipe, wait=True)  # before the list's: a crawl must not wait for cleaning
        forgotten.lock(session)
        found = find_again(session, planned.wanted, planned.found)
        if not found:
            return Plan(planned.wanted, found)
        archive.recover(session)  # what a writer that died had half written may be of it
        erasures = page_bytes.captures(session, found, planned.quoting)
        made = replace(planned, found=found, erasures=erasures, rows=_counts(session, found))
        made.again, made.models = len(_pointing(session, found)), _learned(session, found)
        _remove(session, made)
        _shut_out(session, found, planned.wanted, reason)
        erasing.plan(session, erasures)
        exports.mark(session, planned.holdings)
        _note(session, made, reason)
    return made


def is_forgotten(wanted: Wanted) -> bool:
    """Whether something was forgotten, or its address left out, before."""
    with db.session() as session:
        if wanted.kind == "document":
            begins = func.replace(func.cast(Forgotten.id, Text), "-", "").startswith(wanted.value)
            return session.scalar(select(Forgotten.id).where(Forgotten.kind == "document", begins).limit(1)) is not None
        known = {addressed.key(pattern) for pattern in session.scalars(select(Takedown.pattern))}
    return wanted.kind != "text" and addressed.key(wanted.value) in known


def subject(wanted: Wanted, found: Found) -> str:
    """What the audit trail calls it: a hash of the address or of the ids, as that of a phone number would tell it."""
    named = wanted.value if wanted.kind in ("address", "beginning") else " ".join(sorted(map(str, found.documents)))
    return f"{wanted.kind} {hashlib.sha256(named.encode()).hexdigest()}"


def _counts(session: Session, found: Found) -> dict[str, int]:
    made = {"documents": len(found.documents)}
    for model in OF_DOCUMENTS:
        query = select(func.count()).where(among(model.document_id, found.documents))
        made[str(model.__tablename__)] = session.scalar(query) or 0
    made["addresses"] = session.scalar(select(func.count()).where(among(Address.fingerprint, found.fingerprints))) or 0
    return made | {"pages": len(found.pages - found.shared)}


def _learned(session: Session, found: Found) -> list[Learned]:
    return [Learned(model.name, model.version) for model in trained.may_hold(session, found.documents)]


def _pointing(session: Session, found: Found) -> list[int]:
    """Verdicts on other documents that were made beside one that goes."""
    of_it = among(Verdict.cluster, found.documents), ~among(Verdict.document_id, found.documents)
    return list(session.scalars(select(Verdict.id).where(*of_it)))


def _repeats(session: Session, found: Found) -> list[uuid.UUID]:
    """Other documents that say the same, word by word, or that a recipe takes for repeats."""
    own = select(Document.content_sha256).where(among(Document.id, found.documents))
    clusters = select(func.coalesce(Verdict.cluster, Verdict.document_id)).where(
        among(Verdict.document_id, found.documents)
    )
    near = exists().where(
        Verdict.document_id == Document.id, Verdict.cluster.in_(clusters) | Verdict.document_id.in_(clusters)
    )
    others = ~among(Document.id, found.documents), Document.content_sha256.in_(own) | near
    return sorted(session.scalars(select(Document.id).where(*others)))


def _remove(session: Session, made: Plan) -> None:
    found = made.found
    locked = select(Document.id).where(among(Document.id, found.documents)).order_by(Document.id).with_for_update()
    session.execute(locked)
    pointing = _pointing(session, found)
    judged = select(Verdict.document_id).where(among(Verdict.id, pointing))
    again = update(Document).where(Document.id.in_(judged), Document.state.in_(JUDGED))
    session.execute(again.values(state=State.NEW.value), execution_options={"synchronize_session": False})
    _delete(session, Verdict, among(Verdict.id, pointing))
    _delete(session, Document, among(Document.id, found.documents))
    _delete(session, AddressLinks, among(AddressLinks.fingerprint, found.fingerprints))
    _delete(session, Address, among(Address.fingerprint, found.fingerprints))
    bare = (found.shared | made.quoting) - (found.pages - found.shared)
    _delete(session, Capture, among(Capture.page_id, found.pages))
    _delete(session, Capture, among(Capture.page_id, bare), Capture.kind == "response")
    _delete(session, Page, among(Page.id, found.pages - found.shared))
    marked = update(Page).where(among(Page.id, bare)).values(headers=literal({forgotten.MARK: True}, JSONB))
    session.execute(marked, execution_options={"synchronize_session": False})


def _delete(session: Session, model: type[Base], *which: ColumnElement[bool]) -> None:
    session.execute(delete(model).where(*which), execution_options={"synchronize_session": False})


def _shut_out(session: Session, found: Found, wanted: Wanted, reason: str) -> None:
    """Have neither the crawl ask for it again, nor what is on its way come in."""
    patterns = takedowns(found, wanted)
    if patterns:
        rows = [{"pattern": pattern, "reason": reason} for pattern in patterns]
        session.connection().execute(insert(Takedown).on_conflict_do_nothing(), rows)
    forgotten.add(session, [known_by.bytes for known_by in found.fingerprints], found.documents)


def takedowns(found: Found, wanted: Wanted) -> list[str]:
    """The addresses that are not asked for again: of a pattern itself, and what it does not cover."""
    made = set(found.urls)
    if wanted.kind == "beginning":
        begin = [each for each in addressed.beginnings(wanted.value) if any(url.startswith(each) for url in made)]
        made = {url for url in made if not any(url.startswith(each) for each in begin)} | {f"{b}*" for b in begin}
    return sorted(made)


def _note(session: Session, made: Plan, reason: str) -> None:
    counts = made.rows | {"records_to_erase": len(made.erasures), "judged_again": made.again, "kept": made.found.others}
    counts["exports_unread"] = len(made.unread)
    exports = sorted({each.sha256 for each in made.holdings})
    named = {"kind": made.wanted.kind, "user": _user(), "reason": reason, "exports": exports}
    audit.note(session, "operator", "forget", subject(made.wanted, made.found), **named, **counts)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
