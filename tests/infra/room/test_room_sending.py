"""Decisions reach the server once and in order: after a reload, offline, a restart, another log-in, from two tabs."""

import datetime as dt
from contextlib import ExitStack
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route
from sqlalchemy import func, select, update

from storage import db, users
from storage.models import Claim, Decision, Document, Review
from storage.review import Judgement, queue
from storage.review import decisions as made
from storage.review.showing import shown
from storage.settings import Settings
from tests.infra.admin import serving, several
from tests.infra.room.visiting import decisions, in_front, log_in, people, person, room, sent, type_over, until

BEAT = "**/room/beat"
PRESSED = [("a", ("approve", None)), ("2", ("reject", "referral-only")), ("6", ("reject", "advertisement"))]

AIM = """() => new MutationObserver((_, once) => {
  once.disconnect();
  const press = (code) => document.body.dispatchEvent(new KeyboardEvent("keydown", { code, bubbles: true }));
  setTimeout(() => {
    for (const code of ["KeyA", "Digit1", "KeyS"]) press(code);
    document.querySelector("#record").dataset.pressed = "";
  }, 30);
}).observe(document.querySelector("#parts"), { childList: true })"""

KEPT = """async () => {
  const done = (request) => new Promise((told) => { request.onsuccess = () => told(request.result); });
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) => name.startsWith("tabib-room-"));
  const database = await done(indexedDB.open(name));
  const kept = {};
  for (const store of database.objectStoreNames) {
    kept[store] = await done(database.transaction(store).objectStore(store).getAll());
  }
  database.close();
  return JSON.stringify(kept);
}"""


def press(page: Page, keys: str) -> list[tuple[str, str | None]]:
    for key in keys:
        page.keyboard.press(key)
    return [dict(PRESSED)[key] for key in keys]


def test_decisions_made_offline_outlive_a_reload(maryam: BrowserContext) -> None:
    several(8)
    page = room(maryam)
    maryam.route("**/room/events", lambda route: route.abort())
    expected = press(page, "a26")
    page.locator("#state[data-state=offline]", has_text="۳").wait_for()
    page.reload()
    page.locator("[data-part=question]", has_text="پرسش 4؟").wait_for()
    expected += press(page, "6")
    maryam.unroute("**/room/events")
    sent(page)
    assert decisions() == expected


def test_an_answer_that_is_lost_makes_no_second_decision(maryam: BrowserContext) -> None:
    several(8)
    page = room(maryam)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    maryam.route("**/room/events", lose, times=2)
    expected = press(page, "a2")
    sent(page)
    assert lost == [200, 200]
    assert decisions() == expected


def test_decisions_wait_for_a_server_that_restarts(browser: Browser, database: Settings) -> None:
    people()
    several(8)
    with ExitStack() as stack:
        with serving() as site:
            page = room(stack.enter_context(person(browser, site)))
            expected = press(page, "a")
            sent(page)
        expected += press(page, "26")
        page.locator("#state[data-state=offline]").wait_for()
        with serving(port=urlsplit(site).port or 0):
            sent(page)
            stack.close()
    assert decisions() == expected


def test_after_another_log_in_what_waits_is_sent(maryam: BrowserContext) -> None:
    several(8)
    page = room(maryam)
    other = maryam.new_page()
    other.goto("/guide")
    other.get_by_role("button", name="خروج").click()
    other.wait_for_url("**/login")
    expected = press(page, "a26")
    page.locator("#state[data-state=out]").wait_for()
    assert page.locator("#log-in").is_visible()
    log_in(other)
    sent(page)
    assert decisions() == expected


def test_another_person_at_the_same_browser_sends_nothing_of_the_first(maryam: BrowserContext) -> None:
    several(8)
    page = room(maryam)
    maryam.route("**/room/events", lambda route: route.abort())
    press(page, "a")
    page.locator("#state[data-state=offline]").wait_for()
    page.get_by_role("button", name="خروج").click()
    page.wait_for_url("**/login")
    maryam.unroute("**/room/events")
    log_in(page, "reza")
    page = room(maryam)
    expected = press(page, "2")
    until(lambda: len(decisions()) == 1)
    assert decisions() == expected


def test_two_tabs_have_two_records_and_one_sends(maryam: BrowserContext) -> None:
    several(20)
    first = room(maryam)
    second = maryam.new_page()
    second.goto("/room")
    second.locator("#record").wait_for()
    assert in_front(first) != in_front(second)
    for key in "a2a2":
        first.keyboard.press(key)
        second.keyboard.press(key)
    sent(first), sent(second)
    with db.session() as session:
        assert session.scalar(select(func.count(Review.document_id.distinct()))) == 8
        assert session.scalar(select(func.count()).select_from(Review)) == 8


def test_what_was_not_taken_is_told_and_its_text_kept(maryam: BrowserContext) -> None:
    number, _ = several(2)
    page = room(maryam)
    with db.session() as session:
        session.execute(Claim.__table__.delete())
    _decided_by_reza(number)
    page.keyboard.press("e")
    page.locator("#editor [name=answer]").fill("متنی که نباید گم شود")
    page.keyboard.press("Control+Enter")
    page.locator("#not-taken").click()
    told = page.locator("#refused-list li")
    assert "تصمیمی گرفته شده" in told.inner_text()
    assert told.locator("textarea").last.input_value() == "متنی که نباید گم شود"
    assert told.locator("a").get_attribute("href") == f"/records/{number}"
    assert page.locator("#not-taken").is_visible()
    page.keyboard.press("Escape")
    page.locator("#not-taken").wait_for(state="hidden")


