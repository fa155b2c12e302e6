"""An answer is written once; a score follows its answers."""

from dataclasses import replace

from sqlalchemy import select

from storage import answers, db
from storage.answers import AnswerFields, Figure, Sitting
from storage.models import Score
from storage.settings import Settings

SITTING = Sitting("tiny/base", "a" * 64, "basics", "b" * 64, {"scoring": "x/1", "precision": "stored"})


def given(item: str, choice: str | None = "A") -> AnswerFields:
    return AnswerFields(item, "پرسش", {"letter": {"A": -1.0}}, choice, choice == "A")


def test_an_answer_that_is_there_stays(database: Settings) -> None:
    with db.session() as session:
        assert answers.save(session, SITTING, [given("1"), given("2")]) == 2
        assert answers.save(session, SITTING, [given("2", "B"), given("3", None)]) == 1
        assert answers.save(session, SITTING, []) == 0
        assert answers.answered(session, SITTING) == {"1", "2", "3"}
        assert [(a.item, a.choice, a.correct) for a in answers.of(session, SITTING)] == [
            ("1", "A", True),
            ("2", "A", True),
            ("3", None, False),
        ]


def test_another_model_benchmark_or_setting_is_another_sitting(database: Settings) -> None:
    others = [
        Sitting(SITTING.model, "c" * 64, SITTING.benchmark, SITTING.benchmark_sha256, SITTING.settings),
        Sitting(SITTING.model, SITTING.model_sha256, SITTING.benchmark, "c" * 64, SITTING.settings),
        Sitting(SITTING.model, SITTING.model_sha256, SITTING.benchmark, SITTING.benchmark_sha256, {"scoring": "x/2"}),
    ]
    with db.session() as session:
        answers.save(session, SITTING, [given("1")])
        assert [answers.answered(session, other) for other in others] == [set(), set(), set()]


def test_settings_hash_whatever_their_order() -> None:
    turned = Sitting("another label", "a" * 64, "basics", "b" * 64, {"precision": "stored", "scoring": "x/1"})
    assert turned.key == SITTING.key


def test_settings_are_found_by_the_hash_a_score_keeps(database: Settings) -> None:
    other = replace(SITTING, settings={"scoring": "x/1", "precision": "float32"})
    with db.session() as session:
        assert answers.settings(session) == {}
        for sitting in (SITTING, other):
            answers.save(session, sitting, [given("1"), given("2")])
        assert answers.settings(session) == {s.settings_sha256: s.settings for s in (SITTING, other)}


def test_a_score_is_replaced_by_its_newer_value(database: Settings) -> None:
    with db.session() as session:
        answers.save_scores(session, SITTING, None, [Figure("accuracy", 0.2, 0.1, 0.3, 10)])
        answers.save_scores(session, SITTING, None, [Figure("accuracy", 0.5, 0.4, 0.6, 20)])
    with db.session() as session:
        found = session.scalars(select(Score)).one()
        assert (found.value, found.low, found.high, found.items) == (0.5, 0.4, 0.6, 20)
        assert answers.scores(session, ["a" * 64]) == [found]
        assert answers.scores(session, []) == []


def test_more_rows_than_one_statement_has_parameters(database: Settings) -> None:
    with db.session() as session:
        assert answers.save(session, SITTING, [given(str(n)) for n in range(7_000)]) == 7_000
        assert len(answers.answered(session, SITTING)) == 7_000
