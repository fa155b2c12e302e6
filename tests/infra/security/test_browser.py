"""In a real browser: nothing of a hostile text runs, and a second factor is turned on and used as a person does it."""

import datetime as dt
import html
import itertools
import re
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, Route

from infra.admin.guide import VERSION
from infra.admin.pages import web_address
from storage import db, users
from storage.models import Document, Training
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving, waiting

PAYLOADS = (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
AT_ONCE = 14
NUMBERS = itertools.count(1)
FIELDS = ("question", "answer", "title", "doctor", "speciality")
FIRED = "window.fired = 0; for (const f of ['alert', 'confirm', 'prompt']) window[f] = () => { top.fired += 1; };"
FOREIGN = "script:not([src^='/static/']), img, iframe, object, embed, base, meta[http-equiv], svg, style, video, audio"


@pytest.fixture
def page(database: Settings, browser: Browser) -> Iterator[Page]:
    """A lead's page, which counts what runs of a payload; no complaint of it may be left."""
    with db.session() as session:
        leila = users.add(session, "leila", PASSWORD, "lead")
        passed = {"guideline_version": VERSION, "passed_at": dt.datetime.now(dt.UTC)}
        session.add(Training(user_id=leila.id, **passed))
    complaints: list[str] = []
    with serving() as site, browser.new_context(base_url=site) as context:
        context.add_init_script(FIRED)
        opened = context.new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        _log_in(opened)
        opened.wait_for_url("**/")
        yield opened
    assert complaints == []


def _log_in(page: Page) -> None:
    page.goto("/login")
    page.fill("[name=name]", "leila")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def _hostile(batch: list[str]) -> uuid.UUID:
    number = waiting(str(next(NUMBERS)))
    said = "\n".join(batch)
    with db.session() as session:
        document = session.get_one(Document, number)
        for name in FIELDS:
            setattr(document, name, said)
        document.tags, document.url = batch, batch[0]
    return number


def test_nothing_of_a_hostile_text_runs(page: Page) -> None:
    for start in range(0, len(PAYLOADS), AT_ONCE):
        batch = PAYLOADS[start : start + AT_ONCE]
        page.goto(f"/records/{_hostile(batch)}")
        for part in ("question", "answer"):
            assert page.locator(f"[data-part={part}]").evaluate("e => e.textContent") == "\n".join(batch)
        assert page.locator(FOREIGN).count() == 0
        links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert [link for link in links if not re.match(r"/|https?://|#main$", link)] == []
        assert page.evaluate("window.fired") == 0
    page.goto("/room")
    for _ in range(len(PAYLOADS) // AT_ONCE):
        page.locator("#record").wait_for()
        page.keyboard.press("d")
        assert page.locator(FOREIGN).count() == 0
        assert page.evaluate("window.fired") == 0
        page.keyboard.press("a")


def _answer(payload: str, route: Route) -> None:
    route.fulfill(body=payload, content_type="text/html; charset=utf-8")


def test_they_would_run_where_nothing_stood_against_them(browser: Browser) -> None:
    assert len(set(PAYLOADS)) >= 130
    # Of all 121 that call it 65 run by themselves, the others when pressed or elsewhere; a third is enough here.
    running = [each for each in PAYLOADS if re.search(r"alert\(1\)|alert`", each)][::3]
    ran = 0
    with browser.new_context() as context:
        context.add_init_script(FIRED)
        page = context.new_page()
        for number, payload in enumerate(running):
            page.route(f"**/{number}", partial(_answer, payload))
            page.goto(f"http://127.0.0.1/{number}", wait_until="load")
            ran += page.evaluate("window.fired > 0")
    assert ran >= 15


@pytest.mark.parametrize(
    "url",
    [p for p in PAYLOADS if p.startswith("javascript:")]
    + [
        "JAVASCRIPT:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "blob:https://x",
        "file:///etc/passwd",
        "//evil.example",
        "/logout",
        "",
    ],
)
def test_an_address_that_is_none_of_the_web_is_no_link(url: str) -> None:
    assert web_address(url) == ""


def test_a_second_factor_is_turned_on_and_used(page: Page) -> None:
    page.goto("/account")
    page.fill("form[action='/account/second-factor'] [name=password]", PASSWORD)
    page.press("form[action='/account/second-factor'] [name=password]", "Enter")
    box = page.locator("svg.qr").bounding_box()
    assert box
    assert box["width"] >= 150
    secret = page.locator("code.latin").inner_text()
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.press("[name=code]", "Enter")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("button", name="خروج").click()
    page.wait_for_url("**/login")
    _log_in(page)
    page.wait_for_url("**/login/code")
    page.fill("[name=code]", codes[0])
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/")
    assert html.unescape(page.content()).count("leila") == 1
