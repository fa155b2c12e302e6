"""The page about cleaning: its figures are those stored, its samples masked, its markup its own."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cleaning import recipe as recipes
from cleaning import report
from cleaning.recipe import load
from cleaning.report.contents import Contents, gather
from cleaning.report.ends import FUNNEL, FUNNEL_BY_SIZE
from cleaning.report.order import BEGIN
from cleaning.report.page import render, write
from cleaning.run import clean
from cleaning.steps import Sort, registry
from storage import db, snapshots
from storage.errors import TabibError, UsageError
from storage.models import Measurement
from storage.settings import Settings
from tests.cleaning.test_run import corpus, one, store, text
from tests.evaluator.browser import open_page
from tests.storage.rows import add_article, add_pair, add_verdict
from tests.storage.test_standings import decide

PROGRAM = Path(sys.executable).parent / "cleaning"
RECIPE = "0" * 64
HOSTILE = "<script>alert(1)</script>\"'><img/src=x/onerror=alert(2)>&`<b>`"
PHONE = "۰۹۱۲۳۴۵۶۷۸۹"


def sections(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL))


def cells(section: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*><bdi>(.*?)</bdi>", row, re.DOTALL) for row in rows]


def read(recipe: str | None = None, samples: int = 5) -> Contents:
    with db.session() as session:
        return gather(session, recipe, samples, lambda: None)


def command(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "report", *options], capture_output=True, text=True, check=False)


def fill(session: Session) -> None:
    """Pairs of two sources that end in every way, with their figures, and two articles."""
    for n in range(6):
        document = add_pair(session, "drhast", str(n), answer="پاسخ خام " * (n + 1))
        cleaned = {"question": f"پرسش {n}؟", "answer": "پاسخ " + "پاک " * n}
        add_verdict(session, document, cleaned=cleaned)
    decide(session, document, "approve", text=cleaned)
    short = add_pair(session, "niniban", "a", answer="بله")
    add_verdict(session, short, "dropped", reason="short_answer", measure={"words": 1}, cleaned={"answer": "بله"})
    waiting = add_pair(session, "niniban", "b")
    measure = {"phone": 1, "before": {"reason": "short_answer", "measure": {"words": 9}}}
    text = {"question": "؟", "answer": "زنگ بزنید"}
    add_verdict(session, waiting, "review", reason="personal_data", measure=measure, cleaned=text)
    spans = {"answer": [["phone", 4, 15]]}
    session.execute(update(Measurement).where(Measurement.document_id == waiting).values(spans=spans))
    rejected = add_pair(session, "niniban", "c")
    add_verdict(session, rejected, cleaned={"question": "؟", "answer": "نادرست"})
    decide(session, rejected, "reject", reason="wrong-answer")
    add_pair(session, "niniban", "d")
    for n, (source, words) in enumerate((("hidoctor", 30), ("niniban", 10))):
        add_verdict(session, add_article(session, source, str(n)), cleaned={"title": "عنوان", "text": "واژه " * words})


def test_the_table_is_still_there() -> None:
    assert callable(report.funnel)
    assert callable(report.print_funnel)


def test_nothing_to_report_is_one_line_and_exit_1(database: Settings, tmp_path: Path) -> None:
    told = command("--out", str(tmp_path / "r.html"))
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        "cleaning: there is nothing to report: no document is stored yet. Crawl first: `crawlers crawl all`\n"
    )
    with db.session() as session:
        document = add_pair(session, "drhast", "1")
    with pytest.raises(TabibError, match="nothing is cleaned yet: `cleaning run`"):
        write(tmp_path / "r.html", None, 5)
    with db.session() as session:
        add_verdict(session, document, "pending")
    with pytest.raises(UsageError, match="recipe default has judged nothing yet: `cleaning run --recipe default`"):
        write(tmp_path / "r.html", None, 5)
    with db.session() as session:
        add_verdict(session, add_pair(session, "drhast", "2"))
    with pytest.raises(UsageError, match=r"no recipe with verdicts is named 'defualt'\. Did you mean default\?"):
        write(tmp_path / "r.html", "defualt", 5)
    own = tmp_path / "own.yaml"
    own.write_text("steps: [letters]\n", encoding="utf-8")
    with pytest.raises(UsageError, match="recipe own has judged nothing yet"):
        write(tmp_path / "r.html", str(own), 5)
    with pytest.raises(UsageError, match="cannot be written: there is no folder"):
        write(tmp_path / "no" / "r.html", None, 5)
    assert list(tmp_path.glob("*.html")) == []


def test_the_funnel_adds_up(database: Settings) -> None:
    with db.session() as session:
        fill(session)
    found = sections(render(read()))
    assert cells(found["pairs"]) == [
        ["documents", "drhast", "niniban", "all"],
        ["read", "6", "4", "10"],
        ["dropped: short answer", "0", "1", "1"],
        ["to a person: personal data", "0", "1", "1"],
        ["rejected by a person", "0", "1", "1"],
        ["not judged yet", "0", "1", "1"],
        ["approved by a person", "1", "0", "1"],
        ["kept by rule", "5", "0", "5"],
    ]
    assert "6 of 10 pairs are kept (60.0 %), 1 of them by a person&#39;s word." in found["pairs"]
    assert cells(found["articles"])[1:] == [["read", "1", "1", "2"], ["kept by rule", "1", "1", "2"]]
    assert found["pairs"].count("<svg viewBox") == 2 + found["pairs"].count('<svg viewBox="0 0 14 14"')


STEPS = """
about: what is left of few steps
steps:
  - too_long: {field: pair, characters: 5000, source: a test}
  - not_persian: {field: pair, share: 0.5, then: review, source: a test}
  - too_short: {field: answer, words: 8, then: review, source: a test}
  - too_short: {field: question, words: 3, source: a test}
  - too_short: {field: text, words: 3, source: a test}
  - exact_repeats: {field: answer, source: a test}
