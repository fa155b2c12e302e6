"""Log-in, account and decision pages in the language that a browser chose, with its direction, refusals included."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pyotp
import pytest

from infra.admin.language import DIRECTIONS, LANGUAGES, words
from storage import db, users
from storage.settings import Settings
from tests.infra.admin import PASSWORD, serving
from tests.infra.security.clients import client, post
from tests.infra.test_admin import log_in, token

FACTOR = "/account/second-factor"
Ask = Callable[[httpx.Client], httpx.Response]
PAGES: dict[str, Ask] = {
    "log-in": lambda opened: opened.get("/login"),
    "wrong password": lambda opened: post(opened, "/login", form={"name": "zahra", "password": "x"}),
    "account": lambda opened: opened.get("/account"),
    "no password": lambda opened: post(opened, FACTOR, form={"password": "x"}),
    "secret": lambda opened: post(opened, FACTOR, form={"password": PASSWORD}),
    "wrong code": lambda opened: post(opened, f"{FACTOR}/confirm", form={"code": "x"}),
    "weak password": lambda opened: post(opened, "/account/password", form={"password": PASSWORD, "new": "x"}),
    "organisation": lambda opened: opened.get("/login/organisation"),
    "files": lambda opened: opened.get("/decisions"),
    "no form": lambda opened: post(opened, "/decisions/export", form={"format": "x"}),
    "no file": lambda opened: post(opened, "/decisions/import", form={"file": "x"}),
    "not theirs": lambda opened: opened.get("/farm"),
}


@pytest.fixture
def site(database: Settings) -> Iterator[str]:
    with db.session() as session:
        users.add(session, "zahra", PASSWORD, "lead")
    with serving() as address:
        yield address


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_account_and_of_files_is_in_the_chosen_language(site: str, language: str) -> None:
    with client(site, "zahra") as opened:
        opened.cookies.set("look", f"{language}.auto")
        for name, ask in PAGES.items():
            assert _wrong(ask(opened), language) == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_factors_pages_are_too(site: str, language: str) -> None:
    with client(site, "zahra") as opened:
        opened.cookies.set("look", f"{language}.auto")
        secret = re.search(
            r'<code class="latin">([A-Z2-7]{32})</code>', post(opened, FACTOR, form={"password": PASSWORD}).text
        )
        assert secret
        codes = post(opened, f"{FACTOR}/confirm", form={"code": pyotp.TOTP(secret[1]).now()})
        assert codes.text.count("<li><code>") == 10
        assert _wrong(codes, language) == []
    with closing(log_in(site, "zahra")) as opened:
        opened.cookies.set("look", f"{language}.auto")
        asked = opened.get("/login/code")
        refused = opened.post("/login/code", data={"csrf": token(asked), "code": "000000"})
        assert words(language)["factor"]["wrong"] in refused.text
        assert [*_wrong(asked, language), *_wrong(refused, language)] == []


def _wrong(answer: httpx.Response, language: str) -> list[str]:
    """What a page of this language should not have; the menu of languages names each in its own."""
    text = html.unescape(answer.text).replace(f">{LANGUAGES['fa']}<", "><")
    begins = f'<html lang="{language}" dir="{DIRECTIONS[language]}"'
    main = text[text.find("<main") :]
    wrong = [] if begins in text and main.startswith('<main id="main" tabindex="-1">') else [text[:200]]
    persian = re.findall("[آ-ی]+", text if language == "en" else main)
    return wrong + (persian if language == "en" else [] if persian else ["nothing in Persian"])
