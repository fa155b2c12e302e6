"""The leads' and operators' pages in a real browser: axe finds nothing serious, no policy is broken.

None is wider than its screen. The screenshots stay under build/screens to be looked at.
"""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from storage import db, sources, users
from storage.models import Address, Document, Review
from storage.review import aside
from tests.infra.admin import waiting
from tests.infra.leads.test_manage import decided
from tests.infra.room.visiting import SCREENS
from tests.infra.security.clients import cookie

DESK, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
PLACES = [("light", DESK, "fa"), ("dark", DESK, "en"), ("dark", PHONE, "fa"), ("light", PHONE, "en")]
SERIOUS = ("serious", "critical")
HOSTILE = "<img src=x onerror=alert(1)>" + "ب" * 200


def furnished() -> dict[str, str]:
    """The pages' addresses, over a few records with all that can be shown of them."""
    numbers = [waiting(str(n), answer=f"پاسخ {n} {HOSTILE if n == 2 else ''}") for n in range(1, 40)]
    decided(numbers[0], "maryam", "متن نخست")
    decided(numbers[0], "sara", "متن دوم")
    with db.session() as session:
        people = {name: users.named(session, name) for name in ("maryam", "reza")}
        aside.flag(session, people["maryam"], numbers[1], "این را ببینید", uuid.uuid4())
        for n, number in enumerate(numbers[4:34]):
            content = session.get_one(Document, number).content_sha256
            common = {
                "document_id": number,
                "content_sha256": content,
                "purpose": "blind",
                "blind": True,
                "seconds": 5.0 + n,
            }
            session.add(Review(user_id=people["maryam"].id, decision="approve" if n % 3 else "edit", **common))
            other = {"decision": "reject", "reason": "advertisement"} if n % 5 == 0 else {"decision": "approve"}
            session.add(Review(user_id=people["reza"].id, **other, **common))
        sources.ensure(session, "drhast", "drhast.com")
        for n in range(30):
            row = {"source": "drhast", "url": f"https://drhast.com/q/{n}", "is_record": True}
            state = {"state": "failed", "cause": "HTTP 500"} if n % 7 == 0 else {"state": "stored"}
            session.add(Address(fingerprint=uuid.uuid4(), **row, **state))
    key = f"?key={numbers[0]}"
    return {
        "review": "/review",
        "assign": "/assign?look=1&sources=drhast",
        "farm": "/farm",
        "manage": "/manage",
        "rows": "/manage/documents?q=پاسخ",
        "row": f"/manage/documents/record{key}",
        "source": "/manage/sources/record?key=drhast",
    }


def test_every_page_is_accessible_and_keeps_to_the_policy(browser: Browser, site: str) -> None:
    places = furnished()
    faults: list[str] = []

    def complained(words: object) -> None:
        faults.append(str(words))

    for scheme, size, language in PLACES:
        context = browser.new_context(base_url=site, color_scheme=scheme, viewport=size)
        jar = {"tabib": cookie("admin"), "look": f"{language}.auto"}
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in jar.items()])
        page = context.new_page()
        page.on("console", lambda message: complained(message.text))
        page.on("pageerror", complained)
        for name, path in places.items():
            page.goto(path)
            page.locator("summary").evaluate_all("all => all.slice(1).forEach(one => one.parentElement.open = true)")
            _kept(page, f"{name}-{scheme}-{size['width']}-{language}")
            faults += _found(page, name)
        context.close()
    assert "\n".join(faults) == ""


def _kept(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"leads-{name}.png", full_page=True)


def _found(page: Page, name: str) -> list[str]:
    told = Axe().run(page).response["violations"]
    serious = [f"{name}: {each['id']} {each['nodes'][0]['target']}" for each in told if each["impact"] in SERIOUS]
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return serious + ([f"{name}: wider than its screen"] if wide else [])


@pytest.mark.parametrize("role", ["annotator", "lead", "operator", "admin"])
def test_each_role_is_led_to_its_own_pages(browser: Browser, site: str, role: str) -> None:
    context = browser.new_context(base_url=site)
    context.add_cookies([{"name": "tabib", "value": cookie(role), "url": site}])
    page = context.new_page()
    page.goto("/")
    ways = page.locator("header nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    own = {"lead": {"/review", "/assign", "/manage"}, "operator": {"/farm", "/manage"}, "annotator": set()}
    expected = own.get(role, {"/review", "/assign", "/farm", "/manage"})
    assert set(ways) & {"/review", "/assign", "/farm", "/manage"} == expected
    assert all((page.goto(way) or page).status == 200 for way in expected)
    context.close()
