"""People at the review room in a real browser, and records that wait for them."""

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from infra.admin.guide import VERSION
from storage import db
from storage.models import Review, RoomSettings, Training, User
from tests.infra.admin import PASSWORD
from tests.infra.security.clients import cookie

PEOPLE = {"maryam": "annotator", "reza": "annotator", "sara": "lead"}
SCREENS = Path(os.environ.get("SCREENSHOTS", "build/screens"))


def people() -> None:
    """Accounts that have passed the training round, in a room without blind decisions; one password's hash for all."""
    with db.session() as session:
        session.merge(RoomSettings(id=1, overlap_share=0, gold_every=1_000_000))
        for name, role in PEOPLE.items():
            session.add(user := User(name=name, role=role, password_hash=_hash()))
            session.flush()
            session.add(Training(user_id=user.id, guideline_version=VERSION, passed_at=dt.datetime.now(dt.UTC)))


@cache
def _hash() -> str:
    return PasswordHasher().hash(PASSWORD)


@contextmanager
def person(browser: Browser, site: str, name: str = "maryam", **options: Any) -> Iterator[BrowserContext]:
    """A logged-in browser context; a script's error or a dialog in it fails the test."""
    size = {"width": 1280, "height": 900}
    context = browser.new_context(base_url=site, **({"viewport": size} | options))
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("dialog", lambda dialog: complaints.append(dialog.message))
    context.on(
        "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
    )
    context.add_cookies([{"name": "tabib", "value": cookie(name), "url": site}])
    context.new_page()
    yield context
    context.close()
    assert complaints == []


def log_in(page: Page, name: str = "maryam") -> None:
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")


def room(context: BrowserContext) -> Page:
    """The room in the context's first page, with a record in front."""
    page = context.pages[0]
    page.goto("/room")
    page.locator("#record").wait_for()
    return page


def in_front(page: Page) -> str:
    return page.locator("[data-part=question]").inner_text()


def type_over(page: Page, pairs: list[dict[str, str]]) -> None:
    """Edit one record after the other by keyboard, putting the texts into the editor's boxes as input."""
    page.evaluate(TYPE_OVER, pairs)


def sent(page: Page) -> None:
    """Wait until nothing waits to be sent."""
    page.wait_for_function("() => document.querySelector('#state').dataset.state === 'fine'")
    until(lambda: not _outbox(page))


def _outbox(page: Page) -> int:
    return int(page.evaluate(COUNT))


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    ended = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        ended.wait(0.05)
    raise AssertionError("it did not become true")


def decisions() -> list[tuple[str, str | None]]:
    """All decisions that stand, in the order they were made."""
    with db.session() as session:
        rows = session.scalars(select(Review).where(Review.undone_at.is_(None)).order_by(Review.id)).all()
    return [(row.decision, row.reason) for row in rows]


COUNT = """async () => {
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) => name.startsWith("tabib-room-"));
  const opened = indexedDB.open(name);
  const database = await new Promise((done) => { opened.onsuccess = () => done(opened.result); });
  const count = await new Promise((done) => {
    database.transaction("outbox").objectStore("outbox").count().onsuccess = (event) => done(event.target.result);
  });
  database.close();
  return count;
}"""
TYPE_OVER = """async (pairs) => {
  const shown = async (selector) => {
    while (document.querySelector(selector).hidden) await new Promise((done) => setTimeout(done));
  };
  const press = (code, more) => {
    const event = new KeyboardEvent("keydown", { code, bubbles: true, ...more });
    (document.querySelector("#editor:not([hidden]) textarea") ?? document.body).dispatchEvent(event);
  };
  for (const fields of pairs) {
    await shown("#record");
    press("KeyE");
    await shown("#editor");
    for (const [name, text] of Object.entries(fields)) {
      const box = document.querySelector(`#editor [name=${name}]`);
      box.value = text;
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    press("Enter", { ctrlKey: true });
  }
}"""