"""


def drawn(section: str) -> list[str]:
    """The names at the left of a section's bars."""
    return re.findall(r'class="end name"[^>]*>(.*?)<', section)


def test_the_funnel_stands_in_the_order_of_the_recipe_s_steps(database: Settings) -> None:
    recipe = recipes.read("own", STEPS)
    with db.session() as session:
        for n, length in enumerate((2, 2, 2, 9, 9, 9, 9, 1500)):
            one(session, str(n), text(length, n), text(20, 2 if n < 7 else 3))
        one(session, "8", text(9, 8), text(5, 8))
        one(session, "9", "a b c d e f g", "a b c d e f g h i j k l")
        add_article(session, "hidoctor", "1")
    clean(recipe)
    found = sections(render(read()))
    steps = ["read", "long pair", "short question", "repeated answer", "waits for a person", "kept"]
    assert drawn(found["pairs"])[: len(steps)] == steps
    assert FUNNEL.replace("'", "&#39;") in found["pairs"]
    assert [row[0] for row in cells(found["pairs"])] == [
        "documents",
        "read",
        "dropped: long pair",
        "dropped: short question",
        "dropped: repeated answer",
        "to a person: not persian",
        "to a person: short answer",
        "kept by rule",
    ]
    assert drawn(found["articles"])[:3] == ["read", "short text", "kept"]


def test_an_unknown_recipe_has_its_reasons_by_size_and_says_so(database: Settings) -> None:
    with db.session() as session:
        for n, reason in enumerate(("b", "a", "a")):
            add_verdict(session, add_pair(session, "drhast", str(n)), "dropped", reason=reason)
    found = sections(render(read()))["pairs"]
    assert drawn(found)[:3] == ["read", "a", "b"]
    assert FUNNEL_BY_SIZE.replace("'", "&#39;") in found


def test_every_corpus_filter_s_reason_is_known_by_its_beginning() -> None:
    manuals = {kind.name: kind.manual for kind in registry().values() if kind.sort == Sort.CORPUS}
    assert {name: f"`{begin}_<field>`" in manuals.get(name, "") for name, begin in BEGIN.items()} == dict.fromkeys(
        manuals, True
    )


