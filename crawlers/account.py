"""The account of a crawl: every address in a state that explains it, every page in the archive, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from storage import addresses, archive, db, quarantine
from storage.forgetting import forgotten
from storage.models import Address, AddressState, Capture, Page

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from crawlers.frontier.queue import LeaseQueue

ENDED_WITH_A_PAGE = (AddressState.STORED.value, AddressState.UNCHANGED.value)


@dataclass(frozen=True)
class Account:
    """A site's addresses by state, why some have no page, and what keeps the account from being closed."""

    site: str
    addresses: int
    states: dict[str, int]
    causes: dict[str, int]
    rules: dict[str, int]
    pages: int
    archive_files: int
    faults: list[str]


def account(queue: LeaseQueue) -> Account:
    """Draw up the account of a site; `faults` is empty where nothing is pending, leased or unexplained."""
    name = queue.spider.name
    waiting, leased = queue.pending()
    with db.session(repeatable=True) as session:
        states = addresses.counts(session, name)
        why = addresses.causes(session, name)
        pages = session.scalar(select(func.count()).where(Page.source == name)) or 0
        files = _files(session, name)
        faults = _pending(states, waiting, leased) + _unexplained(session, name) + _archive_faults(files)
        broken = quarantine.all_of(session).get(name)
        faults += [f"its reader is taken for broken, {broken.pages:,} pages are kept apart"] if broken else []
        faults += _unknown(session, queue) + _endless(session, name, queue.spider.records_at_most)
    total = sum(states.values())
    if not total:
        faults.append("no address is known: it was never crawled")
    causes, rules = why[AddressState.FAILED], why[AddressState.EXCLUDED]
    return Account(name, total, states, causes, rules, pages, len(files), faults)


def _pending(states: dict[str, int], waiting: int, leased: int) -> list[str]:
    known = states[AddressState.DISCOVERED] + states[AddressState.LEASED]
    faults = [f"{known - leased:,} addresses wait"] if known > leased else []
    faults += [f"{leased:,} addresses are leased"] if leased else []
    if waiting + leased > known:
        faults.append(f"the frontier holds {waiting + leased - known:,} addresses that the ledger has ended")
    return faults


def _unknown(session: Session, queue: LeaseQueue) -> list[str]:
    gone = forgotten.all_addresses(session)
    seen = int(queue.server.scard(queue.seen)) - (sum(queue.server.smismember(queue.seen, gone)) if gone else 0)
    known = session.scalar(select(func.count()).where(Address.source == queue.spider.name, Address.is_record)) or 0
    told = f"the frontier has seen {seen - known:,} records that the ledger does not know: `crawlers rebuild`"
    return [told] if seen > known else []


def _endless(session: Session, name: str, at_most: int) -> list[str]:
    records = session.scalar(select(func.count()).where(Address.source == name, Address.is_record)) or 0
    return [f"it names more than {at_most:,} records, which were not all taken"] if records >= at_most else []


def _unexplained(session: Session, name: str) -> list[str]:
    without_page = select(func.count()).where(
        Address.source == name, Address.state.in_(ENDED_WITH_A_PAGE), Address.page_id.is_(None)
    )
    captured = exists().where(Capture.page_id == Page.id, Capture.kind == archive.RESPONSE)
    bare = Page.headers.has_key(forgotten.MARK)  # its bytes were forgotten, other documents of it stay
    without_capture = select(func.count()).where(Page.source == name, ~captured, ~bare)
    told = ((without_page, "addresses are stored without a page"), (without_capture, "pages are not in the archive"))
    return [f"{count:,} {what}" for query, what in told if (count := session.scalar(query))]


def _files(session: Session, name: str) -> dict[str, int]:
    """How long each archive file of the site must at least be."""
    query = select(Capture.file, func.max(Capture.offset + Capture.length)).join(Page).where(Page.source == name)
    return {file: end for file, end in session.execute(query.group_by(Capture.file))}  # noqa: C416  no pair to mypy


def _archive_faults(files: dict[str, int]) -> list[str]:
    short = [file for file, end in files.items() if archive.size(file) < end]
    return [f"archive file {file} is missing or cut short" for file in sorted(short)]
