"""The page about cleaning: its figures are those stored, its samples masked, its markup its own."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

from cleaning import report
from cleaning.recipe import load
from cleaning.report.page import render, write
from cleaning.run import clean
from storage import db, snapshots
from storage.errors import TabibError, UsageError
from storage.models import Measurement
from storage.settings import Settings
from tests.cleaning.reported import PHONE, RECIPE, cells, fill, read, sections
from tests.cleaning.test_run import corpus, store
from tests.storage.rows import add_article, add_pair, add_verdict

PROGRAM = Path(sys.executable).parent / "cleaning"


def command(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "report", *options], capture_output=True, text=True, check=False)


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
