"""Leads take decisions out of the admin and bring them in; nobody else does."""

import json
import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from sqlalchemy import select

from infra.admin.language import LANGUAGES, words
from storage import db, users
from storage.exchange.entering import Fault
from storage.models import AuditEvent, Decision, Review
from storage.review import decisions
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving
from tests.infra.test_admin import log_in, token
from tests.storage.review.room import judge, person, settings, waiting


@pytest.fixture
def lead(database: Settings) -> Iterator[httpx.Client]:
    with db.session() as session:
        settings(session)
        users.add(session, "zahra", PASSWORD, "lead")
        users.add(session, "reza", PASSWORD, "annotator")
        maryam = person(session)
        for record, decision in enumerate((Decision.APPROVE, Decision.REJECT)):
            number = waiting(session, str(record))
            decisions.decide(session, number, maryam, judge(session, number, maryam, decision))
        waiting(session, "2")
    with serving("127.0.0.1") as site:
        with closing(log_in(site, "reza")) as stranger:
            for path in ("/decisions", "/decisions/export", "/decisions/import"):
                asked = stranger.get(path) if path == "/decisions" else stranger.post(path)
                assert asked.status_code == 403
        with closing(log_in(site, "zahra")) as client:
            yield client


def sent(client: httpx.Client, **form: str) -> httpx.Response:
    return client.post("/decisions/export", data={"csrf": token(client.get("/decisions")), **form})


def brought(client: httpx.Client, name: str, data: bytes, **form: str) -> httpx.Response:
    fields = {"csrf": token(client.get("/decisions")), **form}
    return client.post("/decisions/import", data=fields, files={"file": (name, data)})


def told(page: httpx.Response) -> list[str]:
    """The figures of the report: taken, there already, undecided, left out, wrong."""
    return re.findall(r"<td>([۰-۹]+)</td>", page.text)


def test_a_file_leaves_and_comes_back(lead: httpx.Client) -> None:
    file = sent(lead, format="csv", bom="on", waiting="on")
    assert file.status_code == 200
    assert re.search(r'filename="decisions-\d{8}-\d{6}\.csv"', file.headers["content-disposition"])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert told(brought(lead, "x.csv", file.content)) == ["۰", "۲", "۱", "۰", "۰"]
    with db.session() as session:
        session.query(Review).delete()
    assert told(brought(lead, "x.csv", file.content, dry_run="on")) == ["۲", "۰", "۱", "۰", "۰"]
    assert told(brought(lead, "x.csv", file.content)) == ["۲", "۰", "۱", "۰", "۰"]
    with db.session() as session:
        events = select(AuditEvent.action, AuditEvent.actor).where(AuditEvent.subject == "reviews")
        assert set(session.execute(events)) == {
            ("decisions going out", "zahra"),
            ("decisions sent out", "zahra"),
            ("decisions brought in", "zahra"),
        }


def test_what_is_wrong_is_told_in_persian_and_nothing_is_taken(lead: httpx.Client) -> None:
    rows = [json.loads(text) for text in sent(lead, format="jsonl").text.splitlines()]
    with db.session() as session:
        session.query(Review).delete()
    rows[1]["by"] = "<script>alert(1)</script>"
    data = "\n".join(json.dumps(row) for row in rows).encode()
    page = brought(lead, "x.jsonl", data)
    assert page.status_code == 422
    assert "<b>سطر ۲</b>: کسی به این نام اینجا نیست" in page.text
    assert "چیزی تغییر نکرد" in page.text
    assert "<script>alert" not in page.text
    assert told(brought(lead, "x.jsonl", data, stead="reza")) == ["۲", "۰", "۰", "۰", "۰"]


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [("x.json", b"[]", {}), ("x.csv", b"\xff", {}), ("x.csv", b"a,b", {}), ("x.jsonl", b"{}", {"stead": "nobody"})],
)
def test_a_file_that_cannot_be_read_is_refused(
    lead: httpx.Client, name: str, data: bytes, form: dict[str, str]
) -> None:
    page = brought(lead, name, data, **form)
    assert page.status_code == 422
    assert "چیزی ثبت نشد" in page.text


def test_doors_are_shut_to_other_sites_large_files_and_missing_tokens(lead: httpx.Client) -> None:
    assert lead.post("/decisions/export", data={"format": "csv"}).status_code == 403
    assert lead.post("/decisions/import", data={"csrf": "x"}, files={"file": ("x.csv", b"")}).status_code == 403
    fields = {"csrf": token(lead.get("/decisions")), "format": "csv"}
    assert lead.post("/decisions/export", data=fields, headers={"origin": "https://evil.example"}).status_code == 403
    assert brought(lead, "x.csv", b"x" * (5 << 20)).status_code == 413
    assert sent(lead, format="argilla", every="on").status_code == 422


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_is_told(language: str) -> None:
    assert set(words(language)["faults"]) == {fault.name.lower() for fault in Fault} | {"shape"}


def test_what_is_wrong_is_told_in_english_to_who_reads_english(lead: httpx.Client) -> None:
    lead.cookies.set("look", "en.auto")
    row = json.loads(sent(lead, format="jsonl").text.splitlines()[0])
    with db.session() as session:
        session.query(Review).delete()
    page = brought(lead, "x.jsonl", json.dumps(row | {"by": "nobody"}).encode())
    assert "<b>Line 1</b>: Nobody here has that name" in page.text
    assert brought(lead, "x.jsonl", b"[").text.count("<b>Line 1</b>: It was not read") == 1
