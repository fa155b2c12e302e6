"""What a scanner looks for: headers of every answer, cookies, bodies without end, host names, templates and scripts."""

import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

import infra.admin
from infra.admin.app import application
from infra.admin.security import MAX_FORM_BYTES
from storage import db, users
from storage.models import Document
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving, waiting
from tests.infra.security.clients import client, post
from tests.infra.test_admin import HOSTILE
from tests.storage.rows import add_page

ADMIN = Path(infra.admin.__file__).parent
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TELLING = ("server", "x-powered-by", "access-control-allow-origin")


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    """The admin with a lead."""
    with db.session() as session:
        users.add(session, "leila", PASSWORD, "lead")
    with serving() as address:
        yield address


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


def answers(site: str, number: uuid.UUID) -> Iterator[tuple[int, httpx.Response]]:
    """Answers of every kind, each with the status it must have."""
    with client(site, "leila") as opened:
        yield 200, opened.get("/")
        yield 200, opened.get("/static/style.css")
        yield 200, opened.get(f"/records/{number}")
        known = {"if-none-match": opened.get("/static/style.css").headers["etag"]}
        yield 304, opened.get("/static/style.css", headers=known)
        yield 400, opened.get("/", headers={"host": "evil.example"})
        yield 403, post(opened, f"/records/{number}/decision", csrf="")
        yield 404, opened.get("/nowhere")
        yield 404, opened.get("/static/nowhere.css")
        yield 405, opened.put("/")
        yield 413, opened.post("/login", content=b"x" * (MAX_FORM_BYTES + 1))
        yield 422, post(opened, f"/records/{number}/decision", form={"decision": "erase"})
    with client(site, "leila", user="no number") as opened:
        yield 500, opened.get("/")
    with client(site, None) as opened:
        yield 303, opened.get("/")
        yield 403, post(opened, "/login", form={"name": "leila", "password": "wrong"})


def test_every_answer_carries_every_header(site: str) -> None:
    found = list(answers(site, waiting("1")))
    assert len(found) == 14
    for status, answer in found:
        assert answer.status_code == status
        assert policy(answer) == POLICY, status
        assert ALWAYS.items() <= dict(answer.headers).items(), status
        assert not set(TELLING) & set(answer.headers), status
        lasting = answer.request.url.path.startswith("/static/") and status < 400
        assert answer.headers["cache-control"] == ("max-age=86400" if lasting else "no-store"), status
        assert "traceback" not in answer.text.lower()


def test_the_bytes_of_a_page_are_text_in_a_sandbox(site: str) -> None:
    number = waiting("1")
    body = HOSTILE.encode() + b"\xff\x00"
    with db.session() as session:
        session.get_one(Document, number).page_id = add_page(session, url="https://drhast.com/q/2", body=body).id
    with client(site, "leila") as opened:
        answer = opened.get(f"/records/{number}/raw")
        assert answer.content == body
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert policy(answer)["sandbox"] == ""
        assert policy(answer)["default-src"] == "'none'"
        assert "script-src" not in policy(answer)
        assert ALWAYS.items() <= dict(answer.headers).items()
        for absent in (uuid.UUID(int=7), "1", "..%2f..%2fetc"):
            assert opened.get(f"/records/{absent}/raw").status_code == 404


@contextmanager
def public() -> Iterator[TestClient]:
    """The admin as it is behind an HTTPS proxy."""
    with TestClient(application(("review.example.org",), https=True), base_url="https://review.example.org") as opened:
        yield opened


def test_behind_https_cookies_are_the_hosts_alone(site: str) -> None:
    with public() as opened:
        answer = opened.get("/login")
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-tabib=")
    assert {flag.lower() for flag in flags} == {"path=/", "max-age=43200", "httponly", "samesite=strict", "secure"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "review.example.org@evil.example", ""])
def test_a_host_that_is_not_ours_is_refused(site: str, host: str) -> None:
    with client(site, "leila") as opened:
        for headers in ({"host": host}, {"host": host, "x-forwarded-host": "127.0.0.1"}):
            assert opened.get("/", headers=headers).status_code == 400
        assert "evil" not in opened.get("/", headers={"x-forwarded-host": "evil.example"}).text


def test_bodies_without_end_or_measure_are_refused(site: str) -> None:
    with client(site, "leila") as opened:
        assert opened.post("/login", content=iter([b"name=a"])).status_code == 413
        many = "&".join(f"a{number}=1" for number in range(10_000))
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert opened.post("/login", content=many, headers=form).status_code in (400, 403, 413)
        file = {"file": ("a.html", b"<script>alert(1)</script>", "text/html")}
        assert opened.post("/login", files=file).status_code in (400, 403)


@pytest.mark.parametrize(
    ("measures", "status"),
    [
        ("Content-Length: 10\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked", 413),
        ("Content-Length: 10\r\nContent-Length: 11", 400),
        ("Content-Length: 10\r\nTransfer-Encoding: xchunked", 400),
        ("Content-Length: -1", 400),
    ],
)
def test_a_body_of_two_measures_is_refused(site: str, measures: str, status: int) -> None:
    place = urlsplit(site)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as wire:
        wire.sendall(f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n{measures}\r\n\r\n".encode())
        assert wire.recv(12) == f"HTTP/1.1 {status}".encode()


def test_what_is_typed_comes_back_as_text(site: str) -> None:
    with client(site, None) as opened:
        for path in (f"/{HOSTILE}", f"/records/{HOSTILE}", f"/login?name={HOSTILE}"):
            assert "<script>alert" not in opened.get(path).text
        shown = post(opened, "/login", form={"name": HOSTILE, "password": HOSTILE}).text
        assert "alert(1)" not in shown


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+\s*=|javascript:|\|\s*safe\b|autoescape", re.IGNORECASE
)
RISKY = re.compile(
    r"\b(eval|Function|document\.write\w*|insertAdjacentHTML|(inner|outer)HTML|setAttribute\(.on|srcdoc)\b|javascript:"
)


def test_no_template_has_script_or_style_of_its_own() -> None:
    templates = sorted(ADMIN.rglob("*.html"))
    assert len(templates) >= 9
    for template in templates:
        assert INLINE.search(template.read_text(encoding="utf-8")) is None, template.name


def test_no_script_makes_markup_or_code_of_text() -> None:
    scripts = sorted(ADMIN.rglob("*.js"))
    assert scripts
    for script in scripts:
        assert RISKY.search(script.read_text(encoding="utf-8")) is None, script.name


def test_nothing_is_loaded_from_elsewhere(site: str) -> None:
    with client(site, "leila") as opened:
        pages = [
            opened.get(path).text
            for path in ("/", "/room", "/training", "/guide", "/leaderboard", "/account", "/login")
        ]
    pages.append(opened_style(site))
    for shown in pages:
        assert re.findall(r"(?:src|srcset)=\"(?!/)[^\"]*|url\((?!/)[^)]*|@import", shown) == []


def opened_style(site: str) -> str:
    with client(site, None) as opened:
        return opened.get("/static/style.css").text
