"""A recipe's file may hold anything: it is refused in a line, and soon."""

from pathlib import Path

import pytest

from storage.errors import UsageError
from tests.trainer.conftest import SMOKE
from trainer import recipe
from trainer.recipe import load


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("seed: 7", "seed: 7\nseed: 8", "seed stands twice"),
        ("r: 4", "r: 4\n      r: 8", "r stands twice"),
        ("seed: 7", f"seed: {'7' * 5_000}", "a number of 5000 characters"),
        ("seed: 7", "seed: 7\n8: 9", "a key is no text"),
        ("seed: 7", "seed: !!set {7}", "set is no kind of value"),
        ("about: the", r'about: "\ud800"  # the', "half of a character"),
    ],
)
def test_what_yaml_lets_pass_is_refused(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    text = Path(SMOKE).read_text(encoding="utf-8")
    assert text.count(right) == 1
    assert said in _refusal(tmp_path, text.replace(right, wrong))


def test_a_few_lines_are_no_billion_values(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    assert "stands for more than" in _refusal(tmp_path, "\n".join(lines))


def test_thousands_of_keys_that_nobody_knows_are_told_in_a_few(tmp_path: Path) -> None:
    keys = "\n".join(f"    k{n}{'x' * 20}: 1" for n in range(2_000))
    message = _refusal(tmp_path, f"stages:\n- TrainingArguments:\n{keys}")
    assert "k0xxxxxxxxxxxxxxxxxxxx: no such key" in message
    assert len(message) < 10_000


def test_a_file_of_megabytes_is_none(tmp_path: Path) -> None:
    assert "that is no recipe" in _refusal(tmp_path, "#" * (recipe.LARGEST + 1))


def _refusal(folder: Path, text: str) -> str:
    path = folder / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load(str(path))
    message = str(refused.value)
    assert "\n" not in message
    return message
