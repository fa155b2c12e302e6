"""One question with its options, and the files of such: our own, held to their form, and publishers' own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evaluator.published.layout import MOST_OPTIONS, Choices, Draft, drafts
from evaluator.published.rows import read
from storage.errors import UsageError

COLUMNS = {"id", "question", "options", "answer", "topic"}


@dataclass(frozen=True)
class Item:
    """One question with its options in order; `answer` is the letter of the right one."""

    id: str
    question: str
    options: tuple[str, ...]
    answer: str
    topic: str | None = None
    source: str | None = None

    @property
    def lettered(self) -> dict[str, str]:
        """The options by letter."""
        return dict(zip(ascii_uppercase, self.options, strict=False))


def read_items(path: Path) -> tuple[Item, ...]:
    """The items of a JSON-lines file. Raises UsageError with one line that names the file, the item and its fault."""
    items: dict[str, Item] = {}
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the benchmark file {path} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n") if text else (), start=1):  # U+2028 may stand in a text
        item = _item(path, number, line)
        if item.id in items:
            raise _broken(path, number, item.id, "stands there twice")
        items[item.id] = item
    if not items:
        raise UsageError(f"{path} holds no items")
    return tuple(items.values())


def published_items(path: Path, layout: Choices | None = None) -> tuple[Item, ...]:
    """The items of a publisher's file, or of one in our form of JSON lines; equal options are left to lint.

    Without a layout the usual names of columns are tried.

    Raises UsageError for a wrong column, and where an item cannot be asked: it names the first and counts the others.
    """
    found = drafts(path, read(path), layout)
    faults = [(draft, fault) for draft in found if (fault := unaskable(draft))]
    if faults:
        draft, fault = faults[0]
        more = f"; {len(faults) - 1} more cannot be asked either" if len(faults) > 1 else ""
        raise UsageError(f"{path}: item {draft.id} {fault}{more}. `evaluator lint --data {path}` tells all")
    twice = _twice([draft.id for draft in found])
    if twice:
        raise UsageError(f"{path}: item {twice} stands there twice")
    return tuple(Item(d.id, d.question, d.options, str(d.answer), d.topic, d.source) for d in found)


def unaskable(draft: Draft) -> str | None:
    """Why no model can be asked this item, or scored by it; None where it can."""
    if not draft.question:
        return "has no question"
    if not 2 <= len(draft.options) <= MOST_OPTIONS:
        more = " or more" if len(draft.options) > MOST_OPTIONS else ""
        return f"has {len(draft.options)} options{more}; it needs 2 to {MOST_OPTIONS}"
    if not all(draft.options):
        return f"has nothing as option {ascii_uppercase[draft.options.index('')]}"
    if draft.answer is None:
        letters = ", ".join(ascii_uppercase[: len(draft.options)])
        return f"has the key {draft.key[:40]!r}; with {len(draft.options)} options it is one of {letters}"
    return None


def _twice(ids: Sequence[str]) -> str | None:
    seen: set[str] = set()
    return next((each for each in ids if each in seen or seen.add(each)), None)  # type: ignore[func-returns-value]


def _item(path: Path, number: int, line: str) -> Item:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{path}: line {number} is not JSON ({error})") from None
    if not isinstance(row, dict):
        raise UsageError(f"{path}: line {number} is {type(row).__name__}, not an object with {_listed(COLUMNS)}")
    if fault := _fault(row):
        raise _broken(path, number, row.get("id"), fault)
    return Item(row["id"], row["question"], tuple(row["options"]), row["answer"], row.get("topic"))


def _fault(row: dict[str, Any]) -> str | None:
    missing, extra = COLUMNS - {"topic"} - set(row), set(row) - COLUMNS
    if missing or extra:
        wrong = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has the unknown {_listed(extra)}"] * bool(extra)
        return f"{' and '.join(wrong)}; its columns are {_listed(COLUMNS)}"
    if not all(_is_text(row[name]) for name in ("id", "question")):
        return "has an empty id or question, or one that is not text"
    return _options_fault(row["options"]) or _key_fault(row["answer"], len(row["options"]))


def _options_fault(options: object) -> str | None:
    if not isinstance(options, list) or not all(_is_text(option) for option in options):
        return "has options that are not a list of texts"
    if not 2 <= len(options) <= len(ascii_uppercase):
        return f"has {len(options)} options; it needs 2 to {len(ascii_uppercase)}"
    folded = [" ".join(option.split()) for option in options]
    if len(set(folded)) < len(folded):
        twice = next(n for n, option in enumerate(folded) if option in folded[:n])
        return f"has equal options: {ascii_uppercase[folded.index(folded[twice])]} and {ascii_uppercase[twice]}"
    return None


def _key_fault(key: object, options: int) -> str | None:
    letters = ascii_uppercase[:options]
    if isinstance(key, str) and len(key) == 1 and key in letters:
        return None
    return f"has the key {key!r}; with {options} options it is one of {', '.join(letters)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _broken(path: Path, number: int, item: object, fault: str) -> UsageError:
    return UsageError(f"{path}: item {item} (line {number}) {fault}")


def _listed(columns: set[str]) -> str:
    return ", ".join(sorted(columns))