def test_more_reasons_than_colours_share_one(database: Settings) -> None:
    with db.session() as session:
        for n in range(11):
            for copy in range(n + 1):
                add_verdict(session, add_pair(session, "drhast", f"{n}-{copy}"), "dropped", reason=f"reason_{n:02}")
    found = sections(render(read()))["pairs"]
    assert drawn(found) == ["read", *(f"reason {n:02}" for n in range(10, -1, -1)), "kept", "drhast"]
    assert [row[0] for row in cells(found)].count("dropped: reason 00") == 1
    assert "drhast, other reasons: 6 of 66" in found, "the three rarest: 1 + 2 + 3"


def test_figures_for_a_machine(database: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        fill(session)
    told = command("--json", "--out", str(tmp_path / "r.html"), "--recipe", "default")
    assert (told.returncode, told.stderr) == (0, "")
    found = json.loads(told.stdout)
    assert found["page"] == str(tmp_path / "r.html")
    assert (found["recipe"], found["recipe_sha256"]) == ("default", RECIPE)
    assert sum(row["documents"] for row in found["outcomes"]) == 12
    assert found["lengths"]["drhast"] == {
        "crawled": {"answers": 6, "p5": 2, "p50": 6, "p95": 12},
        "kept": {"answers": 6, "p5": 1, "p50": 3, "p95": 6},
    }
    assert found["lengths"]["niniban"]["kept"] == {"answers": 0, "p5": 0, "p50": 0, "p95": 0}
    assert found["masked"] == [{"source": "niniban", "kind": "phone", "kept": False, "pieces": 1, "documents": 1}]
    assert [(row["source"], row["documents"]) for row in found["corpus"]] == [("hidoctor", 1), ("niniban", 1)]
    assert found["words"] == 42
    assert set(found["divisions"]) == {"grouped", "paper"} == set(found["splits"])
    assert "پاسخ" not in told.stdout
    assert command().stdout == f"{database.home / 'cleaning.html'}\n"


def test_leakage_is_that_of_the_snapshot(database: Settings) -> None:
    recipe = load("default")
    with db.session() as session:
        store(session, corpus(220))
    clean(recipe)
    contents = read()
    assert contents.recipe_sha256 == recipe.sha256
    for rule in ("grouped", "paper"):
        with db.session() as session:
            manifest = snapshots.freeze(session, rule, recipe.sha256, snapshots.Rule(rule)).manifest
        assert contents.divisions[rule] == manifest["split"]
        pairs = [row for row in manifest["counts"]["splits"] if row["split"] != "corpus"]
        assert contents.splits_by[rule] == pairs
    assert contents.outcomes == manifest["counts"]["outcomes"]
    assert contents.clusters.sizes
    page = render(read())
    assert set(sections(page)) >= {
        "pairs",
        "articles",
        "lengths",
        "repeats",
        "splits",
        "leakage",
        "samples",
        "compared",
    }
    assert 'class="missing"' not in "".join(sections(page)[name][:20] for name in ("repeats", "splits", "leakage"))
    assert re.sub(r"written [\d: -]+ UTC", "", page) == re.sub(r"written [\d: -]+ UTC", "", render(read()))


def test_samples_are_cleaned_and_masked_whatever_the_recipe_does(database: Settings) -> None:
    with db.session() as session:
        for n in range(9):
            document = add_pair(session, "drhast", str(n), question="پرسش خام", answer=f"ناپیدا {PHONE}")
            text = {"question": f"پرسش {n}", "answer": f"شماره من {PHONE} است {'و ' * 400} {PHONE}"}
            add_verdict(session, document, "dropped", reason="few_tokens", measure={"tokens": n}, cleaned=text)
    contents = read(samples=4)
    found = sections(render(contents))["samples"]
    assert found.count('<article class="sample">') == 4
    assert "[شماره تلفن]" in found
    assert PHONE not in found
    assert "خام" not in found
    assert "ناپیدا" not in found
    (group,) = contents.stopped
    for sample, measure in group.samples:
        assert str(sample.document_id) in found
        assert f"tokens {measure['tokens']}" in found
    assert 'dir="rtl"' in found


def test_measures_are_masked_and_tell_items_without_the_words(database: Settings) -> None:
    found = [{"benchmark": "exam", "item": n, "runs": 3, "words": f"رازآلود {PHONE}"} for n in ("7", "8")]
    copied = "91cfb992-7235-422e-9339-5907cad698e3"
    before = {"reason": "copy", "measure": {"of": copied, "end": f"زنگ {PHONE}"}}
    measure = {"runs": 6, "end": f"{'و ' * 96}{PHONE}", "found": found, "own": {"deep": [PHONE]}, "before": before}
    with db.session() as session:
        document = add_pair(session, "drhast", "1")
        add_verdict(session, document, "dropped", reason="contamination", measure=measure, cleaned={"answer": "بله"})
    told = sections(render(read()))["samples"]
    assert "runs 6" in told
    assert re.search("found 2 .*item 7 .*exam.*item 8 ", told)
    assert copied in told
    assert "رازآلود" not in told
    assert PHONE not in told
    assert not re.search(r"[۰-۹]{3}", told), "nor half a number"


def test_articles_count_where_nothing_is_said_to_be_shared(database: Settings) -> None:
    words = " ".join(f"واژه{'ابپتسشکگلم'[n]}" * (n % 3 + 1) for n in range(10)) + " تب سرفه درد سر گلو"
    with db.session() as session:
        for n in range(4):
            text = {"question": f"پرسش {n}؟", "answer": words if n == 0 else f"پاسخ {n}"}
            add_verdict(session, add_pair(session, "isovisit", str(n)), cleaned=text)
        add_verdict(session, add_article(session, "hidoctor", "1"), cleaned={"title": "عنوان", "text": words})
    contents = read()
    rows = {(row["split"], row["against"]): row for row in contents.divisions["paper"]["leakage"]}
    assert rows["test", "articles"] == {"split": "test", "against": "articles", "pairs": 4, "shared_runs": 1}
    found = sections(render(contents))["leakage"]
    paper = [row for row in cells(found) if row[:3] == ["as in the paper", "test", "articles"]]
    assert paper == [["as in the paper", "test", "articles", "4", "–", "–", "–", "–", "1 (25.0 %)"]]
    assert "plit as in the paper, none of" not in found
    assert "25.0 % of test with an article" in found


def test_a_step_found_before_is_told(database: Settings) -> None:
    with db.session() as session:
        fill(session)
    assert "and short_answer (words 9)" in sections(render(read()))["samples"]


def test_subjects_stand_where_figures_tell_them(database: Settings) -> None:
    with db.session() as session:
        fill(session)
    assert "subjects" not in sections(render(read()))
    figures = {
        "speciality(model=seeds)": {"name": "skin_hair", "by": "seeds"},
        "mentions": {"drugs": {"aspirin": 2}, "diseases": {}},
    }
    with db.session() as session:
        session.execute(update(Measurement).values(figures=figures))
    found = sections(render(read()))["subjects"]
    assert ["skin hair", "seed words", "11", "8"] in cells(found)
    assert ["aspirin", "8", "100.0 %"] in cells(found)


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


def test_numbers_hold_no_text_of_a_document(database: Settings) -> None:
    with db.session() as session:
        fill(session)
        session.execute(update(Measurement).values(cleaned={"question": "رازآلود", "answer": "رازآلود"}))
    assert "رازآلود" not in json.dumps(read().numbers(), ensure_ascii=False)


def test_length_quantiles_are_of_all_words(database: Settings) -> None:
    with db.session() as session:
        for n in range(1, 101):
            add_verdict(session, add_pair(session, "drhast", str(n), answer="و " * n), cleaned={"answer": "و " * n})
    found = read().numbers()["lengths"]["drhast"]
    assert found["crawled"] == found["kept"] == {"answers": 100, "p5": 5, "p50": 50, "p95": 95}
    assert Counter(read().before["drhast"]) == Counter(dict.fromkeys(range(1, 101), 1))
