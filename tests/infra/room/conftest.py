"""One browser a module, one site a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from storage.settings import Settings
from tests.infra.room.visiting import CHROMIUM, chromium, people, person, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: see tests/browser.sh")
    with chromium() as started:
        yield started


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    people()
    with serving() as address:
        yield address


@pytest.fixture
def maryam(browser: Browser, site: str) -> Iterator[BrowserContext]:
    with person(browser, site) as context:
        yield context
