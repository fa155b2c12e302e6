"""Roles, records of others, and when a session ends."""

import time
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from infra.admin.security import HOURS_IDLE, HOURS_LOGGED_IN
from storage import db, users
from storage.errors import UsageError
from storage.models import Claim, Decision, State, User
from storage.models import Document as Row
from storage.review import Judgement, decisions, queue, showing
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving, waiting
from tests.infra.house import House
from tests.infra.security.clients import client, cookie, post


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    """The admin with two annotators and a lead."""
    with db.session() as session:
        for name, role in (("maryam", "annotator"), ("reza", "annotator"), ("leila", "lead")):
            users.add(session, name, PASSWORD, role)
    with serving() as address:
        yield address


def status(site: str, who: str, number: uuid.UUID) -> int:
    with client(site, who) as opened:
        return opened.get(f"/records/{number}").status_code


def person(name: str) -> User:
    with db.session() as session:
        return users.named(session, name)


def judged(name: str, number: uuid.UUID) -> None:
    with db.session() as session:
        token = showing.shown(session, session.get_one(Row, number)).token
        decisions.decide(session, number, users.named(session, name), Judgement(Decision.APPROVE, token))


def test_what_another_holds_is_theirs_and_the_leads(site: str) -> None:
    number = waiting("1")
    assert [status(site, who, number) for who in ("maryam", "reza", "leila")] == [200, 200, 200]
    with db.session() as session:
        assert queue.claim(session, person("maryam"), 1)
    assert [status(site, who, number) for who in ("maryam", "reza", "leila")] == [200, 403, 200]
    with client(site, "reza") as opened:
        assert post(opened, f"/records/{number}/decision", form={"decision": "approve"}).status_code == 403


def test_what_another_judged_is_theirs_and_the_leads(site: str) -> None:
    number = waiting("1")
    judged("maryam", number)
    assert [status(site, who, number) for who in ("maryam", "reza", "leila")] == [200, 403, 200]
    with db.session() as session:
        session.get_one(Row, number).state = State.REVIEW.value
    assert [status(site, who, number) for who in ("maryam", "reza", "leila")] == [200, 403, 200]


def test_what_is_not_in_the_queue_is_the_leads(site: str) -> None:
    number = waiting("1")
    with db.session() as session:
        session.get_one(Row, number).state = State.KEPT.value
    assert [status(site, who, number) for who in ("maryam", "leila")] == [403, 200]


def test_another_role_ends_the_sessions_and_opens_other_doors(site: str, database: Settings) -> None:
    waiting("1")
    with client(site, "maryam") as before:
        assert before.get("/training").status_code == 200
        assert "operator" in House(database.home).infra("user", "role", "maryam", "operator")
        assert before.get("/training").headers["location"] == "/login"
    with client(site, "maryam") as opened:
        assert opened.get("/training").status_code == 403
    with db.session() as session:
        assert session.scalars(select(Claim)).all() == []
    with pytest.raises(UsageError, match="There are: admin, annotator"), db.session() as session:
        users.set_role(session, "maryam", "owner")


@pytest.mark.parametrize(
    ("changed", "lasts"),
    [
        ({}, True),
        ({"at": -HOURS_LOGGED_IN * 3600 + 60}, True),
        ({"at": -HOURS_LOGGED_IN * 3600}, False),
        ({"seen": -HOURS_IDLE * 3600}, False),
        ({"at": 3600}, False),
    ],
)
def test_a_session_ends_after_a_day_and_when_idle(site: str, changed: dict[str, int], lasts: bool) -> None:
    now = int(time.time())
    with client(site, "maryam", **{name: now + shift for name, shift in changed.items()}) as opened:
        assert (opened.get("/").status_code == 200) is lasts


def test_use_keeps_a_session_awake_but_not_beyond_its_day(site: str) -> None:
    began = int(time.time()) - 3600
    with client(site, "maryam", at=began, seen=began) as opened:
        assert "set-cookie" in opened.get("/").headers
        assert "set-cookie" not in opened.get("/").headers


@pytest.mark.parametrize("changed", [{"mark": "0" * 16}, {"user": 10**6}, {"user": 0}, {"at": 0}, {"seen": 0}])
def test_a_session_that_fits_no_account_is_nobodys(site: str, changed: dict[str, object]) -> None:
    with client(site, "maryam", **changed) as opened:
        assert opened.get("/").headers["location"] == "/login"


def test_a_cookie_that_was_changed_is_nobodys(site: str) -> None:
    whole = cookie("maryam")
    with client(site, None) as opened:
        # The last letter's lower bits say nothing: the one before it is changed.
        changed = whole[:-2] + ("A" if whole[-2] != "A" else "B") + whole[-1]
        for forged in (changed, whole.partition(".")[0], "", "null"):
            opened.cookies.set("tabib", forged)
            assert opened.get("/").headers["location"] == "/login"


CHANGE = "/account/password"


def test_a_password_is_changed_by_who_has_it(site: str) -> None:
    new = "another horse battery"
    with client(site, "maryam") as other, client(site, "maryam") as opened:
        assert post(opened, CHANGE, form={"password": "wrong horse battery", "new": new}).status_code == 422
        assert post(opened, CHANGE, form={"password": PASSWORD, "new": new}).status_code == 200
        assert opened.get("/").status_code == 200
        assert other.get("/").headers["location"] == "/login"
    with db.session() as session:
        assert users.authenticate(session, "maryam", PASSWORD) is None
        assert users.authenticate(session, "maryam", new)


@pytest.mark.parametrize(
    "new",
    [
        *("short", "x" * 257, "Maryam is in this", "my TABIB account", "password for work", "گذرواژهٔ این کار"),
        *("ab" * 8, "1qaz2wsx3edc", "q1w2e3r4t5y6", "iloveyouforever", "abcdefghijklmnop", "Liverpool2025!"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(site: str, new: str) -> None:
    with client(site, "maryam") as opened:
        assert post(opened, CHANGE, form={"password": PASSWORD, "new": new}).status_code == 422
    with db.session() as session:
        assert users.authenticate(session, "maryam", PASSWORD)


def test_a_password_is_not_cut(database: Settings) -> None:
    whole = "kR7!vu2#zq9m" * 21 + "0123"
    with db.session() as session:
        users.add(session, "maryam", whole, "annotator")
    with db.session() as session:
        assert users.authenticate(session, "maryam", whole)
        assert users.authenticate(session, "maryam", whole + "x") is None
        assert users.authenticate(session, "maryam", whole[:-1]) is None


def test_guesses_at_the_present_password_are_few(site: str) -> None:
    wrong = {"password": "wrong horse battery", "new": "another horse battery"}
    with client(site, "maryam") as opened:
        assert [post(opened, CHANGE, form=wrong).status_code for _ in range(6)] == [422] * 5 + [429]
