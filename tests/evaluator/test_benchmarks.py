"""Every registered benchmark is what its file says."""

import json
import re
from pathlib import Path
from string import ascii_uppercase

import pytest

from evaluator import catalogue, given
from evaluator.benchmark import FOLDER, Question, everyday, named, names
from evaluator.choice import MultipleChoice, OpenedChoice
from evaluator.freeform import FreeForm
from storage.errors import UsageError


def test_the_folder_is_the_registry() -> None:
    assert len(names()) == 24
    assert {p.stem.replace("_", "-") for p in FOLDER.glob("*.py")} - {"--init--"} == set(names())
    assert {p.name for p in FOLDER.glob("*.jsonl")} == {
        b.file for name in names() if isinstance(b := named(name), MultipleChoice) and b.published is None
    }


def test_every_publisher_is_told_and_what_is_known_of_its_file() -> None:
    found = [b for name in names() if isinstance(b := named(name), MultipleChoice | FreeForm) and b.published]
    assert len(found) == 20
    files = [b.published for b in found if b.published]
    assert sum(file.sha256 is not None for file in files) == 12
    assert len({file.url for file in files}) == 20
    for benchmark, published in zip(found, files, strict=True):
        assert published.url.startswith("https://")
        assert benchmark.licence
        assert benchmark.caveat.endswith(".")
        assert published.sha256 is None or re.fullmatch("[0-9a-f]{64}", published.sha256)
        assert re.search(r"/[0-9a-f]{40}/", published.url) or published.terms, "an address that may change needs terms"


def test_items_and_pass_marks_are_those_of_the_paper() -> None:
    paper = {"anatomy": 135, "medical-genetics": 100, "college-medicine": 173, "clinical-knowledge": 265}
    paper |= {"professional-medicine": 272, "college-biology": 144}
    for language in ("fa", "en"):
        subjects = {s: named(f"mmlu-{language}-{s}") for s in paper}
        assert {s: b.published.items for s, b in subjects.items()} == paper  # type: ignore[attr-defined]
    assert sum(paper.values()) + 168 == 1257
    assert all(named(f"mmlu-fa-{s}").original == f"mmlu-en-{s}" for s in paper)  # type: ignore[attr-defined]
    marks = {name: b.pass_mark for name in names() if isinstance(b := named(name), MultipleChoice) and b.pass_mark}
    assert marks == {"ibmsee-2023-09": 0.36, "ibmsee-all": 0.36}


def test_all_means_what_is_at_hand_and_not_held_back(data_dir: Path) -> None:
    assert everyday() == ["dev-pairs", "persian-medical-basics"]
    catalogue.fetched("mmlu-fa-anatomy", _exam(data_dir.parent))
    assert everyday() == ["dev-pairs", "mmlu-fa-anatomy", "persian-medical-basics"]
    opened = named("mmlu-fa-anatomy").open(None)
    assert isinstance(opened, OpenedChoice)
    assert opened.questions[0].prompt.startswith("## پرسش\n")
    english = catalogue.fetched("mmlu-en-anatomy", _exam(data_dir.parent))
    assert english.items == 2
    assert named("mmlu-en-anatomy").open(None).questions[0].prompt.startswith("## Question\n")
    assert [row["at_hand"] for row in catalogue.benchmarks() if row["name"].endswith("anatomy")] == [True, True]


def test_a_named_benchmark_reads_keys_as_its_publisher_counts_them(data_dir: Path) -> None:
    path = _exam(data_dir.parent)
    for name, keys in (("mmlu-fa-anatomy", ["A", "B"]), ("mmlu-en-anatomy", ["B", "C"])):
        catalogue.fetched(name, path)
        opened = named(name).open(None)
        assert isinstance(opened, OpenedChoice)
        assert [item.answer for item in opened.items] == keys


def test_what_needs_no_fetch_is_told(data_dir: Path) -> None:
    with pytest.raises(UsageError, match="persian-medical-basics needs no fetch"):
        catalogue.fetched("persian-medical-basics")
    with pytest.raises(UsageError, match="give --benchmark once"):
        given.the_one(["all"], data_dir)
    assert not named("kqa-fa").items()


def test_free_form_questions_have_their_doctors_answer_to_weigh(data_dir: Path, tmp_path: Path) -> None:
    row = {"Question": "کم‌خونی چیست؟", "Free_form_answer": "کمبود گلبول سرخ", "Must_have": "['گلبول سرخ کم است']"}
    path = tmp_path / "kqa.jsonl"
    path.write_text(json.dumps(row | {"Nice_to_have": ["رنگ‌پریدگی"], "Sources": ""}), encoding="utf-8")
    assert catalogue.fetched("kqa-fa", path).items == 1
    benchmark = named("kqa-fa")
    assert isinstance(benchmark, FreeForm)
    (asked,) = benchmark.asked()
    assert (asked.must, asked.nice, asked.source) == (("گلبول سرخ کم است",), ("رنگ‌پریدگی",), None)
    assert benchmark.open().questions == [Question("1", "کم‌خونی چیست؟", {"answer": "کمبود گلبول سرخ"})]
    assert benchmark.items()[0].said == ("کمبود گلبول سرخ", "گلبول سرخ کم است", "رنگ‌پریدگی")
    for broken, said in (
        ({"Must_have": "['unclosed"}, "row 1 of .* has statements that are no list"),
        ({"Question": " "}, "item 1 has no question or no answer"),
    ):
        path.write_text(json.dumps(row | {"Nice_to_have": []} | broken), encoding="utf-8")
        with pytest.raises(UsageError, match=said):
            benchmark.read(path)
    path.write_text(json.dumps({"Question": "x"}), encoding="utf-8")
    with pytest.raises(UsageError, match="has no column free form answer, must have, nice to have: it has Question"):
        benchmark.read(path)


def _exam(folder: Path) -> Path:
    """Two questions; the keys are numbers that mean one thing from 0 and another from 1."""
    path = folder / "exam.jsonl"
    rows = [
        {"question": "کدام اندام صفرا می‌سازد؟", "choices": ["کبد", "طحال", "قلب", "ریه"], "answer": 1},
        {"question": "کدام اندام جفت است؟", "choices": ["کبد", "کلیه", "قلب", "معده"], "answer": 2},
    ]
    rows = [row | {"options": row["choices"]} for row in rows]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", names())
def test_a_benchmark_is_called_as_its_file(name: str) -> None:
    assert named(name).name == name
    assert named(name).about


def test_an_unknown_benchmark_lists_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"Did you mean persian-medical-basics\?.*dev-pairs, ibmsee-2023-09, .*persian-medical-basics"
    ):
        named("persian-medical-basic")


def test_the_basics_are_balanced_and_sound() -> None:
    opened = named("persian-medical-basics").open(None)
    assert isinstance(opened, OpenedChoice)
    assert len(opened.items) == 96
    assert {len(item.options) for item in opened.items} == {4}
    keys = [item.answer for item in opened.items]
    assert all(keys.count(letter) == 24 for letter in ascii_uppercase[:4])
    # No simple rule may beat guessing by more than the interval of 96 items allows.
    assert max(opened.baselines.values()) < 0.35
    assert len({item.question for item in opened.items}) == 96
