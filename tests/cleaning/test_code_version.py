"""Whoever changes what is measured raises CODE_VERSION: else stored figures of the old code pass for the new."""

import ast
import hashlib
from pathlib import Path

import cleaning
from cleaning.recipe import CODE_VERSION

PINNED = Path(__file__).parent / "code_version.txt"
ROOT = Path(cleaning.__file__).parent
MEASURING = (
    *("alphabet", "characters", "folding", "judge", "letter_pairs", "minhash", "sketch", "spelling", "urls", "verbs"),
    *("wording", "words"),
)
FOLDERS = ("filters", "transforms", "privacy", "medical")


def digest() -> str:
    """Of the code that measures, without its comments, docstrings and layout."""
    files = [ROOT / f"{name}.py" for name in MEASURING]
    files += sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.py"))
    made = hashlib.sha256()
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = None
        made.update(path.name.encode() + ast.dump(tree).encode())
    return made.hexdigest()


def test_the_version_belongs_to_this_code() -> None:
    version, pinned = PINNED.read_text(encoding="utf-8").split()
    now = digest()
    assert (int(version), pinned) == (CODE_VERSION, now), (
        "the code that measures changed: raise CODE_VERSION unless it measures no text otherwise, "
        f"then write `{CODE_VERSION} {now}` to {PINNED.name}"
    )
