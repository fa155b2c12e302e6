"""The admin over HTTP: who gets in, what a decision does, and what a hostile text cannot do."""

import html
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from infra.cli import app
from storage import db, users
from storage.errors import UsageError
from storage.models import AuditEvent, Claim, Document, Review, State
from storage.review import queue
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving, waiting
from tests.storage.review import room
from tests.storage.rows import add_pair

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    """The admin on a free loopback port, with two users, behind a proxy on this machine."""
    with db.session() as session:
        for name in ("maryam", "reza"):
            users.add(session, name, PASSWORD, "annotator")
        room.settings(session)
    with serving("127.0.0.1") as address:
        yield address


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


def seen(page: httpx.Response) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page.text)
    assert found
    return found.group(1)


def log_in(site: str, name: str = "maryam", password: str = PASSWORD, address: str = "203.0.113.1") -> httpx.Client:
    client = httpx.Client(timeout=60, base_url=site, follow_redirects=True, headers={"x-forwarded-for": address})
    client.post("/login", data={"name": name, "password": password, "csrf": token(client.get("/login"))})
    return client


def decide(client: httpx.Client, number: uuid.UUID, page: httpx.Response, **form: str) -> httpx.Response:
    fields = {"csrf": token(page), "seen": seen(page)} | form
    return client.post(f"/records/{number}/decision", data=fields)


def test_every_page_asks_for_a_log_in(site: str) -> None:
    number = waiting("1")
    with httpx.Client(timeout=60, base_url=site) as client:
        for path in ("/", "/room", "/guide", "/training", "/room/bulk", f"/records/{number}"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert client.post("/logout").status_code == 303


def test_a_wrong_password_does_not_get_in(site: str) -> None:
    with closing(log_in(site, password="wrong horse battery")) as client:
        assert client.get("/").url.path == "/login"


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "wrong"}])
def test_no_change_without_the_token(site: str, form: dict[str, str]) -> None:
    number = waiting("1")
    with closing(log_in(site)) as client:
        assert client.post(f"/records/{number}/decision", data={"decision": "approve", **form}).status_code == 403
        assert client.post("/logout", data=form).status_code == 403
    with httpx.Client(timeout=60, base_url=site) as client:
        assert client.post("/login", data={"name": "maryam", "password": PASSWORD, **form}).status_code == 403
    with db.session() as session:
        assert session.scalars(select(Review)).all() == []


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_no_change_from_another_site(site: str, headers: dict[str, str]) -> None:
    number = waiting("1")
    with closing(log_in(site)) as client:
        page = client.get(f"/records/{number}")
        client.headers.update(headers)
        assert decide(client, number, page, decision="approve").status_code == 403


def test_approve_reject_and_edit_are_rows_that_change_the_state(site: str) -> None:
    approved, rejected, edited = (waiting(str(n)) for n in range(3))
    with closing(log_in(site)) as client:
        for number, form in (
            (approved, {"decision": "approve"}),
            (rejected, {"decision": "reject", "reason": "advertisement"}),
            (edited, {"decision": "edit", "question": "پرسش؟", "answer": "سطر یک\r\n<سطر دو> \u200cنیم"}),
        ):
            assert decide(client, number, client.get(f"/records/{number}"), **form).url.path == f"/records/{number}"
    with db.session() as session:
        states = [session.get_one(Document, n).state for n in (approved, rejected, edited)]
        rows = session.scalars(select(Review).order_by(Review.id)).all()
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert states == [State.APPROVED, State.REJECTED, State.APPROVED]
    assert [(r.decision, r.reason) for r in rows] == [("approve", None), ("reject", "advertisement"), ("edit", None)]
    assert rows[2].text == {"question": "پرسش؟", "answer": "سطر یک\n<سطر دو> \u200cنیم"}
    assert actions[-3:] == ["review approve", "review reject", "review edit"]


@pytest.mark.parametrize(
    "form",
    [
        {"decision": "reject"},
        {"decision": "reject", "reason": "dislike"},
        {"decision": "erase"},
        {"decision": "edit"},
        {},
    ],
)
def test_an_incomplete_decision_changes_nothing(site: str, form: dict[str, str]) -> None:
    number = waiting("1")
    with closing(log_in(site)) as client:
        assert decide(client, number, client.get(f"/records/{number}"), **form).status_code == 422
    with db.session() as session:
        assert session.get_one(Document, number).state == State.REVIEW


def test_what_another_has_open_cannot_be_decided(site: str) -> None:
    number = waiting("1")
    with closing(log_in(site)) as maryam, closing(log_in(site, "reza")) as reza:
        page = reza.get(f"/records/{number}")
        with db.session() as session:
            queue.claim(session, users.named(session, "maryam"), 1)
        assert decide(reza, number, page, decision="approve").status_code == 403
        maryam.post("/logout", data={"csrf": token(maryam.get("/"))})
        assert decide(reza, number, page, decision="approve").status_code == 200
    with db.session() as session:
        assert session.scalars(select(Claim)).all() == []


