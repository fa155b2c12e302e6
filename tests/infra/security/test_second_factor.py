"""A second factor: turned on by its owner, asked for at log-in, each code once, and lost without being locked out."""

import re
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from infra.admin import totp
from storage import db, users
from storage.errors import DataDamaged, UsageError
from storage.models import AuditEvent, RecoveryCode, User
from storage.settings import Settings, settings
from tests.infra.admin import PASSWORD, serving
from tests.infra.house import House
from tests.infra.security.clients import client, post
from tests.infra.test_admin import log_in, token

SECOND = "/account/second-factor"
# Appendix B of RFC 6238 for SHA-1, its eight digits cut to the last six as 6-digit codes are.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    """The admin with an annotator and a lead."""
    with db.session() as session:
        users.add(session, "maryam", PASSWORD, "annotator")
        users.add(session, "leila", PASSWORD, "lead")
    with serving("127.0.0.1") as address:
        yield address


def turned_on(site: str, name: str = "maryam") -> tuple[str, list[str]]:
    """The secret and the recovery codes of an account whose second factor was turned on through its page."""
    with client(site, name) as opened:
        shown = post(opened, SECOND, form={"password": PASSWORD})
        secret = re.search(r'<code class="latin">([A-Z2-7]{32})</code>', shown.text)
        assert secret
        assert '<svg xmlns="http://www.w3.org/2000/svg"' in shown.text or "<svg " in shown.text
        answer = post(opened, f"{SECOND}/confirm", form={"code": pyotp.TOTP(secret[1]).now()})
        assert answer.status_code == 200
        codes = re.findall(r"<li><code>([a-z2-7-]{29})</code>", answer.text)
        assert len(set(codes)) == 10
    with db.session() as session:  # so that a test need not wait for the next code
        session.execute(update(User).values(totp_step=None))
    return secret[1], codes


def by_code(opened: httpx.Client, code: str) -> httpx.Response:
    form = {"code": code, "csrf": token(opened.get("/login/code"))}
    return opened.post("/login/code", data=form, follow_redirects=False)


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert totp.matching_step(RFC_SECRET, code, at) == at // 30
    assert totp.matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", at) == at // 30
    assert totp.matching_step(RFC_SECRET, code, at + 30) == at // 30
    assert totp.matching_step(RFC_SECRET, code, at - 30) == at // 30
    assert totp.matching_step(RFC_SECRET, code, at + 90) is None
    assert totp.matching_step(RFC_SECRET, "", at) is None


def test_the_password_alone_opens_nothing(site: str) -> None:
    secret, _ = turned_on(site)
    with closing(log_in(site)) as opened:
        assert opened.get("/login/code").status_code == 200
        for path in ("/", "/training", "/account"):
            assert opened.get(path).url.path == "/login"
    with closing(log_in(site)) as opened:
        assert by_code(opened, "000000").status_code == 403
        assert by_code(opened, pyotp.TOTP(secret).now()).headers["location"] == "/"
        assert opened.get("/").url.path == "/"


def test_a_code_opens_once(site: str) -> None:
    secret, codes = turned_on(site)
    now = pyotp.TOTP(secret).now()
    persian = now.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    for code, statuses in ((persian, [303, 403]), (now, [403]), (codes[3].upper().replace("-", " "), [303, 403])):
        for status in statuses:
            with closing(log_in(site)) as opened:
                assert by_code(opened, code).status_code == status
    with db.session() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[2:] == ["second factor on", "logged in", "recovery code used", "logged in"]


def test_another_accounts_codes_open_nothing(site: str) -> None:
    _, codes = turned_on(site, "leila")
    turned_on(site, "maryam")
    with closing(log_in(site)) as opened:
        assert by_code(opened, codes[0]).status_code == 403


def test_guesses_are_few_from_wherever_they_come(site: str) -> None:
    secret, _ = turned_on(site)
    statuses = []
    for number in range(6):
        with closing(log_in(site, address=f"203.0.113.{number}")) as opened:
            statuses.append(by_code(opened, "000000").status_code)
    assert statuses == [403] * 5 + [429]
    with closing(log_in(site)) as opened:
        assert by_code(opened, pyotp.TOTP(secret).now()).status_code == 429


