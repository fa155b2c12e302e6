"""What people decided is what repeats are held against, in whatever order decisions and cleaning come."""

import datetime as dt
import pickle

import pytest
from sqlalchemy import select, update

from cleaning import recipe as recipes
from cleaning.diff import diff, endings
from cleaning.judge import measure, rule
from cleaning.recipe import Recipe
from cleaning.record import record
from cleaning.run import clean, measure_new, tick
from storage import benchmarks, db, schema, verdicts
from storage.errors import UsageError
from storage.models import Document, Measurement
from storage.models import Recipe as RecipeRow
from storage.review import showing
from storage.settings import Settings
from tests.cleaning.test_run import DEFAULT, decide, one, standing, text

ONE_ANSWER = recipes.read(
    "one_answer",
    """
about: one answer a question
steps:
  - too_short: {field: answer, words: 20, source: a test}
  - exact_repeats: {field: question, source: a test}
""",
)

NEAR = recipes.read(
    "near",
    """
about: one of each answer
steps:
  - exact_repeats: {field: answer, folded: true, source: a test}
  - near_repeats: {field: answer, similarity: 0.8, words: 10, source: a test}
""",
)


def outcome(recipe: Recipe, document: object) -> tuple[str, str | None, str]:
    with db.session() as session:
        row = session.get_one(Document, document)
        verdict = verdicts.of(session, recipe.sha256, row)
        assert verdict is not None
        return verdict.outcome, verdict.reason, row.state


def test_a_rejected_record_takes_no_other_with_it(database: Settings) -> None:
    question = text(12, 1)
    with db.session() as session:
        first = one(session, "1", question, text(40, 2), published_at=dt.date(2024, 1, 1))
        second = one(session, "2", question, text(40, 3), published_at=dt.date(2024, 2, 1))
    clean(ONE_ANSWER)
    assert outcome(ONE_ANSWER, second) == ("dropped", "repeated_question", "dropped")
    with db.session() as session:
        decide(session, first, "reject")
    clean(ONE_ANSWER)
    assert outcome(ONE_ANSWER, first) == ("kept", None, "rejected")
    assert outcome(ONE_ANSWER, second) == ("kept", None, "kept")


def test_what_a_person_brought_back_is_the_copy_that_stays(database: Settings) -> None:
    question = text(12, 1)
    with db.session() as session:
        short = one(session, "1", question, text(5, 2), published_at=dt.date(2024, 5, 1))
        whole = one(session, "2", question, text(40, 3), published_at=dt.date(2024, 1, 1))
    clean(ONE_ANSWER)
    assert outcome(ONE_ANSWER, short) == ("dropped", "short_answer", "dropped")
    with db.session() as session:
        decide(session, short, "approve")
    for _ in range(2):
        clean(ONE_ANSWER)
        assert outcome(ONE_ANSWER, short) == ("dropped", "short_answer", "approved")
        assert outcome(ONE_ANSWER, whole) == ("dropped", "repeated_question", "dropped")


@pytest.mark.parametrize("edited", ["the same", "nearly"])
def test_what_a_person_wrote_is_what_others_are_held_against(database: Settings, edited: str) -> None:
    other = text(60, 2)
    wrote = other if edited == "the same" else " ".join(["نخست", *other.split()[1:]])
    with db.session() as session:
        first = one(session, "1", text(12, 1), other, published_at=dt.date(2024, 1, 1))
        second = one(session, "2", text(12, 4), text(60, 3), published_at=dt.date(2024, 2, 1))
        third = one(session, "3", text(12, 5), text(60, 3), published_at=dt.date(2024, 3, 1))
    clean(NEAR)
    assert [outcome(NEAR, each)[0] for each in (first, second, third)] == ["kept", "kept", "dropped"]
    with db.session() as session:
        decide(session, second, "edit", {"question": text(12, 4), "answer": wrote})
    clean(NEAR)
    assert outcome(NEAR, first)[0] == "dropped"  # it repeats what a person wrote
    assert outcome(NEAR, second) == ("kept", None, "approved")
    assert outcome(NEAR, third)[0] == "kept"  # what it repeated is gone
    with db.session() as session:
        ends = endings(session, NEAR)
    assert [ends[each].outcome for each in (first, second, third)] == ["dropped", "kept", "kept"]


def test_a_worker_settles_after_reviews_too(database: Settings) -> None:
    question = text(12, 1)
    with db.session() as session:
        first = one(session, "1", question, text(40, 2), published_at=dt.date(2024, 1, 1))
        second = one(session, "2", question, text(40, 3), published_at=dt.date(2024, 2, 1))
    tick(ONE_ANSWER)
    with db.session() as session:
        decide(session, second, "approve")
        assert not verdicts.unsettled(session, ONE_ANSWER.sha256), "not at once: reviews come by the hundred"
        earlier = dt.datetime.now(dt.UTC) - 2 * verdicts.REVIEWS_WAIT
        session.execute(update(RecipeRow).values(settled_at=earlier))
    tick(ONE_ANSWER)
    assert outcome(ONE_ANSWER, first) == ("dropped", "repeated_question", "dropped")
    assert outcome(ONE_ANSWER, second) == ("kept", None, "approved")
    with db.session() as session:
        assert not verdicts.unsettled(session, ONE_ANSWER.sha256)


