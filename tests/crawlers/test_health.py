"""A broken reader is noticed within fifty pages of the whole farm, its output kept apart, and a mended one heals it."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from sqlalchemy import func, select

from crawlers import health, reparse, watch
from crawlers.forum import read_forum
from crawlers.frontier.queue import WINDOW
from crawlers.health import Broken, broken, chance, letters
from crawlers.reading import PageReading, ParsedPage
from crawlers.spiders import isovisit, sites
from storage import db, quarantine, selection, verdicts
from storage.documents import DocumentFields
from storage.models import Document, Page
from storage.settings import Settings
from tests.crawlers import farm
from tests.crawlers.visiting import frontier

PAIR = DocumentFields("qa", "1", "u", title="ت", question="پ", answer="ج", doctor="د")
MUST = {"document": 0.9, "title": 0.9, "doctor": 0.5}


def entries(*had: str) -> list[bytes]:
    return [f"{letters}:".encode() + bytes(16) for letters in had]


def test_letters_name_what_every_document_of_a_page_has() -> None:
    assert letters(PageReading((PAIR,))) == "dtqaw"
    assert letters(PageReading((PAIR, DocumentFields("qa", "1", "u", 1, question="پ", answer="ج")))) == "dqa"
    assert letters(PageReading(unanswered=True)) == ""
    assert letters(PageReading(problems=("no question",))) == ""


def test_chance_is_the_binomial_distribution() -> None:
    assert chance(0, 4, 0.5) == pytest.approx(1 / 16)
    assert chance(4, 4, 0.5) == pytest.approx(1)
    assert chance(1, 3, 0.9) == pytest.approx(0.1**3 + 3 * 0.9 * 0.1**2)


@pytest.mark.parametrize(("share", "pages"), [(0.9, 6), (0.5, 20), (0.3, 39)])
def test_a_reader_that_finds_nothing_is_noticed_well_within_the_window(share: float, pages: int) -> None:
    assert pages <= WINDOW
    assert not broken(entries(*[""] * (pages - 1)), {"document": share}, {})
    assert broken(entries(*[""] * pages), {"document": share}, {}) == [Broken("document", 0, pages, share)]


def test_a_reader_that_fails_on_every_other_page_is_noticed_too() -> None:
    assert broken(entries(*["dt", ""] * (WINDOW // 2)), {"document": 0.9}, {})


@pytest.mark.parametrize("found", [44, 45, 50])
def test_a_window_as_the_site_states_is_sound(found: int) -> None:
    assert not broken(entries(*["d"] * found, *[""] * (WINDOW - found)), {"document": 0.9}, {})


def test_a_field_that_the_farm_never_saw_is_no_fault_and_one_that_it_did_is() -> None:
    window = entries(*["dt"] * WINDOW)
    seen = {"pages": 200, "d": 200, "t": 200, "w": 180}
    assert not broken(window, MUST, {})
    assert not broken(window, MUST, seen | {"w": 2})
    assert [str(fault) for fault in broken(window, MUST, seen)] == [
        "doctor on 0 of the newest 50 records, 50% is the least"
    ]


def test_fields_are_judged_on_pages_that_gave_a_document() -> None:
    window = entries(*["dtw"] * 25, *[""] * 25)
    assert not broken(window, {"document": 0.3, "doctor": 0.9}, {"pages": 200, "d": 100, "w": 100})


def test_only_a_page_that_lacks_something_is_worth_judging() -> None:
    assert not health.lacking(entries("dtw")[0], MUST)
    assert health.lacking(entries("dt")[0], MUST)


def test_a_watched_site_is_quarantined_once(database: Settings, caplog: pytest.LogCaptureFixture) -> None:
    from storage import sources

    queue = frontier()
    with db.session() as session:
        sources.ensure(session, "drhast", "drhast.com")
    queue.server.lpush(queue.window, *entries(*[""] * WINDOW))
    watch.look(queue)
    watch.look(queue)
    assert caplog.text.count("its reader is taken for broken: document on 0 of the newest 50 records") == 1


class Redesigned(BaseHTTPRequestHandler):
    """isovisit.com, whose records from the number `new_from` on are laid out anew."""

    records, new_from = 130, 61
    protocol_version = "HTTP/1.1"
    sections: ClassVar = ("section-show-question", "question-2026")

    def do_GET(self) -> None:
        number = self.path.split("/")[2] if self.path.startswith("/questions/") else ""
        if number:
            section = self.sections[int(number) >= self.new_from]
            body = farm.RECORD.format(number).replace(self.sections[0], section)
            body = body if section == self.sections[0] else body.replace('class="card', 'class="tile')
        else:
            links = (f'<a href="/questions/{n}/x">{n}</a>' for n in range(1, self.records + 1))
            body = f"<html><body>{''.join(links)}</body></html>" if self.path == "/questions" else ""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def redesigned() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Redesigned)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([farm.CRAWLERS, *arguments], capture_output=True, text=True, timeout=100, check=False)


def counted() -> tuple[int, int, int]:
    """Pages, documents, and documents that cleaning may see."""
    with db.session() as session:
        pages, documents = (session.scalar(select(func.count()).select_from(t)) or 0 for t in (Page, Document))
        assert len(list(selection.selected(session, "0" * 64))) == verdicts.unjudged(session, "0" * 64)
        return pages, documents, verdicts.unjudged(session, "0" * 64)


def test_a_site_that_changes_is_noticed_kept_apart_and_healed(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redesigned() as base:
        done = farm.run("isovisit", "--connect-to", f"*={base}", "--delay", "0", "--until-idle", "--processes", "2")
    assert "isovisit: its reader is taken for broken: document on" in done.stderr
    pages, documents, seen = counted()
    assert pages == Redesigned.records + 1, "every page is archived"
    assert documents < Redesigned.new_from
    assert documents - WINDOW <= seen <= documents, "what it read last is kept apart"
    told = command("health", "isovisit", "--json")
    [found] = json.loads(told.stdout)
    assert (told.returncode, found["sound"], found["kept_apart"] > 0) == (1, False, True)
    assert "`crawlers reparse NAME --write`" in told.stderr
    assert 'tabib_reader_sound{site="isovisit"} 0.0' in command("health", "isovisit", "--metrics").stdout
    _heal(monkeypatch)
    assert counted()[1:] == (Redesigned.records, Redesigned.records)
    assert command("health", "isovisit").returncode == 0
    assert farm.stored() == {
        ("isovisit", "qa", str(n), 0): (
            f"https://isovisit.com/questions/{n}/x",
            f"عنوان {n}",
            f"پرسش {n}",
            answer,
            None,
        )
        for n in range(1, Redesigned.records + 1)
        for answer in [f"پاسخ شماره {n}"]
    }


def test_reading_again_keeps_what_a_reader_that_fails_cannot_read(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redesigned() as base:
        monkeypatch.setattr(Redesigned, "records", 8)
        assert farm.run("isovisit", "--connect-to", f"*={base}", "--delay", "0", "--until-idle").returncode == 0
    monkeypatch.setattr(sites()["isovisit"], "read_record", lambda *_: 1 / 0)
    found = reparse.compare(sites()["isovisit"])
    assert (found.gone, sum(found.problems.values())) == (0, 8)
    reparse.write(frontier("isovisit"), found)
    assert counted()[1] == 8


def _heal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a developer mends the reader: the new section and boxes beside the old."""
    site = sites()["isovisit"]
    mended = isovisit.ForumPage(
        scope=("section.section-show-question", "section.question-2026"),
        blocks=(".card", ".tile"),
        question=(".card-body", ".tile-body"),
        answer=(".card-body", ".tile-body"),
    )

    def read_record(page: ParsedPage, record: str) -> PageReading:
        return read_forum(page, record, mended)

    monkeypatch.setattr(site, "read_record", read_record)
    stored = counted()[1]
    found = reparse.compare(site)
    assert (found.unchanged, found.added, found.gone) == (stored, Redesigned.records - stored, 0)
    assert f"documents: {stored:,} as stored, {Redesigned.records - stored:,} new, 0 no longer given" in reparse.lines(
        found
    )
    assert counted()[1] == stored, "nothing is written before it is shown"
    reparse.write(frontier("isovisit"), found)
    with db.session() as session:
        assert quarantine.all_of(session) == {}
