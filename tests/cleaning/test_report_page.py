"""The page in a browser: markup from outside is text, and nothing overlaps."""

from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from cleaning.recipe import load
from cleaning.report.page import render, write
from cleaning.run import clean
from storage import db
from storage.models import Measurement
from storage.settings import Settings
from tests.cleaning.reported import HOSTILE, read
from tests.cleaning.test_run import corpus, store
from tests.evaluator.browser import open_page
from tests.storage.rows import add_article, add_pair, add_verdict


def hostile(session: Session) -> None:
    """Markup wherever something comes from outside."""
    texts = {"question": HOSTILE, "answer": f"{HOSTILE} {'درازنای' * 3000}", "title": HOSTILE, "text": HOSTILE * 9}
    measure: dict[str, Any] = {HOSTILE: HOSTILE, "before": {"reason": HOSTILE, "measure": {HOSTILE: [HOSTILE]}}}
    kept = add_pair(session, HOSTILE, "0")
    add_verdict(session, kept, cleaned=texts, cluster=kept, recipe=HOSTILE)
    for n, outcome in enumerate(("dropped", "dropped", "review")):
        reason = HOSTILE if n else "a" * 300
        fields = {"reason": reason, "measure": measure, "cluster": kept, "cleaned": texts, "recipe": HOSTILE}
        add_verdict(session, add_pair(session, f"{HOSTILE}{n}", "1"), outcome, **fields)
    add_verdict(session, add_article(session, HOSTILE, "2"), cleaned=texts, recipe=HOSTILE)
    kinds = {"answer": [[HOSTILE, 0, 4]]}
    named = {
        "speciality(model=seeds)": {"name": HOSTILE, "by": HOSTILE},
        "mentions": {"drugs": {HOSTILE: 1}, "diseases": {"م" * 500: 1}},
    }
    session.execute(update(Measurement).values(spans=kinds, figures=named))


def test_everything_from_outside_is_escaped(database: Settings) -> None:
    with db.session() as session:
        hostile(session)
    page = render(read())
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert page.count("&lt;script&gt;alert(1)") > 30


def test_in_the_browser_hostile_texts_are_texts(database: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        hostile(session)
    path = tmp_path / "r.html"
    write(path, None, 5)
    with open_page(path.as_uri()) as (page, told, asked):
        assert asked == [path.as_uri()]
        assert told == []
        assert page.locator("script, img, b").count() == 0
        assert page.evaluate("document.fonts.check('16px Vazirmatn', 'پ')")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        text = page.locator(".sample .text").first
        assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
        assert "Vazirmatn" in text.evaluate("e => getComputedStyle(e).fontFamily")
        for width in (1100, 360):
            page.set_viewport_size({"width": width, "height": 800})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                assert page.evaluate(CONTRAST) > 4.5
            assert page.evaluate(OUTSIDE) == []


# Of what a sample is written in and on: https://www.w3.org/TR/WCAG21/#contrast-minimum
CONTRAST = """() => { const e = document.querySelector('.sample');
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const l = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => linear(v / 255))
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const [a, b] = [l(getComputedStyle(e).color), l(getComputedStyle(e).backgroundColor)].sort((x, y) => y - x);
  return (a + .05) / (b + .05) }"""
# What sticks out of the card it stands in, unless that is made to be scrolled.
OUTSIDE = """() => [...document.querySelectorAll('section')].flatMap(s => {
  const card = s.getBoundingClientRect();
  const sticks = e => { const b = e.getBoundingClientRect();
    return b.left < card.left - 1 || b.right > card.right + 1
      || e.scrollWidth > e.clientWidth + 1 && !e.matches('.scroll, .plot') };
  return [...s.querySelectorAll('h2, .says, .points li, .legend, summary, .sample p, .scroll, .plot')].filter(sticks)
    .map(e => s.id + ': ' + e.className + ' ' + e.textContent.slice(0, 40)) })"""


def test_plots_of_real_figures_do_not_overlap(database: Settings, tmp_path: Path) -> None:
    from tests.evaluator.test_report import OVERLAPS

    with db.session() as session:
        store(session, corpus(220))
    clean(load("default"))
    path = tmp_path / "r.html"
    write(path, "default", 5)
    with open_page(path.as_uri()) as (page, told, _):
        assert told == []
        assert page.evaluate(OVERLAPS) == []
