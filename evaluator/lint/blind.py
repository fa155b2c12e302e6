"""Readers that never see the question: one that learns from options alone, and a language model that is shown no more.

What they score above guessing is what a benchmark gives away by the way its options are written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluator.benchmark import Question
from evaluator.choice import OPTION, PROMPTS
from evaluator.items import unaskable
from evaluator.lint.finding import Finding
from evaluator.lint.giveaways import RULES
from evaluator.lint.words import plain, words
from evaluator.listing import p_is
from evaluator.published import Draft
from evaluator.statistics import wilson

if TYPE_CHECKING:
    from evaluator.model import LanguageModel

FOLDS, SEED, ALPHA, FEWEST, AT_ONCE = 10, 20260601, 0.01, 50, 16
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blind:
    """How many items a reader without the question has right, with its 95 % interval and its p against guessing."""

    reader: str
    items: int
    right: int
    low: float
    high: float
    guessing: float
    p: float

    @property
    def said(self) -> str:
        """In words."""
        return (
            f"without its question {self.reader} has {self.right} of {self.items} items right "
            f"({self.right / self.items:.1%}, 95 %: {100 * self.low:.1f}–{100 * self.high:.1f}), "
            f"guessing {self.guessing:.1%}: {p_is(self.p)}"
        )


def learnt(items: Sequence[Draft]) -> Blind | None:
    """A reader that learns on nine tenths of the items which options are right, by their form, and is asked the rest.

    Its features are length, words in common and the picks of all rules, each less its item's mean; the letter is none
    of them. None for fewer than FEWEST items.
    """
    from sklearn.linear_model import LogisticRegression

    known = _askable(items)
    if len(known) < FEWEST:
        return None
    seen = [_features(item) for item in known]
    keys = [ascii_uppercase.index(str(item.answer)) for item in known]
    right, chance = 0, np.random.default_rng(SEED)
    for fold in np.array_split(chance.permutation(len(known)), FOLDS):
        rest = np.setdiff1d(np.arange(len(known)), fold)
        table = np.vstack([seen[n] for n in rest])
        truth = np.concatenate([np.arange(len(seen[n])) == keys[n] for n in rest])
        scale = table.std(axis=0) + 1e-9
        weights = LogisticRegression(C=0.3, max_iter=500).fit(table / scale, truth).coef_[0] / scale
        right += sum(_highest(seen[n] @ weights, chance) == keys[n] for n in fold)
    return _scored("a reader of options alone", known, right)


def asked(
    model: "LanguageModel", items: Sequence[Draft], language: str, tell: Callable[[int, int], None] | None = None
) -> tuple[Blind | None, list[str]]:
    """A model that sees the lettered options and no question; also the ids of the items it has right.

    Every item is shown in all rotations, and an option's letter is weighed in each: a letter that the model likes gains
    nothing. An item without a likelihood counts as wrong. `tell` is told how many items more were asked, and of how
    many.
    """
    known, right = _askable(items), list[str]()
    for start in range(0, len(known), AT_ONCE):
        block = known[start : start + AT_ONCE]
        shown_as = [
            (number, turn, _turned(item, turn, language))
            for number, item in enumerate(block)
            for turn in range(len(item.options))
        ]
        weighed = model.likelihoods([question for _, _, question in shown_as])
        nats = [np.zeros(len(item.options)) for item in block]
        for (number, turn, _), found in zip(shown_as, weighed, strict=True):
            for place, likelihood in enumerate(found.values()):
                option = (place + turn) % len(nats[number])
                nats[number][option] += np.nan if likelihood.nats is None else likelihood.nats
        if tell:
            tell(len(block), len(known))
        right += [item.id for item, own in zip(block, nats, strict=True) if _chosen(own) == item.answer]
    return (_scored("the model", known, len(right)) if known else None), right


def findings(benchmark: str, found: Blind | None) -> Iterator[Finding]:
    """A reader that beats guessing."""
    if found and found.p < ALPHA:
        yield Finding(benchmark, None, "without_question", "warning", found.said)


def _turned(item: Draft, turn: int, language: str) -> Question:
    """The item without its question, its options moved by so many places."""
    count = len(item.options)
    letters = ascii_uppercase[:count]
    moved = [item.options[(place + turn) % count] for place in range(count)]
    options = "\n".join(OPTION.format(letter=letter, text=text) for letter, text in zip(letters, moved, strict=True))
    prompt = PROMPTS[language].partition("{question}\n\n")[2].format(options=options)
    return Question(item.id, prompt, {letter: letter for letter in letters})


def _highest(scores: Floats, chance: np.random.Generator) -> int:
    """The place of the highest; of equals any, for the first would favour the letter A."""
    return int(chance.choice(np.flatnonzero(scores >= scores.max() - 1e-9)))


def _chosen(nats: Floats) -> str | None:
    return None if np.isnan(nats).any() else ascii_uppercase[int(np.argmax(nats))]


def _askable(items: Sequence[Draft]) -> list[Draft]:
    return [item for item in items if unaskable(item) is None]


def _scored(reader: str, items: Sequence[Draft], right: int) -> Blind:
    from scipy.stats import binom

    guessing = sum(1 / len(item.options) for item in items) / len(items)
    p = float(binom.sf(right - 1, len(items), guessing))
    return Blind(reader, len(items), right, *wilson(right, len(items)), guessing, p)


def _features(item: Draft) -> Floats:
    """One row an option."""
    sizes = np.array([len(plain(option)) for option in item.options], float)
    told = [set(words(option)) for option in item.options]
    shared = np.array([sum(len(mine & other) for other in told) / max(len(mine), 1) for mine in told])
    columns = [np.log(np.maximum(sizes, 1)), shared]
    for rule in RULES.values():
        pick = np.zeros(len(item.options))
        if (place := rule(item)) is not None:
            pick[place] = 1
        columns.append(pick)
    table: Floats = np.array(columns).T
    means: Floats = table.mean(axis=0)
    return table - means
