"""Ask a model what has no row yet, and commit every answer as it comes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from evaluator.asking import calls
from evaluator.asking.budget import Budget, Spent
from evaluator.asking.calls import Calls
from evaluator.asking.writer import Prompt, Reply, Sampling, Writer
from storage import answers, db
from storage.answers import AnswerFields, Sitting
from storage.errors import ServiceUnavailable, TabibError, UsageError
from storage.models import Answer

Read = Callable[[Prompt, Reply], AnswerFields]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """The prompts of one sitting, how they are answered, and how a reply becomes a row.

    The sitting's settings must tell all that the prompts and the sampling depend on: rows are found again by them.
    """

    sitting: Sitting
    prompts: Sequence[Prompt]
    sampling: Sampling
    read: Read

    @cached_property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.sitting.model} · {self.sitting.benchmark}"

    @cached_property
    def items(self) -> list[str]:
        """What its rows are found by; a sitting may have others beside them."""
        return [prompt.item for prompt in self.prompts]


def ask(writer: Writer, job: Job, budget: Budget, progress: Progress | None = None) -> int:
    """Ask every prompt that has no row and return how many rows are new.

    It ends early where the budget is spent: `budget.stopped` then says which limit. Raises ServiceUnavailable, with
    what is kept, where the model stops answering; TabibError where another process asks the same.
    """
    with answers.alone(job.sitting):
        waiting = unasked(job)
        done = set(job.items) - {prompt.item for prompt in waiting}
        new, writing = 0, writer.write(waiting, job.sampling, budget)
        with calls.noted(job.sitting, done) as sent, budget.noted_in(sent), _told(job, len(done)) as kept:
            if not waiting:
                return 0
            with closing(writing):
                for chunk in writing:
                    fields = [job.read(prompt, _whole(sent, prompt, reply)) for prompt, reply in chunk]
                    with db.session() as session:
                        new += answers.save(session, job.sitting, fields)
                    sent.answered(prompt.item for prompt, _ in chunk)
                    kept.append(len(chunk))
                    if progress:
                        progress(job.name, len(chunk), len(waiting))
        return new


def _whole(sent: Calls, prompt: Prompt, reply: Reply) -> Reply:
    """The reply, with what else its item has cost: calls that were on their way at a kill, or brought nothing."""
    beside = sent.beside(prompt.item, Spent(reply.calls, reply.read, reply.written))
    if beside.calls or beside.tokens:
        reply.facts["beside"] = {"calls": beside.calls, "read": beside.read, "written": beside.written}
    return reply


def unasked(job: Job) -> list[Prompt]:
    """The prompts without a row. Raises TabibError where a row was asked otherwise than its prompt is now."""
    with db.session() as session:
        given = {a.item: a.prompt for a in answers.of(session, job.sitting, job.items)}
    for prompt in job.prompts:
        if given.get(prompt.item, prompt.text) != prompt.text:
            raise TabibError(
                f"{job.name}: item {prompt.item} was asked in other words under the same settings, so its answer tells "
                "nothing of this prompt: the form of the prompt changed without a new name"
            )
    return [prompt for prompt in job.prompts if prompt.item not in given]


@runtime_checkable
class Composed(Protocol):
    """A writer made of writers: its answers stand on rows of theirs, and those are what it costs."""

    def jobs(self, prompts: Sequence[Prompt], sampling: Sampling) -> Sequence[Job]:
        """What its parts are asked, as far as that is known."""

    def unknown(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Spent:
        """The most that answering these can still cost beside those jobs."""


def paid(writer: Writer, job: Job) -> Sequence[Job]:
    """The jobs whose rows cost something: the job itself, or those of the writer's parts."""
    return writer.jobs(job.prompts, job.sampling) if isinstance(writer, Composed) else [job]


def given(job: Job) -> dict[str, Answer]:
    """The answers to a job's prompts that are stored, by item."""
    with db.session() as session:
        return {row.item: row for row in answers.of(session, job.sitting, job.items)}


def take_over(jobs: Sequence[Job], budget: Budget) -> None:
    """Count what the answers that are stored have cost, at the budget's prices: a budget is of a job as a whole."""
    seen: set[tuple[str, ...]] = set()  # several jobs may stand on the same answers, such as translations
    for job in jobs:
        items = [item for item in dict.fromkeys(job.items) if (*job.sitting.key.values(), item) not in seen]
        seen.update((*job.sitting.key.values(), item) for item in items)
        rows = given(job)
        lost = calls.unanswered(job.sitting, (item for item in items if item not in rows))
        for each in lost.values():
            budget.spent += budget.of(each.calls, each.read, each.written)
        for row in (rows[item] for item in items if item in rows):
            _take_over(row, budget)


def _take_over(row: Answer, budget: Budget) -> None:
    for part in ("tokens", "beside"):
        counts = {key: int(count) for key, count in row.output.get(part, {}).items()}
        budget.spent += budget.of(counts.get("calls", 0), counts.get("read", 0), counts.get("written", 0))
        budget.replied = budget.replied or (part == "tokens" and counts.get("written", 0) > 0)
    budget.learn(len(row.prompt.encode()), int(row.output.get("tokens", {}).get("read", 0)))


def forecast(jobs: Sequence[Job], budget: Budget) -> Spent:
    """The most that asking what is not answered yet can cost, if every reply is as long as it may be.

    What several of the jobs ask, such as the translation of an item for each of its chains, is asked once.
    """
    asked = {(*job.sitting.key.values(), p.item): (job, p) for job in jobs for p in unasked(job)}
    costs = (budget.of(1, budget.bound(prompt.size), job.sampling.max_new_tokens) for job, prompt in asked.values())
    return sum(costs, start=Spent())


def forecast_of(asked: Sequence[tuple[Writer, Job]], budget: Budget) -> Spent:
    """The most that these jobs, each with its writer, can still cost."""
    found = forecast([each for writer, job in asked for each in paid(writer, job)], budget)
    composed = [
        writer.unknown(unasked(job), job.sampling, budget) for writer, job in asked if isinstance(writer, Composed)
    ]
    return sum(composed, start=found)


@contextmanager
def _told(job: Job, before: int) -> Iterator[list[int]]:
    """Say in an error what is kept; the block appends how many answers it committed."""
    kept: list[int] = []
    try:
        yield kept
    except (ServiceUnavailable, UsageError) as error:
        if not (done := before + sum(kept)):
            raise
        told = f"{done} of {len(job.prompts)} items are answered and kept; run the same command again to go on"
        raise type(error)(f"{error}. {job.name}: {told}") from None
