"""The queue page in a real browser: Persian right to left in its own font, worked by keyboard, nothing executed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from storage import db
from storage.models import Review
from tests.infra.test_admin import HOSTILE, PASSWORD, site, waiting

__all__ = ["site"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: see tests/browser.sh")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
OFFLINE = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", "var/screenshots"))


@pytest.fixture
def page(site: str) -> Iterator[Page]:
    """A logged-in page; what went wrong in it fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *OFFLINE])
        opened = browser.new_page(base_url=site, viewport={"width": 1200, "height": 900})
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("dialog", lambda dialog: complaints.append(dialog.message))
        opened.goto("/login")
        opened.fill("[name=name]", "maryam")
        opened.fill("[name=password]", PASSWORD)
        opened.press("[name=password]", "Enter")
        opened.wait_for_url("**/")
        yield opened
        browser.close()
    assert complaints == []


def test_persian_is_shown_right_to_left_in_its_font(page: Page) -> None:
    waiting(
        "1", question="سلام دکتر، فشارم 120/80 است و قرص 2.5 mg می‌خورم", answer="با سلام؛ نگران نباشید. (HbA1c = 7.2)"
    )
    page.goto("/queue")
    text = page.locator("[data-part=answer]")
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.evaluate("document.fonts.check('16px Vazirmatn', 'سلام «120»')")
    assert text.evaluate("e => getComputedStyle(e).fontFamily").startswith("Vazirmatn")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "queue.png", full_page=True)


def test_the_queue_is_worked_by_keyboard(page: Page) -> None:
    for record in "12":
        waiting(record)
    page.goto("/queue")
    page.keyboard.press("a")
    page.get_by_text("پرسش 2؟").first.wait_for()
    page.keyboard.press("r")
    page.keyboard.press("6")
    page.keyboard.press("r")
    page.get_by_text("صف خالی است").first.wait_for()
    with db.session() as session:
        rows = session.scalars(select(Review).order_by(Review.id)).all()
    assert [(r.decision, r.reason) for r in rows] == [("approve", None), ("reject", "advertisement")]


def test_keys_typed_into_a_text_are_text(page: Page) -> None:
    waiting("1")
    page.goto("/queue")
    page.keyboard.press("e")
    page.keyboard.type("are1")
    assert "are1" in page.locator("textarea").first.input_value()
    assert page.url.endswith("/queue")


def test_an_edit_is_stored_as_typed(page: Page) -> None:
    waiting("1", answer="\nسطر نخست خالی است\n")
    page.goto("/queue")
    page.locator("summary").first.click()
    box = page.locator("textarea[name=answer]")
    typed = "می\u200cشود\n«120/80» <b>&amp;</b>\n\n  پایان "
    box.fill(typed)
    page.get_by_role("button", name="ذخیره و تأیید").click()
    page.get_by_text("صف خالی است").first.wait_for()
    with db.session() as session:
        assert session.scalars(select(Review)).one().text == {"question": "پرسش 1؟", "answer": typed}


def test_hostile_text_is_not_executed(page: Page) -> None:
    waiting("1", question=HOSTILE, answer=HOSTILE, title=HOSTILE, doctor=HOSTILE)
    page.goto("/queue")
    assert page.locator("[data-part=answer]").inner_text() == HOSTILE
