"""Which column of a publisher's file is what, and its rows read as items: as they stand, faults and all.

What lint reads must hold broken items, what a model is asked must not: `Draft` is the one, `evaluator.choice.Item` the
other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evaluator.published.rows import Row, fold, listed
from storage.errors import UsageError

MOST_OPTIONS = len(ascii_uppercase)
_PERSIAN_LETTERS = {"الف": "A", "ا": "A", "آ": "A", "ب": "B", "ج": "C", "د": "D", "ه": "E"}
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SEEN = re.compile(
    "[^\\s\u0300-\u036f\u061c\u064b-\u065f\u0670\u00ad\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\x01-\x1f\x7f-\x9f\U000e0000-\U000e0fff]"
)
"""Whatever is neither a space nor a mark that takes no place of its own, nor one that looks like nothing."""
_NUMBERED = re.compile(r"(option|choice|opt|گزینه) ?([0-9]{1,2}|[a-j])")


@dataclass(frozen=True)
class Draft:
    """An item as a file has it; `key` is what stands there as one, `answer` its letter, None where it is none."""

    id: str
    question: str
    options: tuple[str, ...]
    key: str
    answer: str | None
    topic: str | None = None
    source: str | None = None

    @property
    def lettered(self) -> dict[str, str]:
        """The options by letter."""
        return dict(zip(ascii_uppercase, self.options, strict=False))


@dataclass(frozen=True)
class Choices:
    """The columns of a file of multiple-choice items.

    `options` are the columns of the options in their order, or the one column that lists them; `first` is the number of
    the first option where keys are numbers, unless those of a file speak against it; `only` keeps rows that have one of
    the texts in a column; `whole` leaves out rows that lack a question, an option or a key, as a picture's do.
    """

    question: str = "question"
    options: tuple[str, ...] = ("options",)
    answer: str = "answer"
    first: int = 1
    topic: str | None = "topic"
    source: str | None = "source"
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which there is no item."""
        return (self.question, *self.options, self.answer)

    def keeps(self, row: Row) -> bool:
        """Whether the row is one of the benchmark's; a file without the column holds nothing else."""
        return all(text_of(row.fields.get(fold(c), kept[0])) in kept for c, kept in self.only.items())


PLAIN = Choices()
"""Our own form of JSON lines: question, options as a list, answer as a letter or the number of an option from 1."""


def drafts(path: Path, rows: Sequence[Row], layout: Choices | None = None) -> list[Draft]:
    """The items of a file in the publisher's form or in ours; without a layout the usual names of columns are tried.

    Raises UsageError that names the column which is missing and those there are.
    """
    form = _form(path, rows, layout)
    kept = [row for row in rows if form.keeps(row)]
    first = _first(kept, form)
    found = [_draft(row, form, first) for row in kept]
    if form.whole:
        found = [d for d in found if d.question and d.answer and all(d.options) and len(d.options) > 1]
    if not found:
        raise UsageError(f"{path} holds no item of this benchmark: no row has {_wanted(form)}")
    return found


def named(path: Path, rows: Sequence[Row], needed: Sequence[str], also: str = "") -> None:
    """Raise UsageError, naming the first row that lacks a column and what it has instead, unless all have all."""
    for row in rows:
        lacking = [name for name in needed if fold(name) not in row.fields]
        if lacking:
            spare = [c for c in row.columns if fold(c) not in set(map(fold, needed))]
            near = [hint for name in lacking if (hint := _near(name, spare))]
            meant = f" (did you mean {listed(near)}?)" if near else ""
            where = f"row {row.number} of {path}" if row.number > 1 else str(path)
            raise UsageError(
                f"{where} has no column {listed(lacking)}{meant}: it has {listed(row.columns)}; "
                f"needed are {listed(needed)}{also}"
            )


def text_of(value: Any) -> str:
    """A field as text; nothing where nothing is to be seen. What no database or tokenizer takes is U+FFFD in it."""
    if value is None or value != value:  # no number is not itself
        return ""
    if isinstance(value, float):
        return f"{value:.15g}"
    text = _UNSTORABLE.sub("\ufffd", str(value)).strip()
    return text if _SEEN.search(text) else ""


def _form(path: Path, rows: Sequence[Row], layout: Choices | None) -> Choices:
    columns = set(rows[0].fields)
    tried = [layout, PLAIN] if layout else [PLAIN, *_guessed(columns)]
    for form in tried:
        if form and columns >= set(map(fold, form.needed)):
            named(path, rows, form.needed)
            return form
    first = layout or next(iter(_guessed(columns)), PLAIN)
    also = "" if first == PLAIN else f"; or, as JSON lines, {listed(PLAIN.needed)}"
    named(path, rows, first.needed, also)
    raise AssertionError("a form with all columns is taken above")  # pragma: no cover


