"""Every route of the admin for every role and for nobody: exactly what the table of docs/security.md says."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from infra.admin.app import application
from infra.admin.security import SecurityHeaders
from storage import db, users
from storage.settings import Settings
from storage.users import ROLES
from tests.infra.admin import PASSWORD, serving, waiting
from tests.infra.security.clients import client, outcome, post

TABLE = Path(__file__).parents[3] / "docs" / "security.md"
ROW = re.compile(r"^\| `(/[^`]*)` \| (GET|POST) \| " + r" \| ".join([r"(yes|no|log in)"] * 5) + r" \|$", re.MULTILINE)
WHO = (None, *ROLES)
FORMS = {
    "/login": {"name": "lead", "password": PASSWORD},
    "/account/second-factor": {"password": PASSWORD},
}
"""What a form must say not to be refused for what it says."""
NEVER = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


class Door(NamedTuple):
    """A route under one verb."""

    path: str
    verb: str


def listed() -> dict[Door, dict[str | None, str]]:
    rows = ROW.findall(TABLE.read_text(encoding="utf-8"))
    return {Door(path, verb): dict(zip(WHO, words, strict=True)) for path, verb, *words in rows}


def doors(routes: list[BaseRoute], before: str = "") -> Iterator[Door]:
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from doors(list(route.routes), before + route.path)
        elif isinstance(route, Mount):
            yield Door(f"{before}{route.path}/…", "GET")
        else:
            assert isinstance(route, Route)
            assert route.methods
            yield from (Door(before + route.path, verb) for verb in sorted(route.methods - {"HEAD"}))


@pytest.fixture
def number(database: Settings) -> uuid.UUID:
    """A record that waits, in a house with one account of each role, named as its role."""
    with db.session() as session:
        for role in ROLES:
            users.add(session, role, PASSWORD, role)
    return waiting("1")


def logged_out(who: str | None) -> bool:
    """Whether this person's sessions were ended, which is what their log-out is for; it counts anew each time."""
    if who is None:
        return False
    with db.session() as session:
        user = users.named(session, who)
        ended, user.logouts = user.logouts > 0, 0
    return ended


def address(door: Door, number: uuid.UUID) -> str:
    path = {"/static/fonts/…": "/static/fonts/vazirmatn-latin-wght-normal.woff2", "/static/…": "/static/style.css"}
    return path.get(door.path) or re.sub(r"\{[^}]+\}", str(number), door.path)


def test_the_table_lists_exactly_what_the_application_has(database: Settings) -> None:
    app = application()
    assert isinstance(app, SecurityHeaders)
    assert isinstance(app.app, Starlette)
    found = list(doors(app.app.routes))
    assert sorted(found) == sorted(listed())
    assert len(found) >= 9


def test_each_door_says_to_each_person_what_the_table_says(number: uuid.UUID) -> None:
    said: dict[Door, dict[str | None, str]] = {}
    with serving() as site:
        for door in listed():
            said[door] = {}
            for who in WHO:
                with client(site, who) as opened:
                    path = address(door, number)
                    answer = opened.get(path) if door.verb == "GET" else post(opened, path, form=FORMS.get(door.path))
                assert answer.status_code < 500, (door, who)
                said[door][who] = "yes" if logged_out(who) else outcome(answer)
    assert said == listed()


@pytest.mark.parametrize(
    ("headers", "csrf"),
    [
        ({}, ""),
        ({}, "a guess"),
        ({"origin": "http://evil.example"}, "token-of-this-session"),
        ({"origin": "null"}, "token-of-this-session"),
        ({"sec-fetch-site": "cross-site"}, "token-of-this-session"),
        ({"sec-fetch-site": "same-site"}, "token-of-this-session"),
    ],
)
def test_a_change_of_another_origin_is_refused(number: uuid.UUID, headers: dict[str, str], csrf: str) -> None:
    changes = [
        (door, who) for door, row in listed().items() for who in WHO if door.verb == "POST" and row[who] == "yes"
    ]
    assert len(changes) >= 8
    with serving() as site:
        for door, who in changes:
            with client(site, who) as opened:
                assert post(opened, address(door, number), headers, csrf).status_code == 403, (door, who)


def test_no_change_by_a_link_and_no_other_verb(number: uuid.UUID) -> None:
    both = {
        door.path for door in listed() if Door(door.path, "GET") in listed() and Door(door.path, "POST") in listed()
    }
    with serving() as site, client(site, "admin") as opened:
        for door in listed():
            path = address(door, number)
            other = "GET" if door.verb == "POST" else "POST"
            refused = [*NEVER, *([] if door.path in both else [other])]
            answers = {verb: _asked(opened, verb, path) for verb in refused}
            assert answers == dict.fromkeys(refused, 405), door


def _asked(opened: httpx.Client, verb: str, path: str) -> int:
    return opened.request(verb, path, headers={"content-length": "0"}).status_code
