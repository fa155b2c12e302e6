"""The room by keyboard: every key does what it says, under a Persian layout too, and can be undone."""

import re
from pathlib import Path

from playwright.sync_api import BrowserContext
from sqlalchemy import select

import infra.admin
from infra.admin.room.page import KEYS
from storage import db
from storage.models import Document, Review, SetAside
from tests.infra.admin import several
from tests.infra.room.visiting import decisions, in_front, room, sent, until

STEPS = 55


def test_approve_and_reject_by_digit_and_after_r(maryam: BrowserContext) -> None:
    several(4)
    page = room(maryam)
    assert in_front(page) == "پرسش 1؟"
    page.keyboard.press("a")
    page.keyboard.press("6")
    assert in_front(page) == "پرسش 3؟"
    page.keyboard.press("r")
    assert page.locator("#reasons").is_visible()
    page.keyboard.press("3")
    assert not page.locator("#reasons").is_visible()
    page.keyboard.press("Numpad1")
    page.locator("#nothing", has_text="صف خالی است").wait_for()
    sent(page)
    assert decisions() == [
        ("approve", None),
        ("reject", "advertisement"),
        ("reject", "wrong-answer"),
        ("reject", "too-short"),
    ]


def test_the_keys_are_places_so_that_a_persian_layout_works(maryam: BrowserContext) -> None:
    several(2)
    page = room(maryam)
    for key, code in (("ش", "KeyA"), ("۲", "Digit2")):
        page.evaluate(
            "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))",
            [key, code],
        )
    sent(page)
    assert decisions() == [("approve", None), ("reject", "referral-only")]


def test_a_key_held_down_or_pressed_with_another_decides_nothing(maryam: BrowserContext) -> None:
    several(2)
    page = room(maryam)
    page.keyboard.down("a")
    page.keyboard.down("a")
    page.keyboard.up("a")
    page.keyboard.press("Alt+a")
    page.keyboard.press("Control+1")
    sent(page)
    assert decisions() == [("approve", None)]
    assert in_front(page) == "پرسش 2؟"


def test_single_keys_can_be_turned_off(maryam: BrowserContext, site: str) -> None:
    several(2)
    maryam.add_cookies([{"name": "look", "value": "fa.auto.off", "url": site}])
    page = room(maryam)
    page.keyboard.press("a")
    page.locator("#bar [data-act=approve]").click()
    sent(page)
    assert decisions() == [("approve", None)]
    assert in_front(page) == "پرسش 2؟"


def test_skip_and_flag_with_a_note(maryam: BrowserContext) -> None:
    first, second = several(2)
    page = room(maryam)
    page.keyboard.press("s")
    page.keyboard.press("f")
    page.keyboard.type("دوز را سرپرست ببیند a1")
    page.keyboard.press("Enter")
    page.locator("#nothing", has_text="صف خالی است").wait_for()
    sent(page)
    with db.session() as session:
        rows = session.scalars(select(SetAside).order_by(SetAside.id)).all()
    assert [(r.document_id, r.kind, r.note) for r in rows] == [
        (first, "skip", None),
        (second, "flag", "دوز را سرپرست ببیند a1"),
    ]
    page.keyboard.press("u"), page.keyboard.press("u")
    page.locator("[data-part=question]", has_text="پرسش 1؟").wait_for()
    sent(page)
    with db.session() as session:
        assert all(session.scalars(select(SetAside.resolved_at)))


def test_fifty_steps_and_more_are_undone_also_after_they_were_sent(maryam: BrowserContext) -> None:
    several(STEPS)
    page = room(maryam)
    for record in range(1, STEPS + 1):
        front = page.locator("#record:not([data-unready]) [data-part=question]")
        front.filter(has_text=re.compile(f"^پرسش {record}؟$")).wait_for()
        page.keyboard.press("a" if record % 3 else "2")
    sent(page)
    assert len(decisions()) == STEPS
    for _ in range(STEPS):
        page.keyboard.press("u")
    page.locator("[data-part=question]", has_text=re.compile("^پرسش 1؟$")).wait_for()
    sent(page)
    assert decisions() == []
    page.keyboard.press("u")
    page.locator("#notice", has_text="چیزی برای برگرداندن نمانده").wait_for()
    page.keyboard.press("3")
    sent(page)
    assert decisions() == [("reject", "wrong-answer")]
    with db.session() as session:
        assert session.scalar(select(Review.seconds).order_by(Review.id.desc())) is not None
        states = session.scalars(select(Document.state).order_by(Document.priority.desc())).all()
    assert states == ["rejected"] + ["review"] * (STEPS - 1)


def test_an_undo_right_after_its_decision_is_what_counts(maryam: BrowserContext) -> None:
    several(2)
    page = room(maryam)
    page.evaluate("""() => { for (const code of ["KeyA", "KeyU", "Digit5"])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { code, bubbles: true })); }""")
    sent(page)
    until(lambda: decisions() == [("reject", "personal-data")])
    assert in_front(page) == "پرسش 2؟"


def test_every_key_is_shown(maryam: BrowserContext) -> None:
    several(1)
    page = room(maryam)
    known = dict(re.findall(r'\["(?:Key)?(\w+)", "(\w+)"\]', _source("keys.js")))
    assert {act: {"Slash": "?"}.get(code, code) for code, act in known.items()} == KEYS
    page.keyboard.press("?")
    listed = page.locator("#keys dt").all_inner_texts()
    assert {*KEYS.values(), "1…8", "Ctrl+Enter", "Esc"} == set(listed)
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.locator("#differences").is_visible()


def test_the_guideline_of_the_reason_picked_is_beside_the_record(maryam: BrowserContext) -> None:
    several(2)
    page = room(maryam)
    shown = page.locator("#guide [data-rule]:not([hidden])")
    assert shown.get_attribute("data-rule") == "approve"
    page.keyboard.press("g")
    assert shown.get_attribute("data-rule") == "edit"
    page.keyboard.press("3")
    assert shown.get_attribute("data-rule") == "wrong-answer"
    assert "آسپرین" in shown.inner_text()


def _source(name: str) -> str:
    return (Path(infra.admin.__file__).parent / "static" / "room" / name).read_text()
