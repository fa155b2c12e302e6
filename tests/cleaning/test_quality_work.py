"""From decisions in the database to a stored model and the order of the queue."""

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from cleaning import cli_models
from cleaning.filters.quality_score import quality_score
from cleaning.quality import learning, work
from cleaning.quality.queue import mixed, priorities
from cleaning.record import Record
from cleaning.steps import registry
from storage import db
from storage import trained as trained_rows
from storage.errors import UsageError
from storage.models import Document, Measurement, Recipe
from storage.models import Model as ModelRow
from storage.settings import Settings
from tests.cleaning.simulated_reviews import reviewed, simulate


@pytest.fixture
def few_will_do(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MINIMUM", 20)


def test_from_decisions_in_the_database_to_the_order_of_the_queue(few_will_do: None) -> None:
    with pytest.raises(UsageError, match="nothing is cleaned yet"):
        work.train("qa")
    simulated = simulate(100, seed=31, sharpness=4.0)
    reviewed(simulated)
    with pytest.raises(UsageError, match="no quality model for qa yet"):
        work.order_queue("qa")
    with pytest.raises(UsageError, match="there are 0 and 0"):
        work.train("article")
    row = work.train("qa", texts_only=True)
    assert row.metrics["decisions"] == 60
    assert work.train("qa", texts_only=True).id == row.id
    assert work.train("qa").name == "quality-qa"
    assert work.order_queue("qa") == 40
    assert work.order_queue("qa") == 0
    items = [one.item for one in simulated.decided[60:]]
    with db.session() as session:
        waiting = list(trained_rows.waiting(session, "qa", "0" * 64))
    stored = {one.cleaned["answer"]: one.priority for one in waiting}
    ids = {one.cleaned["answer"]: str(one.document_id) for one in waiting}
    wanted = mixed(priorities(work.of_blob(row.blob), items), [ids[one.answer] for one in items])
    assert [stored[one.answer] for one in items] == pytest.approx(wanted.tolist(), abs=1e-5)
    record = Record("qa", {"question": items[0].question, "answer": items[0].answer})
    found = quality_score(record, field="pair", model=row.blob)
    assert found is not None
    assert found["p"] == pytest.approx(work.of_blob(row.blob).score(items[:1]).p[0], abs=1e-4)
    assert quality_score(Record("article", {"title": "", "text": ""}), field="pair", model=row.blob) is None


def _measured_by(recipe: str, sha256: str, mark: str, figures: dict[str, dict[str, float]]) -> None:
    """Every document once more, as another recipe leaves and measures it."""
    with db.session() as session:
        session.add(Recipe(sha256=sha256, measures_sha256=sha256, name=recipe, text=""))
        for row in session.scalars(select(Document)):
            values = {"measures_sha256": sha256, "content_sha256": row.content_sha256, "figures": figures}
            cleaned = {"question": row.question, "answer": f"{row.answer} {mark}"}
            session.add(Measurement(document_id=row.id, cleaned=cleaned, **values))


def test_a_model_learns_from_one_recipe_alone(few_will_do: None) -> None:
    """Cleaning by another recipe afterwards changes neither what is learned from nor what is scored."""
    reviewed(simulate(100, seed=31, sharpness=4.0))
    before = work.train("qa")
    assert before.metrics["measures_sha256"] == "0" * 64
    _measured_by("paper", "1" * 64, "۰۹۱۲۳۴۵۶۷۸۹", {"too_few_tokens": {"tokens": 3.0}})
    with db.session() as session:
        ours = list(trained_rows.judged(session, "qa", "0" * 64))
        others = list(trained_rows.judged(session, "qa", "1" * 64))
    assert not [one for one in ours if "۰۹۱۲" in one.cleaned["answer"] or one.figures]
    assert len(ours) == len(others) == 60
    assert all("۰۹۱۲" in one.cleaned["answer"] and one.figures for one in others)
    assert work.train("qa").id == before.id
    with pytest.raises(UsageError, match="recipe"):
        work.train("qa", recipe="papre")


def test_a_model_of_one_recipes_figures_scores_no_other(few_will_do: None) -> None:
    reviewed(simulate(100, seed=31, sharpness=4.0))
    _measured_by("paper", "1" * 64, "", {"too_few_tokens": {"tokens": 3.0}})
    of_paper = work.train("qa", recipe="paper")
    assert of_paper.metrics["measures_sha256"] == "1" * 64
    with pytest.raises(UsageError, match="learned from what another recipe measures"):
        work.order_queue("qa")
    assert work.order_queue("qa", recipe="paper") == 40
    ours = work.train("qa")
    assert work.order_queue("qa") >= 0
    assert work.order_queue("qa", recipe="paper") >= 0  # by its own, though another was trained since
    with db.session() as session:
        newest = trained_rows.newest(session, "quality-qa", "1" * 64)
    assert newest is not None
    assert (newest.id, ours.id > of_paper.id) == (of_paper.id, True)


def test_the_same_decisions_measured_by_another_version_are_another_model(few_will_do: None) -> None:
    reviewed(simulate(100, seed=31, sharpness=4.0))
    _measured_by("default", "1" * 64, "", {})
    with db.session() as session:
        session.get_one(Recipe, "1" * 64).used_at = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    assert work.train("qa").metrics["measures_sha256"] == "0" * 64
    with db.session() as session:
        session.get_one(Recipe, "1" * 64).used_at = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    assert work.train("qa").metrics["measures_sha256"] == "1" * 64


def test_models_are_listed_newest_first(database: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with db.session() as session:
        for name in ("older", "newer"):
            row = ModelRow(name=name, version=name * 10, kind="quality", metrics={})
            trained_rows.add(session, row, name.encode())
    cli_models.models()
    listed = capsys.readouterr().out
    assert listed.index("newer") < listed.index("older")
    assert "newest first" in str(cli_models.models.__doc__)


def test_a_recipe_with_a_model_that_is_not_there_is_refused(data_dir: Path) -> None:
    parameters = registry()["quality_score"].parameters
    good = {"field": "pair", "side": "low", "certainty": 0.95}
    with pytest.raises(ValidationError, match="is not in the archive"):
        parameters.model_validate(good | {"model": "0" * 64})
    with pytest.raises(ValidationError, match="should match pattern"):
        parameters.model_validate(good | {"model": "../etc/passwd"})
