"""Thresholds apart from figures: another threshold reads no text; what a recipe would change; why a record stands."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import event, select
from typer.testing import CliRunner

from cleaning import recipe as recipes
from cleaning.cli import app
from cleaning.diff import Change, changed_pieces, diff, print_changes
from cleaning.explain import explain, print_explanation
from cleaning.recipe import Recipe
from cleaning.run import clean, measure_new
from storage import db
from storage.errors import UsageError
from storage.models import Document, Measurement, Verdict
from storage.settings import Settings
from tests.cleaning.test_run import corpus, store

OWN = """
about: two thresholds
steps:
  - spaces
  - too_short: {field: answer, words: 4, then: drop, source: a test}
  - too_short: {field: answer, words: 8, then: review, source: a test}
  - exact_repeats: {field: answer, folded: true, source: a test}
"""
STRICTER = OWN.replace("words: 8", "words: 50")


@pytest.fixture
def cleaned(database: Settings) -> Recipe:
    recipe = recipes.read("own", OWN)
    with db.session() as session:
        store(session, corpus(180))
    clean(recipe)
    return recipe


def outcomes(recipe: Recipe) -> dict[str, tuple[str, str | None]]:
    with db.session() as session:
        query = select(Verdict).where(Verdict.recipe_sha256 == recipe.sha256)
        return {str(v.document_id): (v.outcome, v.reason) for v in session.scalars(query)}


def test_another_threshold_is_another_recipe_over_the_same_figures(cleaned: Recipe) -> None:
    stricter = recipes.read("stricter", STRICTER)
    assert stricter.sha256 != cleaned.sha256
    assert stricter.measures_sha256 == cleaned.measures_sha256
    assert recipes.read("other", OWN.replace("field: answer, words", "field: question, words")).measures_sha256 != (
        cleaned.measures_sha256
    )


def test_another_threshold_reads_no_text_and_says_what_a_fresh_run_says(cleaned: Recipe) -> None:
    stricter, statements = recipes.read("stricter", STRICTER), list[str]()
    # What a person approved is held against the measured text, in PostgreSQL; here nobody approved any.
    held = "measurements.cleaned @>"
    listener = ("before_cursor_execute", lambda *given: statements.append(given[2].replace(held, "")))
    event.listen(db.engine(), *listener)
    clean(stricter)
    event.remove(db.engine(), *listener)
    named = ("documents.title, documents.question", "measurements.cleaned", "INTO measure")
    reading = [statement for statement in statements if any(name in statement for name in named)]
    assert statements
    assert not reading
    told = outcomes(stricter)
    assert told != outcomes(cleaned)
    with db.session() as session:
        session.query(Verdict).delete()
        session.query(Measurement).delete()
    clean(stricter)
    assert outcomes(stricter) == told


def test_diff_tells_what_a_run_would_change_and_writes_nothing(cleaned: Recipe) -> None:
    stricter = recipes.read("stricter", STRICTER)
    before = outcomes(cleaned)
    measure_new(stricter)
    with db.session() as session:
        changes = diff(session, (cleaned, stricter), samples=2)
        states = dict(session.execute(select(Document.id, Document.state)).all())
    assert outcomes(stricter) == {}
    clean(stricter)
    after = outcomes(stricter)
    counted = {(change.before, change.after): sum(change.sources.values()) for change in changes}
    expected: dict[tuple[object, object], int] = {}
    for document, end in before.items():
        if after[document] != end:
            expected[end, after[document]] = expected.get((end, after[document]), 0) + 1
    assert counted == expected
    assert counted
    assert {change.differs for change in changes} <= {"outcome", "reason"}
    sample = changes[0].samples[0]
    assert states.keys() >= {next(i for i in states if str(i) == sample["document"])}
    assert set(sample["before"]) <= {"question", "answer", "title", "text"}


def test_diff_counts_texts_that_another_transform_spells_otherwise(
    cleaned: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    spelt = recipes.read("spelt", OWN.replace("  - spaces\n", "  - spaces\n  - diacritics\n"))
    measure_new(spelt)
    with db.session() as session:
        assert diff(session, (cleaned, spelt), samples=1) == []
        document = session.scalars(select(Document).where(Document.answer.is_not(None))).first()
        assert document is not None
        document.answer = "دارو را مَصرف کنید " * 12
        document.content_sha256 = "f" * 64
    measure_new(cleaned)
    measure_new(spelt)
    with db.session() as session:
        (change,) = diff(session, (cleaned, spelt), samples=1)
    assert change.before == change.after == ("kept", None)
    assert change.differs == "text"
    (sample,) = change.samples
    assert "مَصرف" in sample["before"]["answer"]
    assert "مصرف" in sample["after"]["answer"]
    print_changes((cleaned, spelt), [change])
    told = capsys.readouterr().out
    assert "kept → kept, another text" in told
    assert re.search(r"\n    answer: دارو را مَصرف .*…\n +→ دارو را مصرف .*…\n", told)


def test_what_was_crawled_reaches_no_terminal_raw(cleaned: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    raw = "\x1b[2Jسرفه\r\x9b5m\x07 و \x85 تب " + "دارد " * 20
    with db.session() as session:
        document = session.scalars(select(Document).where(Document.answer.is_not(None))).first()
        assert document is not None
        document.answer, document.url, document.content_sha256 = raw, "https://x.ir/\x1b]0;x\x07", "f" * 64
        name = str(document.id)
    with db.session() as session:
        print_explanation(explain(session, recipes.read("bare", OWN.replace("  - spaces\n", "")), name))
    sample = {"document": name, "source": "drhast", "before": {"answer": raw}, "after": {"answer": raw}}
    end: tuple[str, str | None] = ("kept", None)
    print_changes((cleaned, cleaned), [Change(end, ("dropped", "x"), "outcome", {"drhast": 1}, [sample])])
    explained, changed = capsys.readouterr().out.split("https://x.ir/")[1].split("by own", 1)
    assert "\\u001b]0;x\\u0007" in explained
    for told in (explained, changed):
        assert "\\u001b[2Jسرفه\\u000d\\u009b5m\\u0007 و \\u0085 تب" in told
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", told)


A, B = "ا" * 100, "ب" * 300


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "ب", ("", "ب")),
        ("بب", "ببب", ("بب", "ببب")),
        ("می شود", "می\u200cشود", ("می شود", "می\\u200cشود")),
        (f"{A}۱{A}", f"{A}۲{A}", (f"…{A[:30]}۱{A[:30]}…", f"…{A[:30]}۲{A[:30]}…")),
        (f"ج{A}", f"{B}{A}", (f"ج{A[:30]}…", f"{B[:80]}…")),
        ("ا\x1b[2J\nب", "ا\x1b[2J\nج", ("ا\\u001b[2J\\u000aب", "ا\\u001b[2J\\u000aج")),
    ],
)
def test_what_differs_of_two_texts_is_shown_with_a_little_around_it(
    before: str, after: str, told: tuple[str, str]
) -> None:
    assert changed_pieces(before, after) == told


def test_explain_tells_every_step_the_verdict_and_the_cluster(cleaned: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    with db.session() as session:
        query = select(Verdict).where(Verdict.reason == "repeated_answer")
        verdict = session.scalars(query).first()
        assert verdict is not None
    clean(recipes.load(str(path)))
    said = CliRunner().invoke(app, ["explain", str(verdict.document_id)[:13], "--recipe", str(path), "--json"])
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    assert [step["step"] for step in told["steps"]] == ["spaces", "too_short", "too_short", "exact_repeats"]
    assert told["steps"][1]["figures"]["words"] >= 8
    assert told["steps"][1]["source"] == "a test"
    assert told["steps"][3]["finding"]["reason"] == "repeated_answer"
    assert told["steps"][3]["figures"]["cap"] == 1
    assert told["verdict"]["outcome"] == "dropped"
    assert told["verdict"]["reason"] == "repeated_answer"
    assert told["verdict"]["cluster"] == str(verdict.cluster)
    text = CliRunner().invoke(app, ["explain", str(verdict.document_id), "--recipe", str(path)])
    assert "dropped repeated_answer" in text.output
    assert "before" not in text.output


@pytest.mark.parametrize("name", ["00000000", "zz", "", "%", "' or 1=1", "0"])
def test_a_document_that_is_not_there_is_told(database: Settings, name: str) -> None:
    from storage.documents import find

    with db.session() as session, pytest.raises(UsageError, match="document"):
        find(session, name)
