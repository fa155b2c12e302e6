"""Multiple choice: the file of items, the paper's prompt, and what makes an answer right.

Primary is the letter with the highest likelihood right after the prompt: the paper's systems answer with a letter,
and every option costs the same one token. Beside it stands the option whose own text is likeliest per UTF-8 byte,
which asks nothing of a model's skill at exams; per byte, because a longer text is less likely whatever it says.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evaluator.benchmark import FOLDER, Likelihood, Question
from evaluator.statistics import Paired, chance, constant_letter, longest_option, paired, wilson
from storage.answers import AnswerFields, Figure
from storage.benchmarks.files import Item as BenchmarkItem
from storage.errors import UsageError
from storage.models import Answer

ACCURACY, ACCURACY_TEXT = "accuracy", "accuracy_text"
COLUMNS = {"id", "question", "options", "answer", "topic"}
# The paper's zero-shot form (section V): headings and bracketed letters as in its published prompts, and a heading
# after which an answer is the natural next line.
PROMPT = "## پرسش\n{question}\n\n## گزینه ها\n{options}\n\n## پاسخ\n"
OPTION = "[{letter}] : {text}"


@dataclass(frozen=True)
class Item:
    """One question with its options in order; `answer` is the letter of the right one."""

    id: str
    question: str
    options: tuple[str, ...]
    answer: str
    topic: str | None = None

    @property
    def lettered(self) -> dict[str, str]:
        """The options by letter."""
        return dict(zip(ascii_uppercase, self.options, strict=False))


@dataclass(frozen=True)
class MultipleChoice:
    """A multiple-choice benchmark in a JSON-lines file beside its own module."""

    name: str
    about: str
    caveat: str
    licence: str
    file: str

    def open(self, snapshot: Path | None = None) -> "OpenedChoice":  # noqa: ARG002  it needs none
        """Read and check the items; raises UsageError naming the file and the item that is wrong."""
        return OpenedChoice(read_items(FOLDER / self.file))

    def items(self) -> Sequence[BenchmarkItem]:
        """Each question with its options."""
        return [BenchmarkItem(item.id, item.question, item.options) for item in self.open().items]


@dataclass(frozen=True)
class OpenedChoice:
    """Multiple-choice items, checked."""

    items: tuple[Item, ...]

    @cached_property
    def sha256(self) -> str:
        """The hash of everything in the items that a score depends on."""
        content = [[i.id, i.question, i.options, i.answer] for i in self.items]
        return hashlib.sha256(json.dumps([PROMPT, OPTION, content], ensure_ascii=False).encode()).hexdigest()

    @cached_property
    def questions(self) -> Sequence[Question]:
        """Each item in the paper's form, with its letters and its options' texts to weigh."""
        return [_question(item) for item in self.items]

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by id."""
        return {item.id: item for item in self.items}

    def answer(self, question: Question, likelihoods: dict[str, Likelihood]) -> AnswerFields:
        """The likeliest letter; no choice at all where one likelihood is missing."""
        item = self.by_id[question.item]
        letter = {key: likelihoods[f"letter {key}"].nats for key in item.lettered}
        text = {key: _per_byte(likelihoods[f"text {key}"].nats, option) for key, option in item.lettered.items()}
        choice = likeliest(letter)
        cut = max(found.cut for found in likelihoods.values())
        return AnswerFields(
            item=item.id,
            prompt=question.prompt,
            output={"letter": letter, "text": text, "cut": cut},
            choice=choice,
            correct=choice == item.answer,
        )

    def figures(self, answers: Sequence[Answer]) -> list[Figure]:
        """Accuracy by letter and by text; what was not answered counts as wrong."""
        return [
            Figure(metric, sum(right) / len(right), *wilson(sum(right), len(right)), len(right))
            for metric, right in self._right(answers).items()
        ]

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """Both accuracies, by McNemar's exact test."""
        one, other = self._right(first), self._right(second)
        return [paired(metric, one[metric], other[metric]) for metric in one]

    def unanswered(self, answers: Sequence[Answer]) -> int:
        """How many items have no choice."""
        return sum(a.choice is None for a in answers)

    @cached_property
    def baselines(self) -> dict[str, float]:
        """Guessing, always the same letter, always the longest option."""
        letter, share = constant_letter([item.answer for item in self.items])
        longest = longest_option([(i.options, ascii_uppercase.index(i.answer)) for i in self.items])
        guessing = chance([len(item.options) for item in self.items])
        return {"guessing": guessing, f"always {letter}": share, "longest option": longest}

    def _right(self, answers: Sequence[Answer]) -> dict[str, list[bool]]:
        """Whether each item is right, by metric, in the order of the items' ids."""
        ordered = sorted(answers, key=lambda a: a.item)
        by_text = [likeliest(a.output["text"]) == self.by_id[a.item].answer for a in ordered]
        return {ACCURACY: [a.correct for a in ordered], ACCURACY_TEXT: by_text}


def likeliest(options: dict[str, float | None]) -> str | None:
    """The option with the highest likelihood, the first of equals; None where one has no likelihood."""
    known = {key: value for key, value in options.items() if value is not None}
    return max(known, key=lambda key: known[key]) if len(known) == len(options) else None


def read_items(path: Path) -> tuple[Item, ...]:
    """The items of a JSON-lines file. Raises UsageError with one line that names the file, the item and its fault."""
    items: dict[str, Item] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the benchmark file {path} cannot be read: {error}") from None
    for number, line in enumerate(lines, start=1):
        item = _item(path, number, line)
        if item.id in items:
            raise _broken(path, number, item.id, "stands there twice")
        items[item.id] = item
    if not items:
        raise UsageError(f"{path} holds no items")
    return tuple(items.values())


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


def _question(item: Item) -> Question:
    options = "\n".join(OPTION.format(letter=letter, text=text) for letter, text in item.lettered.items())
    letters = {f"letter {letter}": letter for letter in item.lettered}
    texts = {f"text {letter}": text for letter, text in item.lettered.items()}
    return Question(item.id, PROMPT.format(question=item.question, options=options), letters | texts)


def _per_byte(nats: float | None, text: str) -> float | None:
    return None if nats is None else nats / len(text.encode())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _broken(path: Path, number: int, item: object, fault: str) -> UsageError:
    return UsageError(f"{path}: item {item} (line {number}) {fault}")


def _listed(columns: set[str]) -> str:
    return ", ".join(sorted(columns))
