"""A retriever where a model is asked: it reads the prompt that every model is given, and answers out of its pairs."""

import platform
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evaluator.asking.budget import Budget
from evaluator.asking.forms import FORMS
from evaluator.asking.writer import Prompt, Reply, Sampling, Writing, Written
from evaluator.retrieval.extractive import RetrieverSystem

KEPT_AT_ONCE = 16  # replies that are committed together
_LETTER = re.compile(r"^\[([A-Z])\] : ", re.MULTILINE)


class Read(NamedTuple):
    """What a prompt asks, and its options by letter as they are shown."""

    question: str
    options: dict[str, str]


@dataclass(frozen=True)
class RetrieverWriter:
    """A retriever as an `evaluator.asking.Writer`. It spends nothing: no call and no token counts to a budget."""

    system: RetrieverSystem

    @property
    def label(self) -> str:
        """Its name."""
        return self.system.name

    @property
    def sha256(self) -> str:
        """See `RetrieverSystem.sha256`."""
        return self.system.sha256

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:  # noqa: ARG002
        """See `evaluator.asking.Writer`. A reply's facts hold the sources, and how many own pairs were left out."""
        self.system.retriever.open()
        for first in range(0, len(prompts), KEPT_AT_ONCE):
            yield [Written(prompt, self._reply(prompt)) for prompt in prompts[first : first + KEPT_AT_ONCE]]

    def _reply(self, prompt: Prompt) -> Reply:
        asked = read(prompt.turns[-1].content)
        begun = time.perf_counter()
        text, _, sources, left_out = self.system.answer(asked.question, asked.options)
        took = time.perf_counter() - begun
        facts = {
            "sources": sources,
            "left_out": left_out,
            "device": platform.processor() or platform.machine(),
            "at_once": 1,
        }
        return Reply(text, "stop", 0, 0, took, 0, facts)


def read(prompt: str) -> Read:
    """The question and options of a prompt in one of `FORMS`; any other text is a question as it stands."""
    for head, between, tail in _parts():
        if not (prompt.startswith(head) and prompt.endswith(tail)):
            continue
        question, found, listed = prompt[len(head) : len(prompt) - len(tail)].rpartition(f"{between}[A] : ")
        if found and (options := _options(f"[A] : {listed}")):
            return Read(question, options)
    return Read(prompt, {})


def _parts() -> list[tuple[str, str, str]]:
    """What stands before, between and after question and options, the form with most words first."""
    found = [(*form.partition("{question}")[::2],) for form in FORMS.values()]
    parts = [(head, *rest.partition("{options}")[::2]) for head, rest in found]
    return sorted(parts, key=lambda part: -sum(map(len, part)))


def _options(listed: str) -> dict[str, str]:
    """The options by letter; none where the letters are not A, B, C and so on."""
    marks = list(_LETTER.finditer(listed))
    ends = [mark.start() for mark in marks[1:]] + [len(listed)]
    letters = [mark[1] for mark in marks]
    if letters != [chr(ord("A") + n) for n in range(len(letters))]:
        return {}
    texts = (listed[mark.end() : end].removesuffix("\n") for mark, end in zip(marks, ends, strict=True))
    return dict(zip(letters, texts, strict=True))
