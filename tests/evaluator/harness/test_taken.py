"""What lm-evaluation-harness logged, as rows: the figures of a run, and no broken or foreign log absorbed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from evaluator.benchmark import Question
from evaluator.harness import take
from evaluator.model import LanguageModel, identity, load
from evaluator.run import Asked, evaluate
from storage import db
from storage.errors import UsageError
from storage.models import Answer
from storage.settings import Settings
from tests.evaluator.harness.logs import BASICS, SECRET, log, results, samples
from tests.evaluator.models import make_model

BLANK = -3.25  # what a prompt's last white space weighs, in every number but ours

Change = Callable[[list[dict[str, Any]]], object]


def weighing(model: LanguageModel) -> Callable[[Question], list[float]]:
    """As the harness weighs: white space before each continuation, and alone at the end."""

    def weigh(question: Question) -> list[float]:
        found = model.likelihoods([question])[0]
        return [*(float(each.nats or 0.0) + BLANK for each in found.values()), BLANK]

    return weigh


def guessed(question: Question) -> list[float]:
    return [-float(len(text)) - 0.01 * n for n, text in enumerate(question.continuations.values())]


def kept() -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


def test_a_log_becomes_the_same_answers_and_figures_as_a_run(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model", chat=False)
    own = evaluate(Asked([BASICS], str(folder))).results[0]
    lines = samples(weighing(load(folder)))
    log(tmp_path / "out", results({"pretrained": str(folder), "dtype": "float32"}), lines)
    taken = take([tmp_path / "out"])[0]
    assert (taken.items, taken.new, taken.unanswered, taken.model) == (96, 96, 0, "model")
    assert taken.model_sha256 == own.model_sha256 == identity(folder)
    assert taken.scores == own.scores
    with db.session() as session:
        choices = {(a.item, a.settings["scoring"]): a.choice for a in session.scalars(select(Answer))}
    by_harness = {item: choice for (item, scoring), choice in choices.items() if scoring == "lm-evaluation-harness"}
    assert len(by_harness) == 96
    assert all(choices[item, "likelihood/1"] == choice for item, choice in by_harness.items())


def test_taken_again_nothing_is_added(database: Settings, tmp_path: Path) -> None:
    path = log(
        tmp_path, results({"model": "qwen", "base_url": "http://localhost:8000/v1/completions"}), samples(guessed)
    )
    first, again = take([path])[0], take([tmp_path], "other name")[0]
    assert (first.model, first.new, again.new) == ("qwen", 96, 0)
    assert again.scores == first.scores
    assert kept() == 96


def test_no_key_is_kept(database: Settings, tmp_path: Path) -> None:
    given = {"model": "qwen", "base_url": f"http://u:{SECRET}@host:1/v1?key={SECRET}", "auth_token": SECRET}
    log(tmp_path, results(given | {"header": {"Authorization": SECRET}}), samples(guessed))
    take([tmp_path], "qwen-on-vllm")
    with db.session() as session:
        row = session.scalars(select(Answer)).first()
        assert row is not None
        assert row.model == "qwen-on-vllm"
        assert row.settings["arguments"]["base_url"] == "http://host:1/v1"
        assert SECRET not in json.dumps(row.settings)


def test_a_likelihood_that_is_no_number_is_no_answer(database: Settings, tmp_path: Path) -> None:
    lines = samples(guessed)
    lines[0]["filtered_resps"][1][0] = "nan"
    lines[1]["filtered_resps"][0][0] = "-inf"
    lines[2]["filtered_resps"][7][0] = "nan"
    log(tmp_path, results({"pretrained": "hub/model"}), lines)
    taken = take([tmp_path])[0]
    assert (taken.model, taken.unanswered) == ("model", 2)


def _foreign(lines: list[dict[str, Any]]) -> None:
    lines[3]["doc"]["prompt"] += " "


def _of_no_item(lines: list[dict[str, Any]]) -> None:
    lines[3]["doc"]["id"] = "nobody"


def _short(lines: list[dict[str, Any]]) -> None:
    del lines[3]["filtered_resps"][2]


def _no_samples(lines: list[dict[str, Any]]) -> None:
    lines[3] = ["x"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_foreign, "line 4 is not item pmb-004 as it is put here"),
        (_of_no_item, "line 4 is no sample of tabib_persian_medical_basics"),
        (_short, "line 4 is no sample .*7 likelihoods of 8"),
        (_no_samples, "line 4 is no sample"),
        (lambda lines: lines.append(lines[0]), "item pmb-001 stands there twice"),
        (lambda lines: lines.pop(), "lacks 1 of 96 items: ask all of them, without --limit"),
    ],
)
def test_broken_samples_are_refused_whole(database: Settings, tmp_path: Path, change: Change, told: str) -> None:
    lines = samples(guessed)
    change(lines)
    log(tmp_path, results({"pretrained": "hub/model"}), lines)
    with pytest.raises(UsageError, match=told):
        take([tmp_path])
    assert kept() == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"n-shot": {"tabib_persian_medical_basics": 5}}, "with examples before each item"),
        ({"configs": {}}, "do not tell the benchmark"),
        ({"config": {"model": "hf", "model_args": None}}, "do not tell the model"),
    ],
)
def test_what_was_asked_otherwise_is_refused(
    database: Settings, tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    log(tmp_path, results({"pretrained": "hub/model"}, **changed), samples(guessed))
    with pytest.raises(UsageError, match=told):
        take([tmp_path])


def test_another_version_of_the_benchmark_is_refused(database: Settings, tmp_path: Path) -> None:
    told = results({"pretrained": "hub/model"})
    told["configs"]["tabib_persian_medical_basics"]["metadata"]["benchmark_sha256"] = "0" * 64
    log(tmp_path, told, samples(guessed))
    with pytest.raises(UsageError, match="another version of persian-medical-basics"):
        take([tmp_path])


def test_where_there_is_no_log_it_says_how_to_get_one(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there: run lm_eval with --log_samples"):
        take([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match="no samples_tabib_"):
        take([tmp_path])
    path = log(tmp_path, results({"pretrained": "hub/model"}), samples(guessed))
    next(path.parent.glob("results_*")).write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(UsageError, match=r"results_.*cannot be read"):
        take([tmp_path])
    path.write_bytes(b"\xff\n")
    next(path.parent.glob("results_*")).write_text(json.dumps(results({"pretrained": "x"})), encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        take([tmp_path])
