"""Log-in through an organisation's provider: a real one on loopback, its good tokens and every kind of bad one."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from storage import db, users
from storage.errors import UsageError
from storage.models import AuditEvent
from storage.settings import Settings, settings
from tests.infra.admin import PASSWORD, serving
from tests.infra.house import House
from tests.infra.security.openid import CLIENT, SECRET, Provider, provider
from tests.infra.security.test_second_factor import turned_on

BEGIN = "/login/organisation"
SUBJECT = "248289761001"


@pytest.fixture
def organisation(database: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The provider, known to the admin, whose one person has an account here."""
    with db.session() as session:
        users.add(session, "maryam", PASSWORD, "annotator")
        users.link(session, "maryam", SUBJECT, None)
    with provider() as own:
        monkeypatch.setenv("TABIB_OIDC_ISSUER", own.issuer)
        monkeypatch.setenv("TABIB_OIDC_CLIENT_ID", CLIENT)
        monkeypatch.setenv("TABIB_OIDC_CLIENT_SECRET", SECRET)
        settings.cache_clear()
        yield own
    settings.cache_clear()


@pytest.fixture
def site(organisation: Provider) -> Iterator[str]:
    with serving() as address:
        yield address


def browser(site: str) -> httpx.Client:
    return httpx.Client(base_url=site)


def sent_back(opened: httpx.Client) -> str:
    """Go to the provider and come back to this address."""
    there = opened.get(BEGIN).headers["location"]
    return str(httpx.get(there).headers["location"])


def entered(opened: httpx.Client) -> bool:
    return opened.get("/").status_code == 200


def test_a_linked_account_gets_in_and_nothing_of_the_way_stays(site: str) -> None:
    with closing(browser(site)) as opened:
        begun = opened.get(BEGIN)
        kept = begun.headers["set-cookie"].lower()
        assert "httponly" in kept
        assert "samesite=lax" in kept
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len({asked[name][0] for name in ("state", "nonce", "code_challenge")}) == 3
        answer = opened.get(str(httpx.get(begun.headers["location"]).headers["location"]))
        assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/")
        assert "tabib_organisation" not in opened.cookies
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        assert entered(opened)
    with db.session() as session:
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "logged in"


Bad = dict[str, Any]


@pytest.mark.parametrize(
    "bad",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"sub": "a stranger's"},
        {"sub": "a stranger's", "email": "maryam@clinic.example", "email_verified": False},
    ],
)
def test_a_token_that_says_otherwise_opens_nothing(site: str, organisation: Provider, bad: Bad) -> None:
    organisation.claims = lambda good: {name: each for name, each in (good | bad).items() if each is not None}
    with closing(browser(site)) as opened:
        assert opened.get(sent_back(opened)).status_code == 422
        assert not entered(opened)


@pytest.mark.parametrize("how", ["unsigned", "by_secret", "by_a_strangers_key", "by_a_key_not_listed", "garbage"])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(site: str, organisation: Provider, how: str) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one" if how == "by_a_strangers_key" else "two"})
    ways = {"unsigned": organisation.unsigned, "by_secret": organisation.by_secret, "garbage": lambda _: "a.b.c"}
    organisation.sign = ways.get(how, lambda claims: organisation.signed(claims, stranger))
    with closing(browser(site)) as opened:
        assert opened.get(sent_back(opened)).status_code == 422
        assert not entered(opened)


def test_new_keys_are_read(site: str, organisation: Provider) -> None:
    for kid in ("one", "two"):
        organisation.key = RSAKey.generate_key(2048, {"kid": kid})
        organisation.listed = [organisation.key]
        with closing(browser(site)) as opened:
            opened.get(sent_back(opened))
            assert entered(opened)


def test_what_comes_back_must_have_begun_here(site: str) -> None:
    with closing(browser(site)) as victim, closing(browser(site)) as other:
        others = sent_back(other)
        assert victim.get(others).status_code == 422  # another's code slipped under one's nose
    for old, new in (
        ("state=", "state=x"),
        ("?", "?iss=https://evil.example&"),
        ("code=", "kode="),
        ("code=", "code=x"),
    ):
        with closing(browser(site)) as opened:
            assert opened.get(sent_back(opened).replace(old, new, 1)).status_code == 422
            assert not entered(opened)


def test_a_code_or_its_cookie_serves_once(site: str) -> None:
    with closing(browser(site)) as opened, closing(browser(site)) as thief:
        back = sent_back(opened)
        thief.cookies = httpx.Cookies(opened.cookies)
        opened.get(back)
        assert entered(opened)
        assert thief.get(back).status_code == 422
        assert not entered(thief)


def test_a_verified_e_mail_counts_once(site: str, organisation: Provider) -> None:
    with db.session() as session:
        users.link(session, "maryam", None, "maryam@CLINIC.example")
    for subject, gets_in in (("first", True), ("first", True), ("who has the address later", False)):
        organisation.person["sub"] = subject
        with closing(browser(site)) as opened:
            opened.get(sent_back(opened))
            assert entered(opened) is gets_in


def test_a_closed_account_stays_out_and_a_second_factor_is_asked_for(site: str) -> None:
    turned_on(site)
    with closing(browser(site)) as opened:
        assert opened.get(sent_back(opened)).headers["refresh"] == "0; url=/login/code"
        assert not entered(opened)
    with db.session() as session:
        users.deactivate(session, "maryam")
    with closing(browser(site)) as opened:
        assert opened.get(sent_back(opened)).status_code == 422


def test_a_provider_that_is_not_there_is_told(organisation: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_OIDC_ISSUER", f"{organisation.issuer}/other")
    settings.cache_clear()
    with serving() as site, closing(browser(site)) as opened:
        assert opened.get(BEGIN).status_code == 503
    monkeypatch.setenv("TABIB_OIDC_ISSUER", "http://provider.example")
    settings.cache_clear()
    with pytest.raises(UsageError, match="https://HOST"):
        settings()
    monkeypatch.delenv("TABIB_OIDC_ISSUER")
    settings.cache_clear()
    with serving() as site, closing(browser(site)) as opened:
        assert opened.get(BEGIN).status_code == 404
        assert BEGIN not in opened.get("/login").text


def test_links_are_made_from_the_command_line(organisation: Provider, database: Settings) -> None:
    house = House(database.home)
    with db.session() as session:
        users.add(session, "reza", PASSWORD, "lead")
    assert "linked with it already" in house.infra("user", "link", "reza", "--subject", SUBJECT, status=2)
    assert "by password alone" in house.infra("user", "link", "maryam")
    assert "through the organisation" in house.infra("user", "link", "reza", "--subject", SUBJECT)