def test_the_queue_shows_the_text_of_the_recipe_that_judged_last(database: Settings) -> None:
    with db.session() as session:
        document = one(session, "1", text(12, 1), text(40, 2) + " تماس ۰۹۱۲۳۴۵۶۷۸۹")
    clean(DEFAULT)
    clean(recipes.load("paper"))
    clean(DEFAULT)
    with db.session() as session:
        shown = showing.shown(session, session.get_one(Document, document)).text
    assert "۰۹۱۲" not in shown["answer"]
    assert "[شماره تلفن]" in shown["answer"]


def test_a_step_that_only_describes_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaning.filters.speciality._all", lambda *_: 1 // 0)
    figures = measure(DEFAULT, record("qa", {"question": text(12, 1), "answer": text(40, 2)})).figures
    assert [found for found in figures.values() if "failed" in found]
    assert rule(DEFAULT, figures) == rule(DEFAULT.deciding, figures) == ("pending", None, {})


def test_a_step_that_failed_is_for_a_person_whatever_passes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipes.read(
        "passing",
        """
about: a pass after a failure
steps:
  - personal_data
  - too_short: {field: answer, words: 500, then: review, source: a test}
  - too_long: {field: answer, characters: 1, then: pass, source: a test}
""",
    )
    given = record("qa", {"question": text(12, 1), "answer": text(40, 2) + " ۰۹۱۲۳۴۵۶۷۸۹"})
    assert rule(recipe, measure(recipe, given).figures).outcome == "pending"
    broken = recipes.read("broken", recipe.text)
    (step, _), *others = broken.changes

    def fail(_text: str) -> str:
        raise ValueError

    broken.changes[:] = [(step, fail), *others]
    found = measure(broken, given)
    assert rule(broken, found.figures)[:2] == ("review", "step_failed")
    assert found.fields == {"question": "", "answer": ""}, "what could not be masked is not shown"


def test_what_is_cut_out_is_masked_as_its_field_is() -> None:
    answer = f"{text(40, 2)}\nدکتر مریم رضایی متخصص زنان"
    found = measure(DEFAULT, record("qa", {"question": text(12, 1), "answer": answer}))
    assert "رضایی" not in str(found.taken)
    assert "متخصص زنان" in found.taken["answer_signature"]


def test_a_migration_forward_again_cleans_anew(database: Settings) -> None:
    with db.session() as session:
        document = one(session, "1", text(12, 1), text(40, 2))
    clean(DEFAULT)
    schema.downgrade("0002")
    schema.upgrade()
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, document) == ("kept", None, None, "kept")
        assert session.query(Measurement).filter(Measurement.sketch.is_not(None)).count() == 1


def test_a_recipe_arrives_whole_or_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = pickle.dumps(DEFAULT)
    assert pickle.loads(sent).sha256 == DEFAULT.sha256  # noqa: S301  our own
    found = benchmarks.index()
    other = benchmarks.Index(found.benchmarks[:0])
    monkeypatch.setattr(benchmarks, "index", lambda: other)
    with pytest.raises(UsageError, match="measures otherwise"):
        pickle.loads(sent)  # noqa: S301  our own


@pytest.mark.parametrize(
    "about",
    ["2026-11-27", "!!set {a}", "!!binary aGk=", '"\\ud800"', "&a [*a]", "1" * 5001, "!!python/none"],
)
def test_a_recipe_of_odd_values_is_refused(about: str) -> None:
    with pytest.raises(UsageError, match="recipe odd"):
        recipes.read("odd", f"about: {about}\nsteps: [letters]\n")


def test_a_recipe_that_unfolds_without_end_is_refused() -> None:
    layers = "\n".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))
    with pytest.raises(UsageError, match="more than 10000 values"):
        recipes.read("bomb", f"steps:\n  - &a0 [x]\n{layers}\n")


def test_what_another_process_holds_is_left_out_of_a_comparison(database: Settings) -> None:
    other = recipes.read(
        "other",
        ONE_ANSWER.text.replace("words: 20", "words: 50")
        + "  - canned_replies: {field: answer, times: 2, source: a test}\n",
    )
    spelt = recipes.read("spelt", ONE_ANSWER.text.replace("steps:\n", "steps:\n  - spaces\n"))
    with db.session() as session:
        held = one(session, "1", text(12, 1), text(40, 2))
        one(session, "2", text(12, 3), text(40, 4))
    measure_new(ONE_ANSWER)
    measure_new(other)
    with db.session() as holder:
        holder.execute(select(Document.id).where(Document.id == held).with_for_update())
        measure_new(spelt)
        with db.session() as session:
            assert diff(session, (ONE_ANSWER, spelt), samples=1) == []
            (change,) = diff(session, (ONE_ANSWER, other), samples=1)
    assert (change.before, change.after, change.sources) == (("kept", None), ("dropped", "short_answer"), {"drhast": 2})
