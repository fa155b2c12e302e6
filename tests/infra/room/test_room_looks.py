"""Every view in a real browser: axe finds nothing serious, light and dark, at a desk and on a phone; nothing moves.

The screenshots stay under build/screens to be looked at.
"""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from storage import db
from storage.models import Training
from tests.infra.admin import waiting
from tests.infra.room.visiting import SCREENS, person, room

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PLACES = {
    "desk-light": {"viewport": {"width": 1366, "height": 900}, "color_scheme": "light"},
    "desk-dark": {"viewport": {"width": 1366, "height": 900}, "color_scheme": "dark"},
    "phone-light": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
SERIOUS = ("serious", "critical")


def _front(page: Page) -> None:
    page.goto("/room")
    page.locator("#record").wait_for()


def _pressed(*keys: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        _front(page)
        for key in keys:
            page.keyboard.press(key)
        if "e" in keys:
            page.locator("#editor").wait_for()

    return press


def _bulk(page: Page) -> None:
    page.goto("/room/bulk?order=newest")


def _trained(page: Page) -> None:
    page.goto("/training")
    page.keyboard.press("2")
    page.locator(".feedback").wait_for()


VIEWS: dict[str, Callable[[Page], object]] = {
    "home": lambda page: page.goto("/"),
    "guide": lambda page: page.goto("/guide"),
    "training": lambda page: page.goto("/training"),
    "training-told": _trained,
    "bulk": _bulk,
    "room": _front,
    "room-editing": _pressed("d", "e"),
    "room-reasons": _pressed("r"),
    "room-keys": _pressed("?"),
    "room-flag": _pressed("f"),
    "room-measures": _pressed("m", "3"),
    "record": lambda page: page.goto(page.evaluate("'/records/' + localStorage.record")),
    "empty": lambda page: (page.goto("/room"), page.evaluate("document.querySelector('#filters').open = true")),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_view_is_accessible(browser: Browser, site: str, place: str) -> None:
    question = "سلام دکتر، فشارم 120/80 است و قرص 2.5 mg می\u200cخورم. شمارهٔ من [شماره تلفن] است."
    answer = "با سلام؛ نگران نباشید. (HbA1c = 7.2) مصرف را ادامه دهید و سه ماه دیگر آزمایش را تکرار کنید.\nخبر دهید."
    number = waiting(
        "1", question=question, answer=answer, title="فشار خون", doctor="دکتر نمونه", speciality="قلب و عروق"
    )
    waiting("2", question=question, answer=answer)
    with db.session() as session:
        session.query(Training).filter(Training.user_id == 3).update({"answered": {}})
    language = {"name": "look", "value": "en.auto" if place == "phone-light" else "fa.auto", "url": site}
    wrong: dict[str, list[str]] = {}
    with person(browser, site, "sara", **PLACES[place]) as sara:
        sara.add_cookies([language])  # type: ignore[list-item]
        page = sara.pages[0]
        page.goto("/guide")
        page.evaluate(f"localStorage.record = '{number}'")
        for name, go in VIEWS.items():
            go(page)
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENS / f"{name}-{place}.png", full_page=not name.startswith("room-"))
            found = Axe().run(page).response["violations"]
            told = [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in SERIOUS]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wrong[name] = told + ([f"{wide} px too wide"] if wide > 0 else [])
        page.goto("/login")
        page.screenshot(path=SCREENS / f"login-{place}.png")
    assert {name: told for name, told in wrong.items() if told} == {}


def test_persian_reads_right_to_left_in_its_font(browser: Browser, site: str) -> None:
    waiting("1", question="فشارم 120/80 است", answer="HbA1c = 7.2 خوب است")
    with person(browser, site) as maryam:
        page = room(maryam)
        text = page.locator("[data-part=answer]")
        assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert page.evaluate("document.fonts.check('16px Vazirmatn', 'سلام «120»')")
        assert text.evaluate("e => getComputedStyle(e).fontFamily").startswith("Vazirmatn")
        assert page.locator("#why").inner_text() == "پاسخ کوتاه است، ۹ واژه؛ کمترین ۱۵ است."


def test_nothing_moves_while_records_come_and_go(browser: Browser, site: str) -> None:
    for record in range(1, 7):
        waiting(str(record), answer="پاسخ " * (record * 9))
    with person(browser, site) as maryam:
        page = maryam.pages[0]
        page.add_init_script(
            """window.shifts = []; new PerformanceObserver((list) => { for (const e of list.getEntries())
            window.shifts.push(e.value); }).observe({ type: "layout-shift", buffered: true });"""
        )
        room(maryam)
        for _ in range(3):
            page.keyboard.press("a")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("window.shifts.reduce((all, one) => all + one, 0)") < 0.1  # web.dev: "good" is below .1


def test_text_of_the_web_stays_text(browser: Browser, site: str) -> None:
    fields = dict.fromkeys(("question", "answer", "title", "doctor", "speciality"), HOSTILE)
    waiting("1", url="javascript:alert(3)", **fields)
    with person(browser, site) as maryam:
        page = room(maryam)
        page.keyboard.press("d")
        assert page.locator("[data-part=answer]").inner_text() == HOSTILE
        assert page.locator("main img, main script").count() == 0
        assert page.locator("#source").count() == 0
        page.keyboard.press("o")


def test_the_language_and_the_colours_are_kept(browser: Browser, site: str) -> None:
    waiting("1")
    with person(browser, site) as maryam:
        page = room(maryam)
        page.locator(".look summary").click()
        page.select_option("[name=language]", "en")
        page.select_option("[name=theme]", "dark")
        page.locator(".look button").click()
        page.locator("#record").wait_for()
        assert page.locator("html").get_attribute("dir") == "ltr"
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        assert "short, of 9 words" in page.locator("#why").inner_text()
