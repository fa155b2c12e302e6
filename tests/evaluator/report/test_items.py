"""The pages of items in the real browser, and what they hold of hostile and endless answers."""

import re
from pathlib import Path

import pytest

from evaluator.report.paper import items
from evaluator.report.paper.contents import report
from evaluator.report.paper.items import ItemPage, html, item_pages
from evaluator.report.paper.systems import Wanted
from storage import db
from storage.answers import AnswerFields, Sitting
from tests.evaluator.browser import open_page
from tests.evaluator.report.stored import BASICS, HOSTILE, WRITTEN, exam, keep, sat, sha_of
from tests.evaluator.report.test_folder import PIPED

pytestmark = pytest.mark.usefixtures("database")


def pages(most: int = items.ITEMS) -> list[tuple[ItemPage, str]]:
    with db.session() as session, pytest.MonkeyPatch.context() as patched:
        patched.setattr(items, "ITEMS", most)
        found = report(session, Wanted(reference="ours"), lambda *_: None)
        return [(page, html(session, found.gathered, page)) for page in item_pages(found.gathered.exams)]


def test_every_item_stands_on_one_page_with_what_everybody_said() -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n % 3 == 0 if n < 90 else None, facts=PIPED)
    found = pages(40)
    assert [(page.file, len(page.items), page.shown) for page, _ in found] == [
        (f"items/{BASICS}-1.html", 40, "1–40"),
        (f"items/{BASICS}-2.html", 40, "41–80"),
        (f"items/{BASICS}-3.html", 16, "81–96"),
    ]
    whole = "".join(text for _, text in found)
    assert whole.count("<article") == 96
    assert all(item.question in whole for item in exam().items)
    assert whole.count('class="tag key"') == 96
    assert whole.count('class="answer right"') == 48 + 30
    assert whole.count('class="answer none"') == 6
    assert whole.count("It is A") == 90
    assert f'href="{BASICS}-1.html"' in found[1][1]
    assert f'href="{BASICS}-3.html"' in found[1][1]
    assert "<script" not in whole


def test_in_the_browser_items_are_chosen_without_a_script(tmp_path: Path) -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat(HOSTILE, lambda n: n % 3 == 0)
    path = tmp_path / "p.html"
    path.write_text(pages()[0][1], encoding="utf-8")
    with open_page(path.as_uri()) as (page, told, asked):
        assert (asked, told) == ([path.as_uri()], [])
        shown = page.locator("article.item:visible")
        assert shown.count() == 96
        page.check("#show-nobody")
        assert shown.count() == sum(n % 2 == 1 and n % 3 != 0 for n in range(96))
        page.check("#show-wrong1")
        assert shown.count() == 64
        page.check("#show-all")
        first = shown.first
        assert first.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert "Vazirmatn" in first.evaluate("e => getComputedStyle(e).fontFamily")
        left, right = (first.locator(".answer").nth(n).bounding_box() for n in (1, 0))
        assert left is not None
        assert right is not None
        assert left["x"] < right["x"]
        assert abs(left["y"] - right["y"]) < 1
        page.set_viewport_size({"width": 360, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_hostile_and_endless_answers_are_shown_as_text() -> None:
    item = exam().items[0]
    sitting = Sitting("ours", sha_of("ours"), BASICS, exam().sha256, WRITTEN)
    text = "</p></details><script>alert(1)</script>" + "آ" * 100_000
    keep(sitting, [AnswerFields(item.id, "p", {"text": text, "letter": {"A": None, "B": -1.0}}, None, False)])
    (_, page), *_ = pages()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert len(re.findall("آ{100}", page)) <= items.LONGEST / 100
    assert "80,039 more characters" in page


def test_likelihoods_and_votes_are_shown_as_shares() -> None:
    first, second, *_ = exam().items
    sitting = Sitting("ours", sha_of("ours"), BASICS, exam().sha256, {"scoring": "likelihood/1"})
    weighed = {"letter": {"A": -1.0, "B": -1.0 - 0.6931471805599453}, "text": {"A": -0.125, "B": -0.25}}
    rows = [
        AnswerFields(first.id, "p", weighed, "A", first.answer == "A"),
        AnswerFields(second.id, "p", {"votes": {"C": 3, "D": 2}}, "C", second.answer == "C"),
    ]
    keep(sitting, rows)
    (_, page), *_ = pages()
    assert "A 67 % · B 33 %" in page
    assert "C 3 · D 2" in page
    assert "0.125" not in page
    assert "<details" not in page
