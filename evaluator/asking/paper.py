"""A benchmark as it is put to a model that writes: its prompts, how replies are read, and what they score."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from evaluator.asking.ask import Job
from evaluator.asking.forms import Form, Put
from evaluator.asking.vote import RULE, record, vote
from evaluator.asking.writer import Prompt, Reply, Sampling, Writer, seed_of, turn
from evaluator.benchmark import Opened
from evaluator.choice import OpenedChoice, figure_of
from evaluator.letters import read as read_letter
from evaluator.statistics import Paired, paired
from storage.answers import AnswerFields, Figure, Sitting
from storage.errors import UsageError
from storage.models import Answer

Read = Callable[[str, Mapping[str, str], str], str | None]
"""The letter in a text, of the options by letter as they were shown, and the question; None for none, or several."""
LETTERED, FREE = "generated/1", "free/1"
"""Raised whenever the same model would write otherwise under the same settings."""
GENERATED, VOTED = "accuracy_generated", "accuracy_voted"


@dataclass(frozen=True)
class Manner:
    """How items are asked: in what words, how replies are written, and how many chains vote."""

    form: Form = field(default_factory=Form)
    sampling: Sampling = field(default_factory=Sampling)
    chains: int = 1
    seed: int = 0
    precision: str = "stored"

    def __post_init__(self) -> None:
        """Raises UsageError where several chains would all be the same one."""
        if self.chains < 1:
            raise UsageError(f"--chains {self.chains} is no number of chains: 1 or more")
        if self.chains > 1 and not self.sampling.temperature and not self.form.permuted:
            raise UsageError(f"{self.chains} chains at temperature 0 are one: give --temperature above 0, or --permute")

    @property
    def settings(self) -> dict[str, Any]:
        """What of it changes an answer, but for the form."""
        drawn = {"seed": self.seed} if self.sampling.temperature or self.form.permuted else {}
        return {**self.sampling.settings, **drawn, "precision": self.precision}


class FreePaper:
    """Questions as they stand, answered in free text: nothing of it is right or wrong before somebody judges it."""

    chains = 1

    def __init__(self, name: str, opened: Opened, manner: Manner) -> None:
        self.name, self.opened, self.manner = name, opened, manner

    def jobs(self, writer: Writer) -> list[Job]:
        """One."""
        manner, questions = self.manner, self.opened.questions
        seeds = [seed_of(manner.seed, self.opened.sha256, q.item, 0) for q in questions]
        prompts = [Prompt(q.item, turn(q.prompt), seed) for q, seed in zip(questions, seeds, strict=True)]
        settings = {"scoring": FREE, **manner.settings, "chain": 0}
        return [Job(self._sitting(writer, settings), prompts, manner.sampling, _kept)]

    def reread(self, chain: int, rows: Sequence[Answer]) -> None:
        """There is no letter to read."""

    def voted(self, writer: Writer, chains: Sequence[Sequence[Answer]]) -> tuple[Sitting, list[AnswerFields]] | None:
        """There are no letters to vote on."""

    def translated_back(self, chain: int, rows: Sequence[Answer]) -> dict[str, int]:  # noqa: ARG002  no letters
        """Nothing."""
        return {}

    def figures(self, rows: Sequence[Answer]) -> list[Figure]:  # noqa: ARG002  nothing is scored
        """None."""
        return []

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:  # noqa: ARG002  nor this
        """Nothing."""
        return []

    def unread(self, rows: Sequence[Answer]) -> int:
        """How many answers say nothing."""
        return sum(not str(row.output["text"]).strip() for row in rows)

    @property
    def baselines(self) -> dict[str, float]:
        """None."""
        return {}

    def _sitting(self, writer: Writer, settings: dict[str, Any]) -> Sitting:
        return Sitting(writer.label, writer.sha256, self.name, self.opened.sha256, settings)


class ChoicePaper(FreePaper):
    """Multiple choice: a letter is read from every reply, and where there are several chains they vote."""

    opened: OpenedChoice

    def __init__(self, name: str, opened: OpenedChoice, manner: Manner, read: Read = read_letter) -> None:
        super().__init__(name, opened, manner)
        self.read, self.chains = read, manner.chains

    def jobs(self, writer: Writer) -> list[Job]:
        """One for each chain."""
        found = []
        for chain, put in enumerate(self._put):
            prompts = [each.prompt for each in put.values()]
            sitting = self._sitting(writer, self._settings | {"chain": chain})
            found.append(Job(sitting, prompts, self.manner.sampling, partial(self._row, chain)))
        return found

    def reread(self, chain: int, rows: Sequence[Answer]) -> None:
        """Take from stored answers the letter that would be read today."""
        for row in rows:
            put = self._put[chain][row.item]
            row.choice = self._letter(put, row.output)
            row.correct = row.choice == put.item.answer

    def voted(self, writer: Writer, chains: Sequence[Sequence[Answer]]) -> tuple[Sitting, list[AnswerFields]] | None:
        """What all chains together say of each item, and where that is kept; None where there is one chain."""
        if self.chains == 1:
            return None
        given = [{row.item: row for row in rows} for rows in chains]
        rows = []
        for item, put in self._put[0].items():
            letters = [chain[item].choice for chain in given]
            choice = vote(letters)
            rows.append(AnswerFields(item, put.prompt.text, record(letters), choice, choice == put.item.answer))
        return self._sitting(writer, self._settings | {"chains": self.chains, "vote": RULE}), rows

    def figures(self, rows: Sequence[Answer]) -> list[Figure]:
        """The share of right letters; what has none is wrong."""
        right = [row.correct for row in sorted(rows, key=lambda row: row.item)]
        return [figure_of(self._metric, right, self.opened.groups(rows))]

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """By McNemar's exact test; items that repeat one another are tested as one."""
        one, other = ({row.item: row.correct for row in rows} for rows in (first, second))
        shared = sorted(one.keys() & other.keys())
        groups = self.opened.groups([row for row in first if row.item in other])
        return [paired(self._metric, [one[item] for item in shared], [other[item] for item in shared], groups)]

    def translated_back(self, chain: int, rows: Sequence[Answer]) -> dict[str, int]:
        """Of answers translated back that named a letter: how many name the same one, another, or none any more."""
        there = [row for row in rows if row.choice is not None and "through" in row.output]
        back = [self._read(self._put[chain][row.item], str(row.output["text"])) for row in there]
        kept = sum(letter == row.choice for letter, row in zip(back, there, strict=True))
        lost = back.count(None)
        return {"kept": kept, "changed": len(there) - kept - lost, "lost": lost} if there else {}

    def unread(self, rows: Sequence[Answer]) -> int:
        """How many answers hold no letter."""
        return sum(row.choice is None for row in rows)

    @property
    def baselines(self) -> dict[str, float]:
        """What needs no model."""
        return self.opened.baselines

    @property
    def _metric(self) -> str:
        return GENERATED if self.chains == 1 else VOTED

    @property
    def _settings(self) -> dict[str, Any]:
        return {"scoring": LETTERED, **self.manner.form.settings, **self.manner.settings}

    @cached_property
    def _put(self) -> list[dict[str, Put]]:
        """Every item as it is put, by chain."""
        form, items = self.manner.form, self.opened.items
        of_all = (self.manner.seed, self.opened.sha256)
        return [{item.id: form.put(item, seed_of(*of_all, item.id, n)) for item in items} for n in range(self.chains)]

    def _row(self, chain: int, prompt: Prompt, reply: Reply) -> AnswerFields:
        put = self._put[chain][prompt.item]
        letter = self._letter(put, reply.output)
        output = reply.output | ({"order": put.letters} if self.manner.form.permuted else {})
        return AnswerFields(prompt.item, prompt.text, output, letter, letter == put.item.answer)

    def _letter(self, put: Put, output: Mapping[str, Any]) -> str | None:
        """The letter that an answer names; of one that was translated back, from what the model wrote itself."""
        through = output.get("through")
        if through is None:
            return self._read(put, str(output["text"]))
        options = {letter: str(through["options"][letter]) for letter in put.options}
        answer = str(through["answer"])
        return put.letter(self.read(answer, options, str(through["question"]))) if answer.strip() else None

    def _read(self, put: Put, text: str) -> str | None:
        return put.letter(self.read(text, put.options, put.item.question)) if text.strip() else None


def paper(name: str, opened: Opened, manner: Manner) -> FreePaper:
    """A benchmark as it is asked. Raises UsageError where chains or examples are wanted of what has no letters."""
    if isinstance(opened, OpenedChoice):
        return ChoicePaper(name, opened, manner)
    if manner.chains > 1:
        raise UsageError(f"{name} has no letters to vote on: --chains is for multiple choice")
    if manner.form.examples:
        raise UsageError(f"{name} has no options: --shots is for multiple choice")
    return FreePaper(name, opened, manner)


def answered_as(rows: Sequence[Answer]) -> dict[str, int]:
    """By what name the endpoint says it answered, how often."""
    return dict(Counter(str(row.output["answered_as"]) for row in rows if row.output.get("answered_as")))


def _kept(prompt: Prompt, reply: Reply) -> AnswerFields:
    return AnswerFields(prompt.item, prompt.text, reply.output, None, correct=False)
