"""Benchmarks put to models that write: every answer a row, letters read, chains voted, all of it scored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from evaluator.asking.ask import Progress, ask, paid, take_over
from evaluator.asking.budget import Budget, Spent
from evaluator.asking.paper import FreePaper, answered_as
from evaluator.asking.speed import Speed, speeds
from evaluator.asking.writer import Writer
from evaluator.run import Comparison, Evaluation, Result
from storage import answers, db
from storage.answers import AnswerFields, Sitting
from storage.models import Answer


@dataclass(frozen=True)
class Subject:
    """A writer, and the run it comes from."""

    writer: Writer
    run: str | None = None


@dataclass(frozen=True)
class Sat(Result):
    """One model at one benchmark; `unanswered` counts answers without a letter, or without a text where none is wanted.

    `alike` tells that all chains wrote the same, so that nothing was drawn: an endpoint may ignore the temperature.
    `answered_as` counts by what name an endpoint says it answered: several mean that it changed its model on the way.
    `translated_back` counts what became of the letters of a pipeline's answers in Persian: kept, changed, lost.
    `left_out` counts training pairs that were an asked item itself, and so were not retrieved for it.
    """

    settings_sha256: str
    alike: bool
    answered_as: dict[str, int]
    speed: list[Speed]
    left_out: int
    translated_back: dict[str, int]


@dataclass
class Examination(Evaluation):
    """All that one call found; `unfinished` says how far a sitting came that the budget ended."""

    spent: Spent = field(default_factory=Spent)
    stopped: str | None = None
    unfinished: dict[str, str] = field(default_factory=dict)


def examine(
    subjects: Sequence[Subject], papers: Sequence[FreePaper], budget: Budget, progress: Progress | None = None
) -> Examination:
    """Ask what is not answered yet, then read and score what is; every answer is committed on the way.

    What the command's answers have cost before counts to the budget. A sitting is scored when all its items are
    answered. Raises as `evaluator.asking.ask` does.
    """
    found, examiner = Examination(), _Examiner(budget, progress)
    asked = [(s.writer, job) for s in subjects for paper in papers for job in paper.jobs(s.writer)]
    take_over([each for writer, job in asked for each in paid(writer, job)], budget)
    for paper in papers:
        sat = [examiner.sat(paper, subject) for subject in subjects]
        found.results += [one.result for one in sat if isinstance(one, _Done)]
        found.unfinished |= {one.name: one.said for one in sat if isinstance(one, _Unfinished)}
        if len(sat) == 2:
            found.comparisons += _compared(paper, *sat)
    found.spent, found.stopped = budget.spent, budget.stopped
    return found


class _Done(NamedTuple):
    """A sitting with all its answers, and the rows that it is scored by."""

    result: Sat
    rows: Sequence[Answer]


class _Unfinished(NamedTuple):
    """A sitting that lacks answers."""

    name: str
    said: str


class _Examiner:
    """Puts papers to writers within one budget."""

    def __init__(self, budget: Budget, progress: Progress | None) -> None:
        self.budget, self.progress = budget, progress

    def sat(self, paper: FreePaper, subject: Subject) -> _Done | _Unfinished:
        """Ask what is missing, and score where nothing is any more."""
        jobs = paper.jobs(subject.writer)
        asked = sum(ask(subject.writer, job, self.budget, self.progress) for job in jobs if not self.budget.stopped)
        with db.session() as session:
            chains = [answers.of(session, job.sitting) for job in jobs]
            back = Counter[str]()
            for chain, rows in enumerate(chains):
                paper.reread(chain, rows)
                back.update(paper.translated_back(chain, rows))
            every, wanted = [row for rows in chains for row in rows], sum(len(job.prompts) for job in jobs)
            if len(every) < wanted:
                return _Unfinished(jobs[0].name, f"{len(every)} of {wanted} answers")
            voted = paper.voted(subject.writer, chains)
            sitting, rows = _kept(session, *voted) if voted else (jobs[0].sitting, chains[0])
            figures = paper.figures(rows)
            answers.save_scores(session, sitting, subject.run, figures)
        result = Sat(
            benchmark=paper.name,
            model=sitting.model,
            run=subject.run,
            model_sha256=sitting.model_sha256,
            items=len(rows),
            asked=asked,
            unanswered=paper.unread(rows),
            scores=figures,
            baselines=paper.baselines,
            settings_sha256=sitting.settings_sha256,
            alike=_alike(chains) and not paper.manner.form.permuted,
            answered_as=answered_as(every),
            speed=speeds(every),
            translated_back=dict(back),
            left_out=sum(row.output.get("left_out", 0) for row in every),
        )
        return _Done(result, rows)


def _kept(session: Session, sitting: Sitting, votes: Sequence[AnswerFields]) -> tuple[Sitting, Sequence[Answer]]:
    """The votes as rows, written anew where the letters of a chain are read otherwise than before."""
    answers.save(session, sitting, votes)
    rows, by_item = answers.of(session, sitting), {each.item: each for each in votes}
    for row in rows:
        fresh = by_item[row.item]
        row.output, row.choice, row.correct = fresh.output, fresh.choice, fresh.correct
    return sitting, rows


def _alike(chains: Sequence[Sequence[Answer]]) -> bool:
    """Whether several chains wrote the same texts at every item."""
    written = {tuple(row.output["text"] for row in chain) for chain in chains}
    return len(chains) > 1 and len(written) == 1


def _compared(paper: FreePaper, first: _Done | _Unfinished, second: _Done | _Unfinished) -> list[Comparison]:
    if isinstance(first, _Unfinished) or isinstance(second, _Unfinished):
        return []
    figures = paper.compare(first.rows, second.rows)
    return [Comparison(paper.name, first.result.model, second.result.model, figures)] if figures else []