def test_the_step_between_does_not_last(site: str) -> None:
    secret, _ = turned_on(site)
    with db.session() as session:
        number = users.named(session, "maryam").id
    with client(site, "maryam", user=None, half=number) as opened:
        assert opened.get("/login/code").status_code == 200
    late = int(time.time()) - 301
    with client(site, "maryam", user=None, half=number, at=late) as opened:
        assert post(opened, "/login/code", form={"code": pyotp.TOTP(secret).now()}).headers["location"] == "/login"


def test_turning_on_ends_other_sessions_and_turning_off_needs_a_code(site: str) -> None:
    with client(site, "maryam") as other:
        secret, codes = turned_on(site)
        assert other.get("/").headers["location"] == "/login"
    with client(site, "maryam") as opened:
        assert post(opened, f"{SECOND}/off", form={"code": "000000"}).status_code == 422
        assert post(opened, SECOND, form={"password": PASSWORD}).status_code == 409
        renewed = post(opened, f"{SECOND}/codes", form={"code": codes[0]})
        assert len(re.findall(r"<li><code>", renewed.text)) == 10
        assert codes[1] not in renewed.text
    with client(site, "maryam") as opened:
        assert post(opened, f"{SECOND}/off", form={"code": codes[1]}).status_code == 422
        assert post(opened, f"{SECOND}/off", form={"code": pyotp.TOTP(secret).now()}).headers["location"] == "/login"
    with closing(log_in(site)) as opened:
        assert opened.get("/").url.path == "/"


def test_it_is_not_turned_on_without_the_password_or_a_code(site: str) -> None:
    with client(site, "maryam") as opened:
        assert post(opened, SECOND, form={"password": "wrong horse battery"}).status_code == 422
        assert post(opened, f"{SECOND}/confirm", form={"code": "000000"}).status_code == 422
        assert post(opened, SECOND, form={"password": PASSWORD}).status_code == 200
        assert post(opened, f"{SECOND}/confirm", form={"code": "000000"}).status_code == 422
    with closing(log_in(site)) as opened:
        assert opened.get("/").url.path == "/"


def test_what_is_stored_tells_no_secret(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, codes = turned_on(site)
    with db.session() as session:
        user = users.named(session, "maryam")
        stored = str(user.totp_secret)
        hashes = session.scalars(select(RecoveryCode.hash)).all()
    assert secret not in stored
    assert not set(codes) & set(hashes)
    assert totp.opened(user.id, stored) == secret
    with pytest.raises(DataDamaged, match="totp-reset"):
        totp.opened(user.id + 1, stored)
    monkeypatch.setenv("TABIB_SECRET_KEY", "k" * 40)
    settings.cache_clear()
    with pytest.raises(DataDamaged, match="TABIB_SECRET_KEY"):
        totp.opened(user.id, stored)


def test_a_lost_one_is_reset_from_the_command_line(site: str, database: Settings) -> None:
    turned_on(site)
    house = House(database.home)
    assert "password alone" in house.infra("user", "totp-reset", "maryam")
    assert "Did you mean maryam?" in house.infra("user", "totp-reset", "mariam", status=2)
    with closing(log_in(site)) as opened:
        assert opened.get("/").url.path == "/"


def test_a_role_may_have_to_have_one(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_REQUIRE_SECOND_FACTOR", "lead,admin")
    settings.cache_clear()
    with client(site, "leila") as opened:
        assert opened.get("/").headers["location"] == "/account"
        assert opened.get("/training").headers["location"] == "/account"
    with client(site, "maryam") as opened:
        assert opened.get("/").status_code == 200
    secret, _ = turned_on(site, "leila")
    with client(site, "leila") as opened:
        assert opened.get("/training").status_code == 200
        assert post(opened, f"{SECOND}/off", form={"code": pyotp.TOTP(secret).now()}).status_code == 409
    monkeypatch.setenv("TABIB_REQUIRE_SECOND_FACTOR", "lead,owner")
    settings.cache_clear()
    with pytest.raises(UsageError, match="roles of the admin"):
        settings()
    monkeypatch.delenv("TABIB_REQUIRE_SECOND_FACTOR")
    settings.cache_clear()