def test_what_was_not_taken_cannot_be_undone(maryam: BrowserContext) -> None:
    number, *_ = several(3)
    page = room(maryam)
    with db.session() as session:
        session.execute(Claim.__table__.delete())
    _decided_by_reza(number)
    page.keyboard.press("2")
    page.locator("#not-taken").wait_for()
    page.keyboard.press("u")
    page.locator("#notice", has_text="چیزی برای برگرداندن نمانده").wait_for()
    assert in_front(page) == "پرسش 2؟"


def test_a_decision_that_cannot_be_undone_is_told_once_and_leaves(maryam: BrowserContext) -> None:
    number, *_ = several(3)
    page = room(maryam)
    page.keyboard.press("a")
    sent(page)
    with db.session() as session:
        lead = users.named(session, "sara")
        seen = shown(session, session.get_one(Document, number)).token
        made.decide(session, number, lead, Judgement(Decision.APPROVE, seen))
    maryam.route("**/room/events", lambda route: route.abort())
    page.keyboard.press("u")
    page.locator("#notice", has_text="دوباره پیش روی شماست").wait_for()
    page.keyboard.press("3")
    page.locator("#state[data-state=offline]", has_text="۲").wait_for()
    page.keyboard.press("u")
    page.locator("[data-part=question]", has_text="پرسش 1؟").wait_for()
    maryam.unroute("**/room/events")
    sent(page)
    page.locator("#notice", has_text="دیگر نزد شما نیست").wait_for()
    assert in_front(page) == "پرسش 2؟"
    page.locator("#not-taken", has_text="۱").click()
    assert page.locator("#refused-list li").count() == 1


def test_a_step_before_a_reload_is_undone_by_what_the_server_gives_again(maryam: BrowserContext) -> None:
    several(12)
    page = room(maryam)
    page.keyboard.press("a")
    sent(page)
    page.reload()
    page.locator("[data-part=question]", has_text="پرسش 2؟").wait_for()
    page.keyboard.press("u")
    page.locator("[data-part=question]", has_text="پرسش 1؟").wait_for()
    assert decisions() == []


def test_no_text_stays_in_the_browser_but_what_waits(maryam: BrowserContext) -> None:
    several(4)
    page = room(maryam)
    page.keyboard.press("a")
    sent(page)
    assert "پرسش" not in page.evaluate(KEPT)
    maryam.route("**/room/events", lambda route: route.abort())
    type_over(page, [{"answer": "متنی که هنوز نرفته"}])
    page.locator("#state[data-state=offline]").wait_for()
    page.keyboard.press("e")
    page.locator("#editor [name=answer]").fill("پیش‌نویس")
    page.keyboard.press("Escape")
    until(lambda: "پیش‌نویس" in page.evaluate(KEPT))
    maryam.clear_cookies()
    page.goto("/login")
    until(lambda: "پیش‌نویس" not in page.evaluate(KEPT))
    assert '"past":[]' in page.evaluate(KEPT)
    assert "متنی که هنوز نرفته" in page.evaluate(KEPT)


def test_what_is_held_goes_back_when_the_page_closes(maryam: BrowserContext) -> None:
    several(8)
    page = room(maryam)
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Claim)) > 1
    page.goto("/guide")
    until(lambda: _claims() == 0)


def test_ten_minutes_without_a_press_renew_and_then_let_go(maryam: BrowserContext) -> None:
    several(30)
    page = maryam.pages[0]
    beats: list[str] = []
    page.on("request", lambda request: beats.append(request.url) if request.url.endswith("/room/beat") else None)
    page.clock.install()
    # From here on the page's time is what the test makes of it.
    page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    first = in_front(room(maryam))
    with page.expect_response(BEAT):
        page.clock.run_for(3_000)
    _claims_end_in(5)
    with page.expect_response(BEAT):
        page.clock.fast_forward("09:50")
    assert _shortest_claim() > 30
    for passed in ("00:20", "01:00:00"):
        page.clock.fast_forward(passed)
    _claims_end_in(-1)
    with db.session() as session:
        theirs = queue.claim(session, users.named(session, "reza"), 20)
        assert first in {document.question for document in theirs}
    page.keyboard.press("m")
    page.locator("#notice", has_text="به همکاری رسید").wait_for()
    page.locator("#record").wait_for()
    until(lambda: in_front(page) not in {document.question for document in theirs})
    assert len(beats) == 3


def test_a_key_meant_for_a_record_that_was_taken_away_decides_nothing(maryam: BrowserContext) -> None:
    first, *_ = several(3)
    page = room(maryam)
    page.keyboard.press("r")
    page.evaluate(AIM)
    with db.session() as session:
        reza = users.named(session, "reza")
        session.execute(update(Claim).where(Claim.document_id == first).values(user_id=reza.id))
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    page.locator("#record[data-pressed][data-unready]").wait_for()
    assert not page.locator("#reasons").is_visible()
    page.locator("#record:not([data-unready])").wait_for()
    assert in_front(page) == "پرسش 2؟"
    page.keyboard.press("2")
    sent(page)
    assert decisions() == [("reject", "referral-only")]
    assert in_front(page) == "پرسش 3؟"


def _claims_end_in(seconds: int) -> None:
    with db.session() as session:
        session.execute(update(Claim).values(expires_at=func.now() + dt.timedelta(seconds=seconds)))


def _shortest_claim() -> float:
    with db.session() as session:
        return float(session.scalar(select(func.extract("epoch", func.min(Claim.expires_at) - func.now()))) or 0)


def _claims() -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(Claim)) or 0


def _decided_by_reza(number: object) -> None:
    with db.session() as session:
        document = session.get_one(Document, number)
        judgement = Judgement(Decision.APPROVE, shown(session, document).token)
        made.decide(session, document.id, users.named(session, "reza"), judgement)