def test_a_changed_text_is_shown_again(site: str) -> None:
    number = waiting("1")
    with closing(log_in(site)) as client:
        with db.session() as session:
            queue.claim(session, users.named(session, "maryam"), 1)
        page = client.get(f"/records/{number}")
        with db.session() as session:
            add_pair(session, "drhast", "1", answer="پاسخی که پس از نمایش تغییر کرد")
        answer = decide(client, number, page, decision="approve")
    assert answer.status_code == 409
    assert "تغییر کرده" in answer.text
    assert "پاسخی که پس از نمایش" in answer.text


def test_a_closed_account_is_out_at_once(site: str) -> None:
    with closing(log_in(site)) as client:
        assert client.get("/").url.path == "/"
        with db.session() as session:
            users.deactivate(session, "maryam")
        assert client.get("/").url.path == "/login"
        with db.session() as session:
            users.activate(session, "maryam")
        assert client.get("/").url.path == "/login"
    with closing(log_in(site)) as client:
        assert client.get("/").url.path == "/"


def test_a_log_out_ends_a_copied_cookie(site: str) -> None:
    with closing(log_in(site)) as client, httpx.Client(timeout=60, base_url=site, cookies=client.cookies) as copy:
        assert copy.get("/").status_code == 200
        client.post("/logout", data={"csrf": token(client.get("/"))})
        assert copy.get("/").headers["location"] == "/login"


def test_another_password_ends_the_session(site: str) -> None:
    with closing(log_in(site)) as client:
        with db.session() as session:
            users.set_password(session, users.named(session, "maryam"), PASSWORD)
        assert client.get("/").url.path == "/login"


@pytest.mark.parametrize(("late", "status"), [(True, 409), (False, 422)])
def test_what_was_typed_is_not_lost(site: str, late: bool, status: int) -> None:
    number = waiting("1")
    typed = {"question": "پرسشی که دوباره تایپ نمی‌شود", "answer": "سطر یک\r\n<سطر دو>" if late else " "}
    with closing(log_in(site)) as client:
        page = client.get(f"/records/{number}")
        if late:
            decide(client, number, page, decision="approve")
        answer = decide(client, number, page, decision="edit", **typed)
        assert answer.status_code == status
        assert '<details class="card edit" open>' in answer.text
        for text in typed.values():
            assert f">\n{html.escape(text.replace(chr(13), ''))}</textarea>" in answer.text
        assert decide(client, number, answer, decision="edit", question="پرسش", answer="پاسخ").status_code == 200


def test_hostile_text_stays_text(site: str) -> None:
    fields = {"question": HOSTILE, "answer": HOSTILE, "title": HOSTILE, "doctor": HOSTILE, "speciality": HOSTILE}
    number = waiting("1", **fields, url="javascript:alert(3)")
    with closing(log_in(site)) as client:
        page = client.get(f"/records/{number}")
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "javascript:" not in page.text


def test_headers_let_nothing_in(site: str) -> None:
    with httpx.Client(timeout=60, base_url=site) as client:
        for path in ("/login", "/static/style.css", "/nowhere"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
    with httpx.Client(timeout=60, base_url=site) as client:
        cookie = client.get("/login").headers["set-cookie"]
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()


def test_the_fonts_folder_gives_fonts_alone(site: str) -> None:
    with httpx.Client(timeout=60, base_url=site) as client:
        assert client.get("/static/fonts/vazirmatn-latin-wght-normal.woff2").content[:4] == b"wOF2"
        for name in ("__init__.py", "OFL.txt", ""):
            assert client.get(f"/static/fonts/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/records/1", f"/records/{uuid.UUID(int=7)}", "/records/..%2f..%2fetc", "/nowhere"])
def test_what_is_not_there_is_404(site: str, path: str) -> None:
    with closing(log_in(site)) as client:
        assert client.get(path).status_code == 404


def test_another_host_name_is_refused(site: str) -> None:
    with httpx.Client(timeout=60, base_url=site, headers={"host": "evil.example"}) as client:
        assert client.get("/login").status_code == 400


def test_a_form_without_end_is_refused(site: str) -> None:
    with httpx.Client(timeout=60, base_url=site) as client:
        assert client.post("/login", content=iter([b"name=a"])).status_code == 413
        assert client.post("/login", content=b"x" * (5 << 20)).status_code == 413


def test_a_lead_makes_a_question_of_a_record_and_unmakes_it(database: Settings) -> None:
    number = waiting("1")
    with db.session() as session:
        users.add(session, "zahra", PASSWORD, "lead")
        users.add(session, "maryam", PASSWORD, "annotator")
    why = ["--decision", "reject", "--reason", "advertisement", "--fa", "تبلیغ است", "--en", "It sells"]

    def gold(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["gold", *arguments], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    gold("mark", str(number), "--as", "zahra", *why)
    [line] = gold("list").splitlines()
    assert (json.loads(line)["document"], json.loads(line)["explanation_fa"]) == (str(number), "تبلیغ است")
    for command in (["mark", str(number), "--as", "maryam", *why], ["unmark", str(number), "--as", "maryam"]):
        with pytest.raises(UsageError):
            gold(*command)
    gold("unmark", str(number), "--as", "zahra")
    assert gold("list") == ""
    with pytest.raises(UsageError, match="no question"):
        gold("unmark", str(number), "--as", "zahra")
