"""docs/security.md names tests and code that exist, and answers each requirement of OWASP's ASVS 5.0 once."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
FILES = sorted(set(re.findall(r"`((?:infra|storage|tests|docs)/[\w/.-]+)(?:`|::)", TEXT)))
# Requirements of levels 1 and 2 in each section, counted in OWASP/ASVS, 5.0/en, at fe04986.
SECTIONS = {
    "1": (2, 9, 11, 3, 2),
    "2": (3, 3, 4, 1),
    "3": (0, 2, 4, 6, 5, 0, 2),
    "4": (3, 1, 2, 4),
    "5": (1, 3, 2, 3),
    "6": (3, 12, 4, 4, 5, 3, 0, 4),
    "7": (3, 4, 2, 5, 2, 2),
    "8": (2, 3, 1, 1),
    "9": (3, 4),
    "10": (2, 2, 4, 11, 5, 2, 3),
    "11": (2, 3, 3, 4, 1, 1),
    "12": (3, 2, 4),
    "13": (1, 5, 2, 5),
    "14": (2, 4, 3),
    "15": (3, 3, 7),
    "16": (1, 5, 4, 3, 3),
}


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def expanded(numbers: str) -> list[str]:
    """`1.2.3, 1.2.5 to 1.3.1` as single requirements; a span runs over all there are between."""
    every = [
        f"{chapter}.{section}.{number}"
        for chapter, counts in SECTIONS.items()
        for section, count in enumerate(counts, 1)
        for number in range(1, count + 1)
    ]
    found: list[str] = []
    for part in numbers.split(", "):
        first, _, last = part.partition(" to ")
        found += every[every.index(first) : every.index(last or first) + 1]
    return found


def test_each_requirement_is_answered_once() -> None:
    rows = re.findall(r"^\| ([\d., ]+) \| [^|]+ \| [^|]+ \|$", TEXT, re.MULTILINE)
    left = re.findall(r"^Not about us: ([\d., to]+):", TEXT, re.MULTILINE)
    answered = [each for numbers in (*rows, *left) for each in expanded(numbers)]
    wanted = expanded("1.1.1 to 16.5.3")
    assert sorted(answered) == sorted(wanted)
    assert len(wanted) == 253 - 7  # without WebRTC's
    assert len(TESTS) >= 30
