"""Whether what was asked is the publisher's file: what it is told by, and where another's is kept out of the means."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluator import choice
from evaluator import whose as whose_module
from evaluator.benchmark import names
from evaluator.benchmarks.mmlu_fa_anatomy import BENCHMARK
from evaluator.published import Published, pin_of
from evaluator.whose import Whose, counted, whose
from storage.settings import Settings
from tests.evaluator.report.stored import choices, take

NAME = BENCHMARK.name
OTHER = "0" * 64


def test_what_comes_with_the_project_is_its_own(database: Settings) -> None:
    assert {whose(name, OTHER, 3) for name in ("persian-medical-basics", "dev-pairs")} == {Whose.OWN}


@pytest.mark.parametrize(("items", "expected"), [(135, Whose.UNSEEN), (100, Whose.UNSEEN), (136, Whose.OTHER)])
def test_without_the_publishers_file_more_items_than_it_has_tell(
    database: Settings, items: int, expected: Whose
) -> None:
    assert whose(NAME, OTHER, items) is expected


def test_what_was_taken_for_the_benchmark_is_it_and_told_as_another_file(database: Settings, tmp_path: Path) -> None:
    take(NAME, tmp_path, choices(9, str))
    version = BENCHMARK.open(None).sha256
    assert whose(NAME, version, 9) is Whose.UNSEEN
    assert whose(NAME, OTHER, 9) is Whose.UNSEEN
    assert whose(NAME, OTHER, 136) is Whose.OTHER
    assert counted(NAME, 9) == "9 items, and its publisher tells of 135"


def test_the_publishers_items_are_known_in_every_form_they_were_put_in(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(NAME, tmp_path, choices(9, str))
    pin = pin_of(NAME)
    assert pin is not None
    monkeypatch.setattr(whose_module, "named", lambda _: replace(BENCHMARK, published=Published("", 135, pin.sha256)))
    before = BENCHMARK.open(None).sha256
    monkeypatch.setattr(choice, "EARLIER", ((choice.PROMPT, choice.OPTION),))
    monkeypatch.setattr(choice, "OPTION", "{letter}) {text}")
    now = BENCHMARK.open(None).sha256
    assert before != now
    assert [whose(NAME, version, 9) for version in (before, now, OTHER)] == [Whose.OWN, Whose.OWN, Whose.OTHER]


def test_a_form_that_is_no_more_is_kept_among_the_earlier() -> None:
    """Whoever changes the form puts what it was into EARLIER, and its hash here behind the others."""
    forms = [*choice.EARLIER, *((prompt, choice.OPTION) for prompt in choice.PROMPTS.values())]
    known = [hashlib.sha256(json.dumps(form).encode()).hexdigest()[:8] for form in forms]
    assert known == ["c04fe01c", "83be52ae"]


def test_a_name_that_is_no_more_is_not_asked_for(database: Settings) -> None:
    assert "gone" not in names()
    assert whose("gone", OTHER, 9) is Whose.OWN
