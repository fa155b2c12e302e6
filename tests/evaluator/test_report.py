"""The report in the real browser and from every state the database can be in."""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from evaluator.asking.paper import FREE
from evaluator.report import render, write
from evaluator.report.contents import gather
from evaluator.run import Asked, evaluate
from storage import answers, db, runs
from storage.answers import AnswerFields, Figure, Sitting
from storage.errors import UsageError
from storage.models import Answer, Run
from storage.settings import Settings
from tests.evaluator.browser import open_page
from tests.evaluator.rows import finish_run, freeze_snapshot
from tests.storage.rows import NOW, add_article, add_pair, add_verdict

PROGRAM = Path(sys.executable).parent / "evaluator"
HOSTILE = "<script>alert(1)</script>\"'&"


def sections(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL))


def missing(page: str) -> set[str]:
    return {name for name, text in sections(page).items() if text.startswith(' class="missing"')}


@pytest.fixture(scope="module")
def kept_answers() -> list[dict[str, Any]]:
    """The rows of the first evaluation, for the tests after it: the same models answer the same."""
    return []


@pytest.fixture
def evaluated(database: Settings, kept_answers: list[dict[str, Any]]) -> Settings:
    finish_run()
    with db.session() as session:
        session.add_all(Answer(**row) for row in kept_answers)
    evaluation = evaluate(Asked(["all"], "tiny-1"))
    assert [result.asked for result in evaluation.results] == ([0] * 4 if kept_answers else [3, 96, 3, 96])
    if not kept_answers:
        with db.session() as session:
            columns = [column.name for column in Answer.__table__.columns if column.name != "id"]
            kept_answers += [{c: getattr(a, c) for c in columns} for a in session.scalars(select(Answer))]
    return database


