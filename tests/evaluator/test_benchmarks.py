"""Every registered benchmark is what its file says."""

from string import ascii_uppercase

import pytest

from evaluator.benchmark import FOLDER, named, names
from evaluator.choice import MultipleChoice, OpenedChoice
from storage.errors import UsageError


def test_the_folder_is_the_registry() -> None:
    assert names() == ["dev-pairs", "persian-medical-basics"]
    assert {p.stem.replace("_", "-") for p in FOLDER.glob("*.py")} - {"--init--"} == set(names())
    assert {p.name for p in FOLDER.glob("*.jsonl")} == {
        b.file for name in names() if isinstance(b := named(name), MultipleChoice)
    }


@pytest.mark.parametrize("name", names())
def test_a_benchmark_is_called_as_its_file(name: str) -> None:
    assert named(name).name == name
    assert named(name).about


def test_an_unknown_benchmark_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"Did you mean persian-medical-basics\?.*dev-pairs, persian-medical-basics"):
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