def _guessed(columns: set[str]) -> list[Choices]:
    """The form that a file's columns speak for, where nobody says what it is."""

    def one(*names: str) -> str:
        return next((name for name in names if name in columns), names[0])

    numbered = sorted((name for name in columns if _NUMBERED.fullmatch(name)), key=_order)
    if len(numbered) < 2:
        numbered = sorted(columns & {"a", "b", "c", "d", "e"})
    options = tuple(numbered) if len(numbered) > 1 else (one("options", "choices"),)
    answers = ("answer", "correct answer", "key", "answer idx", "correct option", "label", "correct", "پاسخ")
    answer = one(*answers)
    return [
        Choices(
            question=one("question", "question body", "questions", "سوال", "سؤال", "پرسش"),
            options=options,
            answer=answer,
            first=0 if options == ("choices",) or answer == "answer idx" else 1,  # so MMLU's and MedQA's files have it
            topic=one("topic", "category", "subject", "specialty"),
            source=one("source", "sitting", "year"),
        )
    ]


def lists_options(columns: set[str]) -> bool:
    """Whether a file's folded columns hold options of some usual name."""
    return len(_guessed(columns)[0].options) > 1 or bool(columns & {"options", "choices"})


def _order(name: str) -> tuple[int, str]:
    place = name.rsplit(" ", 1)[-1] if " " in name else re.sub(r"^\D+(?=\d)", "", name)
    return (int(place), "") if place.isdigit() else (0, place)


def _first(rows: Sequence[Row], form: Choices) -> int:
    """The number of the first option: the form's own, unless the keys speak against it, and more than a stray one does.

    Only the lowest and the highest number tell: a 0, or one as high as there are options. Few of those are broken keys
    of their own. Read wrongly, every key would be another option; left as it is, a broken one is told.
    """
    keys = [
        (_number(row.fields.get(fold(form.answer))), count) for row in rows if (count := len(_options(row, form))) > 1
    ]
    lowest, highest = sum(key == 0 for key, _ in keys), sum(key == count for key, count in keys)
    against, other = (highest, lowest) if form.first == 0 else (lowest, highest)
    due = sum(1 / count for _, count in keys)  # how often each key stands where all are as frequent
    stray = against == 1 and len(keys) > max((count for _, count in keys), default=0)
    return 1 - form.first if against > other and 2 * against >= due and not stray else form.first


def _draft(row: Row, form: Choices, first: int) -> Draft:
    options = _options(row, form)
    value = row.fields.get(fold(form.answer))
    return Draft(
        id=text_of(row.fields.get("id")) or str(row.number),
        question=text_of(row.fields.get(fold(form.question))),
        options=options,
        key=text_of(value),
        answer=letter(value, options, first),
        topic=_optional(row, form.topic),
        source=_optional(row, form.source),
    )


def letter(value: Any, options: Sequence[str], first: int = 1) -> str | None:
    """The letter that a key names: a letter, Latin or Persian, the number of an option, or an option's own words."""
    text = text_of(value).translate(_DIGITS).strip("[]().: ")
    number = _number(value)
    letters = ascii_uppercase[: len(options)]
    if number is not None:
        return letters[number - first] if 0 <= number - first < len(letters) else None
    named_letter = _PERSIAN_LETTERS.get(text, text.upper())
    if len(named_letter) == 1 and named_letter in letters:
        return named_letter
    same = [place for place, option in enumerate(options) if option and option == text_of(value)]
    return letters[same[0]] if len(same) == 1 else None


def form_of_key(key: str) -> str:
    """How a key is written: a letter, a number or a text."""
    if _number(key) is not None:
        return "number"
    text = key.strip("[]().: ")
    return "letter" if len(text) == 1 or text in _PERSIAN_LETTERS else "text"


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    text = text_of(value).translate(_DIGITS).strip("[]().: ")
    return int(text.partition(".")[0]) if re.fullmatch(r"[0-9]{1,3}(?:\.0{1,9})?", text) else None


def _options(row: Row, form: Choices) -> tuple[str, ...]:
    """The options' texts; empty ones at the end are none, for a table has a cell for each of the most there are."""
    if len(form.options) > 1:
        found = [text_of(row.fields.get(fold(name))) for name in form.options]
    else:
        found = list(_listed(row.fields.get(fold(form.options[0]))))
    while found and not found[-1]:
        found.pop()
    return tuple(found[: MOST_OPTIONS + 1])  # one too many says that there are


def _listed(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (text_of(value[key]) for key in sorted(value))
    elif isinstance(value, list | tuple):
        yield from map(text_of, value)


def _optional(row: Row, column: str | None) -> str | None:
    return text_of(row.fields.get(fold(column))) or None if column else None


def _near(name: str, spare: Sequence[str]) -> str | None:
    folded = {fold(c): c for c in spare}
    close = get_close_matches(fold(name), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None


def _wanted(form: Choices) -> str:
    kept = [f"{column} {listed(texts)}" for column, texts in form.only.items()]
    return " and ".join(kept) or "a question, options and a key"
