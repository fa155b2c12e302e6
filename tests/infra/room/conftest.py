"""One browser a module, one site a test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from storage.settings import Settings
from tests.infra.admin import serving
from tests.infra.room.visiting import people, person


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    people()
    with serving() as address:
        yield address


@pytest.fixture
def maryam(browser: Browser, site: str) -> Iterator[BrowserContext]:
    with person(browser, site) as context:
        yield context
