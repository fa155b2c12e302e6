"""A benchmark asked with passages before every item: a paper around a paper."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from evaluator.asking.ask import Job, Progress
from evaluator.asking.paper import FreePaper
from evaluator.asking.writer import Prompt, Reply, Writer
from evaluator.choice import OpenedChoice
from evaluator.retrieval.augmented import Augmenting, Passages
from evaluator.statistics import Paired
from storage.answers import AnswerFields, Figure, Sitting
from storage.models import Answer


class AugmentedPaper(FreePaper):
    """The same items, each with what was found for it before its prompt; its rows keep the sources.

    Rows stand under settings of their own, so that a model's answers with and without passages are compared.
    """

    def __init__(self, paper: FreePaper, augmenting: Augmenting, progress: Progress | None = None) -> None:
        super().__init__(paper.name, paper.opened, paper.manner)
        self.chains = paper.chains
        self._paper, self._augmenting, self._progress = paper, augmenting, progress

    def jobs(self, writer: Writer) -> list[Job]:
        """Those of the paper, each prompt with its passages."""
        return [self._augmented(job) for job in self._paper.jobs(writer)]

    def reread(self, chain: int, rows: Sequence[Answer]) -> None:
        """As the paper does."""
        self._paper.reread(chain, rows)

    def voted(self, writer: Writer, chains: Sequence[Sequence[Answer]]) -> tuple[Sitting, list[AnswerFields]] | None:
        """As the paper does, kept under these settings."""
        found = self._paper.voted(writer, chains)
        return (self._own(found[0]), found[1]) if found else None

    def figures(self, rows: Sequence[Answer]) -> list[Figure]:
        """The paper's."""
        return self._paper.figures(rows)

    def compare(self, first: Sequence[Answer], second: Sequence[Answer]) -> list[Paired]:
        """As the paper does."""
        return self._paper.compare(first, second)

    def unread(self, rows: Sequence[Answer]) -> int:
        """As the paper counts."""
        return self._paper.unread(rows)

    @property
    def baselines(self) -> dict[str, float]:
        """The paper's."""
        return self._paper.baselines

    @cached_property
    def _passages(self) -> Mapping[str, Passages]:
        """What was found, by item."""
        found, asked = dict[str, Passages](), self._asked()
        for item, question, said in asked:
            found[item] = self._augmenting.found(question, said)
            if self._progress:
                self._progress(f"passages · {self.name}", 1, len(asked))
        return found

    def _asked(self) -> list[tuple[str, str, Sequence[str]]]:
        if isinstance(self.opened, OpenedChoice):
            return [(item.id, item.question, item.options) for item in self.opened.items]
        return [(question.item, question.prompt, ()) for question in self.opened.questions]

    def _augmented(self, job: Job) -> Job:
        prompts = [self._augmenting.put(prompt, self._passages[prompt.item]) for prompt in job.prompts]

        def read(prompt: Prompt, reply: Reply) -> AnswerFields:
            fields = job.read(prompt, reply)
            return replace(fields, output=fields.output | self._passages[prompt.item].record)

        return Job(self._own(job.sitting), prompts, job.sampling, read)

    def _own(self, sitting: Sitting) -> Sitting:
        settings: dict[str, Any] = {**sitting.settings, "augmented": self._augmenting.settings}
        return replace(sitting, settings=settings)
