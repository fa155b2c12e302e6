"""What `cleaning explain` prints: words for what was found, one line for all that had nothing to tell."""

import pytest

from cleaning.explain import explain, print_explanation
from cleaning.recipe import read
from cleaning.run import clean
from storage import db
from storage.models import Document
from storage.settings import Settings
from tests.cleaning.test_run import corpus, store

OWN = """
steps:
  - letters
  - spaces
  - too_short: {field: answer, words: 4, source: a test}
  - too_short: {field: text, words: 5, source: a test}
  - too_long: {field: title, characters: 5, source: a test}
  - contamination: {field: pair, runs: 1, source: a test}
  - exact_repeats: {field: answer, folded: true}
  - near_repeats: {field: text, similarity: 0.8, words: 9, source: a test}
"""


@pytest.fixture
def pair(database: Settings) -> str:
    with db.session() as session:
        store(session, corpus(3))
        document = session.query(Document).filter(Document.answer.is_not(None)).order_by(Document.id).first()
        assert document is not None
        document.question, document.answer = "سرفه  خشک چیست؟", "سرفه بدون خلط است و می‌گذرد."
        return str(document.id)


def told(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    with db.session() as session:
        print_explanation(explain(session, read("own", OWN), name))
    return " ".join(capsys.readouterr().out.split())


def test_figures_and_the_judgement_of_it_alone_are_in_words(
    pair: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = told(pair, capsys)
    assert "question: 15 characters, then 14" in said
    assert "by itself: passes every step" in said
    assert "not held against others yet: exact_repeats answer" in said
    assert "verdict: none yet" in said
    with db.session() as session:
        document = session.get_one(Document, pair)
        document.answer = "خیر"
    assert "by itself: dropped short_answer, words 1, minimum 4" in told(pair, capsys)


def test_what_has_nothing_to_tell_is_named_in_a_line_and_not_in_the_table(
    pair: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    clean(read("own", OWN))
    said = told(pair, capsys)
    assert "changed nothing: letters " in said
    assert "measured nothing: contamination pair" in said
    assert "held against others, found nothing: exact_repeats answer" in said
    assert "for another kind of record: too_short text, too_long title, near_repeats text" in said
    assert "similarity" not in said
    assert "None" not in said
