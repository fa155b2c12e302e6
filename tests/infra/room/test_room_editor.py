"""The editor: what was typed is what is stored, byte for byte; what cannot be stored is refused in plain words."""

import hashlib

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy import select, update

from storage import db
from storage.models import Document, Review
from tests.infra.admin import several, waiting
from tests.infra.room.strings import texts
from tests.infra.room.visiting import decisions, in_front, room, sent, type_over

FUZZED = 200  # texts; tests/bench/fuzz_editor.py types 10,000


def test_fuzzed_texts_come_back_byte_identical(maryam: BrowserContext) -> None:
    typed = texts(7, FUZZED)
    pairs = [{"question": one, "answer": other} for one, other in zip(typed[::2], typed[1::2], strict=True)]
    several(len(pairs))
    page = room(maryam)
    type_over(page, pairs)
    sent(page)
    with db.session() as session:
        stored = session.scalars(select(Review.text).order_by(Review.id)).all()
    assert [_digests(one) for one in stored] == [_digests(pair) for pair in pairs]


def test_what_is_typed_on_a_keyboard_is_stored(maryam: BrowserContext) -> None:
    several(1)
    page = room(maryam)
    page.keyboard.press("e")
    page.locator("#editor [name=answer]").fill("")
    page.keyboard.type("are1 می\u200cشود؟\n\n«۱۲۰/۸۰»  ")
    page.keyboard.press("Control+Enter")
    sent(page)
    with db.session() as session:
        assert session.scalars(select(Review)).one().text == {
            "question": "پرسش 1؟",
            "answer": "are1 می\u200cشود؟\n\n«۱۲۰/۸۰»  ",
        }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("نیم \\ud83d", "نیمهٔ یک نویسه"),
        ("هیچ \\u0000", "NUL"),
        (" \\n\\u200a", "نباید خالی"),
        (" \\u200c \\u200b ", "نباید خالی"),
    ],
)
def test_what_cannot_be_stored_is_refused_plainly(maryam: BrowserContext, text: str, told: str) -> None:
    several(1)
    page = room(maryam)
    page.keyboard.press("e")
    page.evaluate(f"document.querySelector('#editor [name=answer]').value = '{text}'")
    page.keyboard.press("Control+Enter")
    page.locator("#editor [role=alert]", has_text=told).wait_for()
    page.locator("#editor [name=answer]").fill("درست شد")
    page.keyboard.press("Control+Enter")
    sent(page)
    assert decisions() == [("edit", None)]


def test_leaving_loses_nothing_also_over_a_reload(maryam: BrowserContext) -> None:
    several(2)
    page = room(maryam)
    page.keyboard.press("e")
    page.locator("#editor [name=answer]").fill("نیمه‌کاره")
    page.keyboard.press("Escape")
    page.locator("#drafted").wait_for()
    assert not page.locator("#editor").is_visible()
    page = room(maryam)
    page.locator("#drafted").wait_for()
    page.keyboard.press("e")
    assert page.locator("#editor [name=answer]").input_value() == "نیمه‌کاره"
    page.keyboard.press("Control+Enter")
    assert in_front(page) == "پرسش 2؟"
    sent(page)
    page.keyboard.press("u")
    page.locator("#drafted").wait_for()
    page.keyboard.press("e")
    assert page.locator("#editor [name=answer]").input_value() == "نیمه‌کاره"


def test_saving_what_was_not_changed_approves_it(maryam: BrowserContext) -> None:
    waiting("1", answer="یک\r\nدو\rسه")
    page = room(maryam)
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    sent(page)
    with db.session() as session:
        review = session.scalars(select(Review)).one()
    assert (review.decision, review.text) == ("approve", {"question": "پرسش 1؟", "answer": "یک\r\nدو\rسه"})


def test_what_was_not_typed_in_stays_as_it_was_an_empty_part_too(maryam: BrowserContext) -> None:
    waiting("1", question="یک\r\nدو")
    number = waiting("2")
    article = {"kind": "article", "title": None, "text": "متن", "question": None, "answer": None}
    with db.session() as session:
        session.execute(update(Document).where(Document.id == number).values(article))
    page = room(maryam)
    for name in ("answer", "text"):
        page.keyboard.press("e")
        page.locator(f"#editor [name={name}]").fill("تازه")
        page.keyboard.press("Control+Enter")
    sent(page)
    with db.session() as session:
        stored = session.scalars(select(Review.text).order_by(Review.id)).all()
    assert stored == [{"question": "یک\r\nدو", "answer": "تازه"}, {"title": "", "text": "تازه"}]


def test_changes_show_words_and_signs_that_nobody_sees(maryam: BrowserContext) -> None:
    waiting("1", answer="قرص را می شود با شیر خورد")
    page = room(maryam)
    page.keyboard.press("d")
    page.keyboard.press("e")
    page.locator("#editor [name=answer]").fill("قرص را می\u200cشود با \u202eآب خورد")
    changes = page.locator("#changes")
    assert (
        changes.locator("del").all_inner_texts() == ["می شود", "شیر"]
        or "شیر" in changes.locator("del").last.inner_text()
    )
    assert {"¦", "RLO"} <= set(changes.locator(".sign").all_inner_texts())


def _digests(fields: dict[str, str] | None) -> dict[str, str]:
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in (fields or {}).items()}
