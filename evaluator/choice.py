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

from evaluator.benchmark import FOLDER, Likelihood, Question
from evaluator.items import Item, published_items, read_items
from evaluator.published import PLAIN, Choices, Published, at_hand, located
from evaluator.repeats import labels
from evaluator.statistics import Paired, chance, constant_letter, estimate, longest_option, paired
from storage.answers import AnswerFields, Figure
from storage.benchmarks.files import Item as BenchmarkItem
from storage.models import Answer

__all__ = ["OPTION", "PROMPT", "Item", "MultipleChoice", "OpenedChoice", "likeliest", "read_items"]

ACCURACY, ACCURACY_TEXT = "accuracy", "accuracy_text"
# The paper's zero-shot form (section V): headings and bracketed letters as in its published prompts, and a heading
# after which an answer is the natural next line.
PROMPT = "## پرسش\n{question}\n\n## گزینه ها\n{options}\n\n## پاسخ\n"
OPTION = "[{letter}] : {text}"
PROMPTS = {"fa": PROMPT, "en": "## Question\n{question}\n\n## Options\n{options}\n\n## Answer\n"}
"""The form by language."""
EARLIER: tuple[tuple[str, str], ...] = ()
"""Every prompt and OPTION that were the form before, for answers of that time to be known by the items they are to."""


@dataclass(frozen=True)
class MultipleChoice:
    """A multiple-choice benchmark: a JSON-lines file beside its own module, or a publisher's file and its columns.

    `pass_mark` is the share that its examiners ask for, `original` the benchmark that it is a translation of, item by
    item. `given` is a file of the user's own that its items stand in for this once.
    """

    name: str
    about: str
    caveat: str
    licence: str
    file: str = ""
    published: Published | None = None
    layout: Choices = PLAIN
    language: str = "fa"
    pass_mark: float | None = None
    original: str | None = None
    given: Path | None = None

    def open(self, snapshot: Path | None = None) -> "OpenedChoice":  # noqa: ARG002  it needs none
        """Read and check the items; raises UsageError naming the file and the item that is wrong, or that it is not
        here, and DataDamaged where a publisher's file is not what it was."""
        return OpenedChoice(self._items(), PROMPTS[self.language])

    def items(self) -> Sequence[BenchmarkItem]:
        """Each question with its options; none where the publisher's file is not at hand."""
        if not self.here:
            return ()
        return [BenchmarkItem(item.id, item.question, item.options) for item in self._items()]

    def read(self, path: Path) -> tuple[Item, ...]:
        """The items in a file of this benchmark. Raises UsageError."""
        return published_items(path, self.layout)

    @property
    def here(self) -> bool:
        """Whether it can be opened without a fetch."""
        return self.published is None or self.given is not None or at_hand(self.name)

    @property
    def path(self) -> Path:
        """Its file; raises as `open` where that is not here or not what it was."""
        if self.published is None:
            return FOLDER / self.file
        return self.given or located(self.name, self.published)

    @property
    def with_all(self) -> bool:
        """Whether `all` means it too."""
        return self.here

    def _items(self) -> tuple[Item, ...]:
        return read_items(self.path) if self.published is None else self.read(self.path)


@dataclass(frozen=True)
class OpenedChoice:
    """Multiple-choice items, checked, and the form they are put in."""

    items: tuple[Item, ...]
    prompt: str = PROMPT

    @cached_property
    def sha256(self) -> str:
        """The hash of everything in the items that a score depends on."""
        return self._put_as(self.prompt, OPTION)

    @cached_property
    def versions(self) -> frozenset[str]:
        """What the hash of these very items is, and was when they were put in an earlier form."""
        return frozenset({self.sha256, *(self._put_as(*form) for form in EARLIER)})

    @cached_property
    def questions(self) -> Sequence[Question]:
        """Each item in the paper's form, with its letters and its options' texts to weigh."""
        return [_question(item, self.prompt) for item in self.items]

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
        groups = self.groups(answers)
        return [figure_of(metric, right, groups) for metric, right in self._right(answers).items()]

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """Both accuracies, by McNemar's exact test; items that repeat one another are tested as one."""
        one, other, groups = self._right(first), self._right(second), self.groups(first)
        return [paired(metric, one[metric], other[metric], groups) for metric in one]

    def groups(self, answers: Sequence[Answer]) -> list[str]:
        """The labels of what repeats within the benchmark, in the order of the items' ids."""
        return [self._groups[item] for item in sorted(a.item for a in answers)]

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

    @cached_property
    def _groups(self) -> dict[str, str]:
        own = [BenchmarkItem(item.id, item.question, item.options) for item in self.items]
        return {item: label for (_, item), label in labels({"": own}).items()}

    def _put_as(self, prompt: str, option: str) -> str:
        content = [[i.id, i.question, i.options, i.answer] for i in self.items]
        return hashlib.sha256(json.dumps([prompt, option, content], ensure_ascii=False).encode()).hexdigest()

    def _right(self, answers: Sequence[Answer]) -> dict[str, list[bool]]:
        """Whether each item is right, by metric, in the order of the items' ids."""
        ordered = sorted(answers, key=lambda a: a.item)
        by_text = [likeliest(a.output["text"]) == self.by_id[a.item].answer for a in ordered]
        return {ACCURACY: [a.correct for a in ordered], ACCURACY_TEXT: by_text}


def figure_of(metric: str, right: Sequence[bool], groups: Sequence[str]) -> Figure:
    """The share that is right; its interval takes items that repeat one another, by their labels, as one."""
    found = estimate(right, groups)
    return Figure(metric, found.value, found.low, found.high, found.items)


def likeliest(options: dict[str, float | None]) -> str | None:
    """The option with the highest likelihood, the first of equals; None where one has no likelihood."""
    known = {key: value for key, value in options.items() if value is not None}
    return max(known, key=lambda key: known[key]) if len(known) == len(options) else None


def _question(item: Item, prompt: str) -> Question:
    options = "\n".join(OPTION.format(letter=letter, text=text) for letter, text in item.lettered.items())
    letters = {f"letter {letter}": letter for letter in item.lettered}
    texts = {f"text {letter}": text for letter, text in item.lettered.items()}
    return Question(item.id, prompt.format(question=item.question, options=options), letters | texts)


def _per_byte(nats: float | None, text: str) -> float | None:
    return None if nats is None else nats / len(text.encode())
