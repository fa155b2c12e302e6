"""The machine's Chromium, driven for one page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page


@contextmanager
def open_page(address: str) -> Iterator[tuple["Page", list[str], list[str]]]:
    """The opened page, what it wrote to its console, and every address it asked for; skips where no browser is."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        told: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.evaluate("document.fonts.ready.then(() => true)")
        # A data URI is no request to anywhere, though the browser lists it as one.
        yield page, told, [url for url in asked if not url.startswith("data:")]
