"""What is written twice, or stands for more than it seems to, is refused; all else reads as YAML does."""

from pathlib import Path

import pytest
import yaml

from storage import strict_yaml

ROOT = Path(__file__).parents[2]
MOST = 10_000


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/recipes/*.yaml")), ids=lambda path: path.stem)
def test_it_reads_what_yaml_reads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert strict_yaml.read(text, MOST) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 7\nseed: 8", "seed stands twice"),
        ("a: {b: 1, 'b': 2}", "b stands twice"),
        ("a: [{<<: {x: 1}, <<: {x: 2}}]", "<< stands twice"),
        ("1: a", "a key is no text; quotes make it one"),
        ("yes: a", "a key is no text"),
        ("? [a]\n: b", "a key is no text"),
        ("a: !!set {b}", "set is no kind of value"),
        ("a: !!binary aGk=", "binary is no kind of value"),
        ("a: !!python/object/apply:os.system [ls]", "python/object/apply:os.system is no kind of value"),
        ("a: =", "value is no kind of value"),
        (f"a: {'9' * 5_000}", "a number of 5000 characters"),
        (f"a: 0x{'f' * 5_000}", "a number of 5002 characters"),
        (f"a: {'1:' * 3_000}1", "a number of 6001 characters"),
        ("a: !!int x", "invalid literal for int"),
        (r'a: "\ud800"', "half of a character"),
        ("a: b\x00", "special characters are not allowed"),
        ("a: b\n---\na: c", "expected a single document"),
        ("a: *nowhere", "undefined alias"),
        ("a: [", "expected the node content"),
        ("&a [*a]", "more than 10000 values"),
        ("&a {b: *a}", "more than 10000 values"),
        ("[" * 5_000, "nested too deep"),
        ("{a: " * 5_000, "nested too deep"),
        ("\n".join(f"{' ' * n}a:" for n in range(1_000)), "nested too deep"),
    ],
)
def test_what_may_not_stand_there_is_told_in_a_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        strict_yaml.read(text, MOST)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) <= 500


@pytest.mark.parametrize("inner", ["[{0}]", "{{<<: [{0}]}}"])
def test_a_few_lines_are_no_billion_values(inner: str) -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} " + inner.format(", ".join([f"*a{n - 1}"] * 10)) for n in range(1, 12)]
    with pytest.raises(ValueError, match="stands for more than"):
        strict_yaml.read("\n".join(lines), MOST)


def test_many_keys_are_counted() -> None:
    assert len(strict_yaml.read("\n".join(f"k{n}: 1" for n in range(4_000)), MOST)) == 4_000
    with pytest.raises(ValueError, match="more than 10000 values"):
        strict_yaml.read("\n".join(f"k{n}: 1" for n in range(6_000)), MOST)


def test_what_a_merge_key_brings_may_be_set_anew_wherever_it_is_used() -> None:
    text = """
deep: {inner: &b {<<: &a {x: 1, y: 2}, x: 3}}
first: {<<: *b, y: 4}
"""
    assert strict_yaml.read(text, MOST) == {"deep": {"inner": {"x": 3, "y": 2}}, "first": {"x": 3, "y": 4}}


@pytest.mark.parametrize("text", ["", "# nothing", "\n"])
def test_nothing_is_nothing(text: str) -> None:
    assert strict_yaml.read(text, MOST) is None
