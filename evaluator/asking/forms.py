"""How a multiple-choice item is put in words: the paper's prompts, examples before it, the order of its options."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from evaluator.asking.writer import Asked, Prompt, Turn, seed_of
from evaluator.choice import OPTION, PROMPT, Item
from storage.benchmarks.files import Item as Texts
from storage.benchmarks.files import hash_of
from storage.errors import UsageError, unknown

# Byte for byte what the paper's systems were given: `model_prompt` in the result files of
# https://github.com/Mehrdadghassabi/Gaokerena-V (evaluation/multiple_choice_qa), its slip of the pen included.
_ITEM = "## پرسش\n{question} \n\n\n## گزینه ها\n{options} \n\n\n\n\n"
FORMS = {
    "paper": f"\nبه پرسش زیر به پاسخ بدهید و تنها از زبان فارسی استفاده کنید!\n{_ITEM}",
    "paper-steps": f"\nبه پرسش زیر قدم به قدم فکر کرده و پاسخ بدهید!\n{_ITEM}",  # Gaokerena's in genetics alone
    "paper-english": "\n{question} \n\n{options}\n",  # of its pipelines, whose item was translated before
    "headed": PROMPT,  # what `evaluator run` weighs options after
}


@dataclass(frozen=True)
class Form:
    """One way of putting items: a prompt of FORMS, examples before it, and whether the options are moved."""

    name: str = "paper"
    examples: tuple[Item, ...] = ()
    permuted: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError for a name that is none."""
        if self.name not in FORMS:
            raise unknown("prompt", self.name, FORMS)

    @property
    def settings(self) -> dict[str, object]:
        """What of it changes an answer."""
        examples = [[e.question, e.options, e.answer] for e in self.examples]
        shown = hashlib.sha256(json.dumps([FORMS[self.name], OPTION, examples], ensure_ascii=False).encode())
        return {
            "prompt": self.name,
            "prompt_sha256": shown.hexdigest(),
            "shots": len(self.examples),
            "permuted": self.permuted,
        }

    def put(self, item: Item, seed: int) -> "Put":
        """The item as it is asked under this seed."""
        order = _order(len(item.options), seed) if self.permuted else tuple(range(len(item.options)))
        before = [turn for example in self.examples for turn in _example(self.name, example)]
        asked = Turn("user", _shown(self.name, item, order))
        texts = Asked(item.question, _ordered(item, order))
        return Put(Prompt(item.id, (*before, asked), seed, texts), item, order)


@dataclass(frozen=True)
class Put:
    """An item as it was put: `order` holds the place that each shown option has in the item."""

    prompt: Prompt
    item: Item
    order: tuple[int, ...]

    @property
    def options(self) -> Mapping[str, str]:
        """The options by the letters that were shown."""
        return _ordered(self.item, self.order)

    def letter(self, shown: str | None) -> str | None:
        """The item's own letter for one that was shown."""
        if shown is None or shown not in self.options:
            return None
        return ascii_uppercase[self.order[ascii_uppercase.index(shown)]]

    @property
    def letters(self) -> str:
        """The item's own letters in the order they were shown in."""
        return "".join(ascii_uppercase[place] for place in self.order)


def examples(pool: Sequence[Item], count: int, asked: Sequence[Item], seed: int) -> tuple[Item, ...]:
    """`count` examples of a development file, the same for every item: those with the smallest hash of seed and id.

    Items whose question is asked in the benchmark are left out. Raises UsageError where too few are left.
    """
    if count < 0:
        raise UsageError(f"--shots {count} is no number of examples: 0 or more")
    known = {_words(item.question) for item in asked}
    usable = [item for item in pool if _words(item.question) not in known]
    if len(usable) < count:
        shared = len(pool) - len(usable)
        more = f"; {shared} more of its items are asked here themselves, which shows their answers" if shared else ""
        raise UsageError(
            f"--shots {count} wants more examples than the {len(usable)} that the file of --examples has{more}"
        )
    return tuple(sorted(usable, key=lambda item: seed_of(seed, item.id, item.question))[:count])


def _example(form: str, item: Item) -> tuple[Turn, Turn]:
    shown = _shown(form, item, tuple(range(len(item.options))))
    return Turn("user", shown), Turn("assistant", OPTION.format(letter=item.answer, text=item.lettered[item.answer]))


def put_in(form: str, question: str, options: Mapping[str, str]) -> str:
    """A question with its options by letter in a prompt of FORMS."""
    listed = "\n".join(OPTION.format(letter=letter, text=text) for letter, text in options.items())
    return FORMS[form].format(question=question, options=listed)


def _shown(form: str, item: Item, order: Sequence[int]) -> str:
    return put_in(form, item.question, _ordered(item, order))


def _ordered(item: Item, order: Sequence[int]) -> dict[str, str]:
    return {ascii_uppercase[n]: item.options[place] for n, place in enumerate(order)}


def _order(options: int, seed: int) -> tuple[int, ...]:
    return tuple(sorted(range(options), key=lambda place: (seed_of(seed, "order", place), place)))


def _words(text: str) -> object:
    return hash_of(Texts("", text)) or text.strip()
