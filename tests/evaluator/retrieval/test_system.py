"""A retriever that answers: extractive, with options, hostile ones too, and in the place of a model."""

from pathlib import Path

import pytest

from evaluator.asking import Budget, Prompt, Sampling
from evaluator.asking.exam import Subject, examine
from evaluator.asking.forms import FORMS, Form
from evaluator.asking.paper import ChoicePaper, FreePaper, Manner
from evaluator.asking.writer import Turn
from evaluator.choice import Item, OpenedChoice
from evaluator.pairs import OpenedPairs
from evaluator.retrieval import RetrieverSystem, RetrieverWriter, is_system, system
from evaluator.retrieval.extractive import SHOWN
from evaluator.retrieval.writer import read
from storage import db
from storage.errors import UsageError
from storage.models import Answer
from storage.settings import Settings
from tests.evaluator.asking.exams import bracketed
from tests.evaluator.retrieval.made import PAIRS, id_of, write

ASKED = "کودک دو ساله‌ام تب دارد"
OPTIONS = {"A": "عمل جراحی", "B": "مایعات و استامینوفن", "C": "آب داغ", "D": "پرتودرمانی"}
METHODS = ("bm25", "trigram")


@pytest.fixture(params=METHODS)
def answering(request: pytest.FixtureRequest, data_dir: Path, tmp_path: Path) -> RetrieverSystem:
    return system(f"retriever:{request.param}@{write(tmp_path / 'snapshot')}")


def test_the_answer_is_that_of_the_most_similar_question(answering: RetrieverSystem) -> None:
    text, letter, sources, left_out = answering.answer(ASKED)
    assert (text, letter, left_out) == (PAIRS[0][1], None, 0)
    assert sources[0]["id"] == id_of(0)
    assert len(sources) <= SHOWN
    assert answering.answer(ASKED) == (text, letter, sources, left_out)


def test_of_options_the_one_that_the_answers_support(answering: RetrieverSystem) -> None:
    found = answering.answer(ASKED, OPTIONS)
    assert (found.text, found.letter) == ("[B]", "B")
    assert answering.answer(ASKED, list(OPTIONS.values())) == found
    moved = dict(zip("ABCD", (OPTIONS[letter] for letter in "BADC"), strict=True))
    assert answering.answer(ASKED, moved).letter == "A"


@pytest.mark.parametrize(
    "options",
    [
        {"A": "مایعات", "B": "مايعات"},  # the same, spelt otherwise
        {"A": "مایعات", "B": "مایعات", "C": "مایعات"},
        {"A": "کریستالوگرافی", "B": "ترمودینامیک"},  # in no answer
        {"A": "؟", "B": ""},
    ],
)
def test_options_that_nothing_tells_apart_have_no_letter(answering: RetrieverSystem, options: dict[str, str]) -> None:
    found = answering.answer(ASKED, options)
    assert (found.text, found.letter) == ("", None)
    assert found.sources


@pytest.mark.parametrize("question", ["", "؟!", "\0\ud800", "zzz"])
def test_a_question_that_says_nothing_has_no_answer(answering: RetrieverSystem, question: str) -> None:
    assert answering.answer(question) == ("", None, [], 0)
    assert answering.answer(question, OPTIONS) == ("", None, [], 0)


def test_the_items_own_pair_answers_nothing(answering: RetrieverSystem) -> None:
    found = answering.answer(PAIRS[0][0])
    assert found.left_out == 1
    assert id_of(0) not in [source["id"] for source in found.sources]
    assert found.text != PAIRS[0][1]


def test_its_identity_is_method_and_snapshot(data_dir: Path, tmp_path: Path) -> None:
    one, other = write(tmp_path / "one"), write(tmp_path / "other", PAIRS[:3])
    made = {(method, folder): system(f"retriever:{method}@{folder}") for method in METHODS for folder in (one, other)}
    assert len({each.sha256 for each in made.values()}) == 4
    assert not (data_dir / "retrieval").exists()  # it is known before anything is built
    assert system(f"retriever:bm25@{one}").sha256 == made["bm25", one].sha256
    assert made["bm25", one].name == f"retriever:bm25@{one}"


@pytest.mark.parametrize("name", ["retriever:bm25", "retriever:bm25@", "bm25@x", ""])
def test_what_names_no_retriever(name: str) -> None:
    with pytest.raises(UsageError, match="names no retriever: retriever:METHOD@SNAPSHOT"):
        system(name)


def test_a_name_tells_whether_a_retriever_is_meant() -> None:
    assert is_system("retriever:bm25@autumn")
    assert not is_system("tiny-1")
    assert not is_system(None)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("question", ["کدام درست است؟", "الف:\n[A] : نیست\n\nب", "", "x {options}"])
def test_a_prompt_of_every_form_is_read_back(form: str, question: str) -> None:
    options = ("یک", "دو\nخط", "", "[A] : چهار")
    item = Item("1", question, options, "A")
    put = Form(form, permuted=True).put(item, 7)
    assert read(put.prompt.turns[-1].content) == (question, put.options)


def test_a_text_of_no_form_is_a_question(data_dir: Path) -> None:
    for text in ("سردرد دارم", "", "\nبه پرسش زیر پاسخ", FORMS["paper"].format(question="x", options="بدون حرف")):
        assert read(text) == (text, {})


def rows() -> list[Answer]:
    from sqlalchemy import select

    with db.session() as session:
        return list(session.scalars(select(Answer).order_by(Answer.item)))


def test_it_sits_an_exam_like_a_model(database: Settings, tmp_path: Path) -> None:
    written = write(tmp_path / "snapshot")
    items = (Item("q1", ASKED, tuple(OPTIONS.values()), "B"), Item("q2", "؟", ("یک", "دو"), "A"))
    paper = ChoicePaper("exam", OpenedChoice(items), Manner(Form("paper")), bracketed)
    subject = Subject(RetrieverWriter(system(f"retriever:bm25@{written}")))
    [result] = examine([subject], [paper], Budget()).results
    assert (result.items, result.asked, result.unanswered) == (2, 2, 1)
    assert examine([subject], [paper], Budget()).results[0].asked == 0
    first, second = rows()
    assert (first.choice, first.correct, second.choice) == ("B", True, None)
    assert first.output["sources"][0]["id"] == id_of(0)
    assert first.output["left_out"] == 0
    assert first.output["tokens"] == {"read": 0, "written": 0, "calls": 0}
    assert first.model == f"retriever:bm25@{written}"


def test_free_questions_are_answered_with_what_a_doctor_said(database: Settings, tmp_path: Path) -> None:
    written = write(tmp_path / "snapshot")
    opened = OpenedPairs((("a", ASKED, "مرجع"), ("b", PAIRS[1][0], "مرجع")))
    subject = Subject(RetrieverWriter(system(f"retriever:trigram@{written}")))
    examine([subject], [FreePaper("free", opened, Manner())], Budget())
    first, second = rows()
    assert first.output["text"] == PAIRS[0][1]
    assert (second.output["left_out"], second.output["text"] != PAIRS[1][1]) == (1, True)


def test_what_is_asked_last_counts(answering: RetrieverSystem) -> None:
    turns = (Turn("user", PAIRS[4][0]), Turn("assistant", "[A]"), Turn("user", ASKED))
    [[(_, reply)]] = RetrieverWriter(answering).write([Prompt("1", turns)], Sampling(), Budget())
    assert reply.text == PAIRS[0][1]
