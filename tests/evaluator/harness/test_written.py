"""The tasks' files, without lm-evaluation-harness: what they say, and that prompts are ours to the byte."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluator import catalogue
from evaluator.benchmark import named
from evaluator.choice import OpenedChoice
from evaluator.harness import write
from storage.errors import UsageError
from storage.settings import settings
from tests.evaluator.harness.logs import BASICS, opened

PROGRAM = Path(sys.executable).parent / "evaluator"


class Loader(yaml.SafeLoader):
    """YAML in which `!function` is the text behind it."""


Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))  # type: ignore[no-untyped-call]


def described(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506
    assert isinstance(found, dict)
    return found


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_task_names_its_items_its_class_and_its_version(tmp_path: Path) -> None:
    written = write(tmp_path / "new" / "tasks", [BASICS])[0]
    told = described(written.path)
    assert (told["task"], told["tag"]) == ("tabib_persian_medical_basics", "tabib")
    assert told["metadata"] == {"version": 1.0, "benchmark": BASICS, "benchmark_sha256": opened().sha256}
    assert [each["metric"] for each in told["metric_list"]] == ["acc", "acc_bytes"]
    module, name = told["class"].split(".")
    program = ast.parse((written.path.parent / f"{module}.py").read_text(encoding="utf-8"))
    assert name in [node.name for node in program.body if isinstance(node, ast.ClassDef)]
    columns = rows(written.path.parent / told["dataset_kwargs"]["file"])[0].keys()
    assert {told["doc_to_text"], told["doc_to_choice"], told["doc_to_target"]} < columns
    assert told["target_delimiter"] == ""


def test_prompts_letters_texts_and_keys_are_those_of_a_run(tmp_path: Path) -> None:
    written = write(tmp_path, [BASICS])[0]
    found = rows(written.path.with_suffix(".jsonl"))
    items, questions = opened().by_id, opened().questions
    assert written.items == len(found) == len(questions) == 96
    for row, question in zip(found, questions, strict=True):
        item = items[row["id"]]
        assert row["prompt"].encode() == question.prompt.encode()
        assert row["continuations"] == [*item.lettered, *item.options]
        assert row["continuations"][row["target"]] == item.answer


def test_a_file_taken_from_elsewhere_keeps_every_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABIB_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    options = ["{{ doc }}", 'یک\u2028"دو"\\', "سه\r\nچهار\u0085", "پنج\u200c‌"]
    items = [
        {"id": "a", "question": "{% if x %}\u2029کدام؟", "options": options, "answer": "C"},
        {"id": "b", "question": "123", "options": ["1", "2"], "answer": "B"},
    ]
    given = tmp_path / "given.jsonl"
    given.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    try:
        catalogue.fetched("khayyam-medical", given)
        path = write(tmp_path / "tasks", ["khayyam-medical"])[0].path
        here = named("khayyam-medical").open(None)
    finally:
        settings.cache_clear()
    assert isinstance(here, OpenedChoice)
    found = rows(path.with_suffix(".jsonl"))
    assert [row["prompt"] for row in found] == [question.prompt for question in here.questions]
    assert [row["continuations"][len(row["continuations"]) // 2 :] for row in found] == [
        list(item.options) for item in here.items
    ]
    assert [row["target"] for row in found] == [2, 1]


def test_the_same_is_written_again_and_nothing_else_touched(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write(tmp_path, [BASICS])[0].path.parent.iterdir()}
    (tmp_path / "own.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "tabib_choice.py").write_text("broken", encoding="utf-8")
    write(tmp_path, [BASICS])
    assert (tmp_path / "own.yaml").read_text(encoding="utf-8") == "mine"
    assert {name: (tmp_path / name).read_bytes() for name in first} == first


def test_all_that_is_at_hand_is_multiple_choice(tmp_path: Path) -> None:
    assert BASICS in [each.benchmark for each in write(tmp_path, ())]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kqa-fa is no multiple choice.*persian-medical-basics"):
        write(tmp_path, ["kqa-fa"])
    with pytest.raises(UsageError, match="dev-pairs is no multiple choice"):
        write(tmp_path, ["dev-pairs"])
    with pytest.raises(UsageError, match="no benchmark is named 'nope'"):
        write(tmp_path, ["nope"])
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="cannot be written"):
            write(place, [BASICS])


def test_the_command_tells_what_it_wrote(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "harness", tmp_path / "tasks", "--benchmark", BASICS, "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    path = str(tmp_path / "tasks" / "tabib_persian_medical_basics.yaml")
    assert found == [{"benchmark": BASICS, "task": "tabib_persian_medical_basics", "path": path, "items": 96}]
