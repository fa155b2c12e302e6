"""The admin with one account of each role, over HTTP and in one browser a module."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from storage import db
from storage.models import User
from storage.settings import Settings
from tests.infra.admin import serving
from tests.infra.room import visiting
from tests.infra.security.clients import client

ROLES = ("annotator", "lead", "operator", "admin")
Opened = Callable[[str | None], httpx.Client]


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    visiting.people()
    with db.session() as session:
        session.add_all([User(name=role, role=role, password_hash=visiting._hash()) for role in ROLES])
    with serving() as address:
        yield address


@pytest.fixture
def opened(site: str) -> Iterator[Opened]:
    with ExitStack() as stack:
        yield lambda who: stack.enter_context(client(site, who))
