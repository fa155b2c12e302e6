"""The step `contamination`: benchmarks' items are dropped, told, and a part of the recipe's identity."""

import json
from pathlib import Path

import pytest

from cleaning.judge import measure, rule
from cleaning.recipe import Recipe, load
from cleaning.record import Record
from storage import benchmarks
from storage.benchmarks import Item
from storage.benchmarks.files import of_items
from storage.errors import UsageError

STEM = "کودکی چهار ساله با تب بالا و گرفتگی گردن و بی‌حالی از دو روز پیش آورده شده است؛ کدام آزمایش لازم است؟"


def recipe(folder: Path, then: str = "drop", **parameters: object) -> Recipe:
    path = folder / "own.yaml"
    step = {"contamination": {"field": "pair", "runs": 1, "source": "the test", "then": then, **parameters}}
    path.write_text(json.dumps({"about": "a test", "steps": [step]}), encoding="utf-8")
    return load(str(path))


@pytest.fixture
def registered(data_dir: Path) -> None:
    of_items("exam", [Item("7", STEM, ("کشت خون", "بررسی مایع نخاع"))]).write(benchmarks.own_folder())


def pair(question: str, answer: str = "باید مایع نخاع او بررسی شود.") -> Record:
    return Record("qa", {"question": question, "answer": answer})


@pytest.mark.parametrize(("then", "outcome"), [("drop", "dropped"), ("review", "review")])
def test_a_pair_with_an_item_in_it_goes_and_says_which(
    registered: None, tmp_path: Path, then: str, outcome: str
) -> None:
    own = recipe(tmp_path, then)
    judged = rule(own, measure(own, pair(f"پرسش آزمون: {STEM}")).figures)
    assert (judged.outcome, judged.reason) == (outcome, "contamination")
    assert judged.measure["items"] == 1
    assert judged.measure["found"] == [
        {"benchmark": "exam", "item": "7", "runs": judged.measure["runs"], "words": STEM.rstrip("؟")}
    ]
    json.dumps(judged.measure)


def test_a_pair_about_the_same_thing_stays(registered: None, tmp_path: Path) -> None:
    own = recipe(tmp_path)
    measured = measure(own, pair("کودک چهار ساله‌ام تب بالا و گرفتگی گردن دارد؛ کدام آزمایش لازم است؟"))
    assert measured.figures == {}
    assert rule(own, measured.figures).outcome == "pending"
    assert measure(own, Record("article", {"title": STEM, "text": STEM})).figures == {}


def test_what_is_looked_for_is_measured_anew_when_a_benchmark_comes(registered: None, tmp_path: Path) -> None:
    before = recipe(tmp_path)
    of_items("other", [Item("1", STEM)]).write(benchmarks.own_folder())
    after = recipe(tmp_path)
    assert before.measures_sha256 != after.measures_sha256
    assert len(measure(before, pair(STEM)).figures[before.steps[0].key]["found"]) == 1
    assert len(measure(after, pair(STEM)).figures[after.steps[0].key]["found"]) == 2


def test_a_recipe_can_name_what_it_looks_for(registered: None, tmp_path: Path) -> None:
    assert recipe(tmp_path, index=benchmarks.index().sha256).measures_sha256 == recipe(tmp_path).measures_sha256
    with pytest.raises(UsageError, match="evaluator register"):
        recipe(tmp_path, index="0" * 64)
