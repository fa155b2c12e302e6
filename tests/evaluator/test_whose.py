"""Whether what was asked is the publisher's file: what it is told by, and where another's is kept out of the means."""

from pathlib import Path

import pytest

from evaluator.benchmark import names
from evaluator.benchmarks.mmlu_fa_anatomy import BENCHMARK
from evaluator.whose import Whose, counted, whose
from storage.settings import Settings
from tests.evaluator.report.stored import choices, take

NAME = BENCHMARK.name
OTHER = "0" * 64


def test_what_comes_with_the_project_is_its_own(database: Settings) -> None:
    assert {whose(name, OTHER, 3) for name in ("persian-medical-basics", "dev-pairs")} == {Whose.OWN}


@pytest.mark.parametrize(("items", "expected"), [(135, Whose.UNSEEN), (134, Whose.OTHER), (9, Whose.OTHER)])
def test_without_the_publishers_file_the_number_of_items_tells(database: Settings, items: int, expected: Whose) -> None:
    assert whose(NAME, OTHER, items) is expected


def test_what_was_taken_for_the_benchmark_is_it_and_told_as_another_file(database: Settings, tmp_path: Path) -> None:
    take(NAME, tmp_path, choices(9, str))
    version = BENCHMARK.open(None).sha256
    assert whose(NAME, version, 9) is Whose.UNSEEN
    assert whose(NAME, OTHER, 9) is Whose.OTHER
    assert counted(NAME, 9) == "9 items, and its publisher tells of 135"


def test_a_name_that_is_no_more_is_not_asked_for(database: Settings) -> None:
    assert "gone" not in names()
    assert whose("gone", OTHER, 9) is Whose.OWN
