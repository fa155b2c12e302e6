"""The benchmarks that come with the project are registered as they are, and others by their files."""

import json
from pathlib import Path

from typer.testing import CliRunner

from evaluator import registration
from evaluator.benchmark import named, names
from evaluator.cli import app
from storage import benchmarks
from storage.benchmarks import PACKAGED
from storage.benchmarks.files import read


def test_every_benchmark_with_texts_is_registered_as_it_is_now(data_dir: Path) -> None:
    own = registration.own()
    assert {b.name: b.sha256 for b in own} == {b.name: b.sha256 for b in map(read, PACKAGED.glob("*.json"))}
    assert {b.name for b in own} == {name for name in names() if named(name).items()}
    assert own


def test_items_of_the_projects_own_benchmark_are_found(data_dir: Path) -> None:
    items = [item for item in named("persian-medical-basics").items() if len(f"{item.asked} {item.said}".split()) > 12]
    found = [benchmarks.index().find("\n".join([item.asked, *item.said])) for item in items]
    assert [overlaps[0].item for overlaps in found] == [item.id for item in items]


def test_a_file_is_registered_by_the_command(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "My_Exam.jsonl"
    asked = "کدام یک از داروهای زیر در درمان نخستین فشار خون بالا در بارداری به کار می‌رود؟"
    path.write_text(json.dumps({"question": asked, "options": ["متیل دوپا", "کاپتوپریل"]}), encoding="utf-8")
    result = CliRunner().invoke(app, ["register", "--data", str(path)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("my-exam: 1 items")
    assert benchmarks.index().find(asked)[0].benchmark == "my-exam"