def test_an_empty_database_is_one_line_and_exit_1(database: Settings, tmp_path: Path) -> None:
    told = subprocess.run(
        [PROGRAM, "report", "--out", tmp_path / "r.html"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr == (
        "evaluator: there is nothing to report: the database has no pages yet. Crawl first: `crawlers crawl all`\n"
    )
    assert not (tmp_path / "r.html").exists()


def test_each_missing_stage_is_said(database: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        document = add_pair(session, "drhast", "1", answer="پاسخ کوتاه")
        article = add_article(session, "hidoctor", "7")
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert missing(page) == {"splits", "funnel", "training", "scores", "items"}
    assert "<code>cleaning run</code>" in page
    with db.session() as session:
        add_verdict(session, document, cleaned={"answer": "پاسخ کوتاه"})
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert missing(page) == {"splits", "training", "scores", "items"}
    with db.session() as session:
        add_verdict(session, article, cleaned={"title": "عنوان", "text": "متن"})
        freeze_snapshot(session)
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert missing(page) == {"training", "scores", "items"}


def test_a_run_that_was_not_evaluated_says_how(database: Settings, tmp_path: Path) -> None:
    finish_run()
    page = write(tmp_path / "r.html", "tiny-1").read_text(encoding="utf-8")
    assert missing(page) == {"scores", "items"}
    assert "evaluator run --benchmark all --model tiny-1" in page


def test_the_whole_report(evaluated: Settings, tmp_path: Path) -> None:
    found = sections(write(tmp_path / "r.html").read_text(encoding="utf-8"))
    assert list(found) == [
        *("summary", "corpus", "splits", "funnel", "lengths"),
        *("training", "scores", "items", "lineage", "limits"),
    ]
    assert all("<svg" in found[name] for name in ("corpus", "splits", "funnel", "lengths", "training", "scores"))
    assert "answer too short" in found["funnel"]
    assert "corpus 9.10 → 7.20." in found["training"]
    assert "0.50 Wh" in found["training"]
    assert "McNemar p" in found["scores"]
    assert found["items"].count("<article") == 96
    assert found["items"].count('class="tag key"') == 96 + 1  # and one in the legend
    assert "its items were written for this project" in found["limits"]
    assert "guessing lies inside" in found["limits"] or "scores less than" in found["limits"]
    assert "۲۵٫۰ درصد" in found["summary"]


def test_train_and_test_pairs_and_texts_written_are_told_for_what_they_are(evaluated: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        limits = sections(render(gather(session, None)))["limits"]
    assert "test pairs were neither trained on nor scored" in limits
    assert "No free answer was generated or read" in limits
    evaluate(Asked(["train-pairs", "test-pairs"], "tiny-1"))
    with db.session() as session:
        tuned = next(sat for sat in gather(session, None).sat if sat.part == "tuned").sitting
        for name, sha256 in (("kqa-fa", "0" * 64), ("judge ours", "1" * 64)):
            sitting = Sitting(tuned.model, tuned.model_sha256, name, sha256, {"scoring": FREE})
            answers.save(session, sitting, [AnswerFields("1", "پرسش", {"text": "پاسخ"}, None, False)])
    with db.session() as session:
        found = sections(render(gather(session, None)))
    said = {which: f" bits per byte for the {which} answers. " for which in ("dev", "train", "test")}
    assert all(words in found["scores"] for words in said.values())
    assert f"{said['train']}It was trained on them" in found["scores"]
    assert found["scores"].count("None of them stands word for word among the training pairs") == 2
    assert "neither trained on nor scored" not in found["limits"]
    assert "test pairs were not trained on, but answers to test-pairs were looked at" in found["limits"]
    assert "No free answer" not in found["limits"]
    assert "What the models wrote in answer to kqa-fa is not on this page" in found["limits"]


def test_only_scores_of_the_benchmarks_as_they_are_stand_beside_the_runs(evaluated: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        opened = {sat.sitting.benchmark: sat.opened.sha256 for sat in gather(session, None).sat}
        for model, benchmark, precision in (("kin", None, "float32"), ("old", "0" * 64, "stored")):
            sha256 = benchmark or opened["persian-medical-basics"]
            settings = {"scoring": "x/1", "precision": precision}
            sitting = Sitting(model, model.ljust(64, "0"), "persian-medical-basics", sha256, settings)
            answers.save(session, sitting, [AnswerFields("1", "پرسش", {}, "A", True)])
            answers.save_scores(session, sitting, None, [Figure("accuracy", 0.5, 0.4, 0.6, 1)])
    found = sections(write(tmp_path / "r.html").read_text(encoding="utf-8"))["scores"]
    cells = [re.sub("<[^>]+>", " ", row).split() for row in re.findall("<tr.*?</tr>", found, re.DOTALL)]
    assert [row for row in cells if "old" in row] == []
    assert ["float32" in row for row in cells if "kin" in row] == [True]


def test_without_a_name_the_run_that_finished_last_is_reported(database: Settings) -> None:
    first = finish_run("first")
    with db.session() as session:
        fields = {c.name: getattr(first, c.name) for c in Run.__table__.columns}
        later = {"started_at": NOW + dt.timedelta(days=9), "finished_at": NOW + dt.timedelta(days=-9)}
        session.add(Run(**fields | {"name": "second"} | later))
        session.flush()
        found = gather(session, None).run
    assert found is not None
    assert found.name == "first"


def test_the_lineage_names_real_hashes(evaluated: Settings) -> None:
    with db.session() as session:
        contents = gather(session, "tiny-1")
        run = runs.get(session, "tiny-1")
        assert contents.snapshot is not None
        found = sections(render(contents))["lineage"]
        assert run.model_sha256 is not None
        assert run.model_sha256 in found
        assert contents.snapshot.sha256 in found
        assert contents.pages is not None
        assert (contents.pages.distinct, contents.pages.stored) == (27, 27)
        assert all(sat.sitting.model_sha256 in found for sat in contents.sat)


def test_figures_of_a_snapshot_outlive_the_live_tables(evaluated: Settings) -> None:
    with db.session() as session:
        before = gather(session, None)
        add_article(session, "niniban", "later")
        add_verdict(session, add_pair(session, "drhast", "later", answer="یک دو سه"), cleaned={"answer": "یک دو سه"})
        after = gather(session, None)
    assert (before.corpus, before.after, before.outcomes) == (after.corpus, after.after, after.outcomes)
    assert sum(c.total() for c in after.before.values()) == sum(c.total() for c in before.before.values()) + 1


def test_a_base_that_is_gone_is_said(evaluated: Settings, tmp_path: Path) -> None:
    (evaluated.home / "runs" / "tiny-1" / "base" / "config.json").unlink()
    found = sections(write(tmp_path / "r.html").read_text(encoding="utf-8"))["scores"]
    assert "base is no model" in found
    assert "tuned" in found


def test_everything_from_outside_is_escaped(database: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        add_pair(session, HOSTILE, "1")
        add_article(session, HOSTILE, "2")
        add_verdict(session, add_pair(session, HOSTILE, "3"), "dropped", reason=HOSTILE, recipe=HOSTILE)
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_wrong_places_and_runs_are_refused(database: Settings, tmp_path: Path) -> None:
    finish_run()
    with pytest.raises(UsageError, match="cannot be written: there is no folder"):
        write(tmp_path / "no" / "r.html")
    with pytest.raises(UsageError, match="is no regular file"):
        write(tmp_path)
    with pytest.raises(UsageError, match=r"no run is named 'tiny-2'\. Did you mean tiny-1\?"):
        write(tmp_path / "r.html", "tiny-2")


def test_no_text_of_a_person_is_in_the_page(evaluated: Settings, tmp_path: Path) -> None:
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "مایعات بنوشید" not in page


def test_in_the_browser_it_is_whole_quiet_and_in_its_own_font(evaluated: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "r.html")
    with open_page(path.as_uri()) as (page, told, asked):
        assert asked == [path.as_uri()]
        assert told == []
        assert page.evaluate("document.fonts.check('16px Vazirmatn', 'پ')")
        loaded = page.evaluate("[...document.fonts].map(f => f.status)")
        assert loaded == ["loaded", "loaded"]
        summary = page.locator("#summary p").first
        # With another font the same words have another width: these are Vazirmatn's joined letters.
        own = summary.evaluate(WIDTH_IN, "Vazirmatn")
        assert own != summary.evaluate(WIDTH_IN, "monospace")
        joined, apart = page.evaluate(JOINED)
        assert joined < 0.9 * apart
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.set_viewport_size({"width": 360, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        overlapping = page.evaluate(OVERLAPS)
        assert overlapping == []


WIDTH_IN = """(p, font) => { const s = document.createElement('span'); s.textContent = p.textContent;
  s.style.cssText = 'white-space:nowrap;position:absolute;font:16px ' + font; document.body.append(s);
  const w = s.getBoundingClientRect().width; s.remove(); return w }"""
# A word's letters join; with a non-joiner between each they stand apart and take more room.
JOINED = """() => ['سلامت', [...'سلامت'].join('\\u200c')].map(t => { const s = document.createElement('span');
  s.textContent = t; s.style.cssText = 'position:absolute;font:40px Vazirmatn'; document.body.append(s);
  const w = s.getBoundingClientRect().width; s.remove(); return w })"""
OVERLAPS = """() => [...document.querySelectorAll('.plot svg')].flatMap(svg => {
  const t = [...svg.querySelectorAll('text')];
  const b = t.map(e => e.getBoundingClientRect()); const found = [];
  for (let i = 0; i < b.length; i++) for (let j = i + 1; j < b.length; j++)
    if (Math.min(b[i].right, b[j].right) - Math.max(b[i].left, b[j].left) > 1 &&
        Math.min(b[i].bottom, b[j].bottom) - Math.max(b[i].top, b[j].top) > 4)
      found.push([svg.getAttribute('aria-label'), t[i].textContent, t[j].textContent]);
  return found })"""


def test_a_damaged_snapshot_is_said(evaluated: Settings, tmp_path: Path) -> None:
    with db.session() as session:
        contents = gather(session, None)
    assert contents.snapshot is not None
    file = evaluated.home / "snapshots" / contents.snapshot.sha256[:16] / "corpus" / "train.parquet"
    file.chmod(0o644)
    file.write_bytes(b"garbage")
    page = write(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "cannot be read" in sections(page)["corpus"]
