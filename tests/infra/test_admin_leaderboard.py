"""The leaderboard over HTTP and in a real browser: in Persian, sorted, with intervals; nothing in it is executed."""

import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Browser, Page

from storage import db
from storage.models import Score
from storage.settings import Settings
from tests.infra.boards import finished, scored, several, share
from tests.infra.room.visiting import SCREENS, person
from tests.infra.test_admin import HOSTILE, log_in, site

__all__ = ["site"]


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    with person(browser, site) as maryam:
        yield maryam.pages[0]


def test_nobody_sees_it_without_a_log_in(site: str) -> None:
    answer = httpx.get(f"{site}/leaderboard")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_an_empty_one_says_what_to_do(site: str) -> None:
    with closing(log_in(site)) as client:
        answer = client.get("/leaderboard")
    assert answer.status_code == 200
    assert "evaluator schedule add" in answer.text


def test_it_is_markup_that_its_policy_lets_through(site: str) -> None:
    several()
    with closing(log_in(site)) as client:
        answer = client.get("/leaderboard")
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<[^>]+\sstyle=|<style|<script(?! src=\"/static/)|\son\w+=", answer.text)
    assert answer.text.count("<svg") == (3 + 1) + (4 + 1) * 2 + 1, "a bar a model, and a trend a board of three runs"


def test_a_name_is_text_whatever_it_holds(site: str) -> None:
    several()
    scored(HOSTILE, share(0.6))
    scored("x/merged", share(0.4, f"اختراعی {HOSTILE}"), run=finished("x", 3))
    with closing(log_in(site)) as client:
        text = client.get("/leaderboard").text
    assert HOSTILE not in text
    assert "<img" not in text


def test_a_score_without_bounds_breaks_nothing(site: str) -> None:
    scored("x/merged", share(0.4), run=finished("x", 3))
    with db.session() as session:
        session.query(Score).update({"low": float("nan"), "value": float("inf")})
    with closing(log_in(site)) as client:
        answer = client.get("/leaderboard")
    assert answer.status_code == 200
    assert "—" in answer.text
    assert not re.search(r'"(nan|inf)"', answer.text)


def test_many_models_are_cut_off_and_counted(site: str, database: Settings) -> None:
    for number in range(53):
        scored(f"model-{number}", share(0.2 + number / 100))
    with closing(log_in(site)) as client:
        text = client.get("/leaderboard").text
    assert "و ۳ مدل دیگر" in text
    assert "model-52" in text
    assert "model-2<" not in text


def test_it_reads_in_persian_from_the_best_to_the_last(page: Page) -> None:
    several()
    page.goto("/leaderboard")
    assert page.evaluate("document.fonts.check('16px Vazirmatn', 'سلام «120»')")
    exam = page.locator("section", has_text="exam").filter(has_text="eeeeeeeeeeee")
    cells = exam.locator("table").first.locator("tbody tr")
    assert [cells.nth(n).locator("td").nth(1).locator("bdi").inner_text() for n in range(cells.count())] == [
        "tiny-2/merged",
        "tiny-1/merged",
        "tiny-1/base",
        "tiny-3/merged",
    ]
    old = exam.locator("details", has_text="نسخهٔ")
    assert not old.locator("table").is_visible()
    old.locator("summary").click()
    assert "۳۳٫۰" in old.locator("tbody").inner_text()
    assert cells.nth(0).locator("td").nth(2).inner_text() == "۵۵٫۰ (۴۵٫۰ تا ۶۵٫۰)"
    assert "پذیرفته" in cells.nth(1).inner_text()
    assert "هشدار" in cells.nth(3).inner_text()
    alarm = page.get_by_role("alert")
    assert "tiny-3/merged" in alarm.inner_text()
    assert "−۱۷٫۰ (−۲۷٫۰ … −۸٫۰)" in alarm.inner_text()
    assert "no model folder" in page.locator("section", has_text="ارزیابی خودکار").inner_text()
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "leaderboard.png", full_page=True)


def test_bars_stand_where_their_values_are(page: Page) -> None:
    several()
    page.goto("/leaderboard")
    board = page.locator("section", has_text="dev-pairs").first
    dots = [board.locator(".bar circle").nth(n).bounding_box() for n in range(3)]
    lefts = [dot["x"] for dot in dots if dot]
    assert lefts == sorted(lefts), "fewer bits are better, and drawn further to the left"
    assert len(set(lefts)) == 3
    trend = board.locator(".plot circle")
    assert trend.count() == 3
    xs = [box["x"] for n in range(3) if (box := trend.nth(n).bounding_box())]
    assert xs == sorted(xs)
    assert page.locator(".plot text").first.evaluate("e => getComputedStyle(e).direction") == "ltr"
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0
