"""Pairs put to a judge in both orders, each verdict a row; what they come to, with everything that qualifies it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evaluator.asking import Budget, Job, Prompt, Reply, Sampling, Writer, ask, turn
from evaluator.asking.ask import Progress
from evaluator.judge import outcomes, winrates
from evaluator.judge.forms import Form, Put, Verdict
from evaluator.judge.given import Pair
from evaluator.judge.outcomes import Judged, Outcome
from storage import answers, db
from storage.answers import AnswerFields, Sitting

Order = Literal["both", "second"]
POINT: dict[Verdict, Outcome] = {"first": "lost", "second": "won", "tie": "tied"}


@dataclass(frozen=True)
class Judge:
    """Who judges, in which form and order; `second` puts ours second only, as the paper did."""

    writer: Writer
    form: Form
    sampling: Sampling
    order: Order = "both"

    def job(self, puts: Sequence[Put]) -> Job:
        """These prompts as one sitting. A prompt is known by its hash: the same pair is never paid for twice."""
        told = {"judge": self.form.name, **self.sampling.settings}
        name = f"judge {self.form.name}"
        sitting = Sitting(self.writer.label, self.writer.sha256, name, self.form.sha256, told)
        by_item = {_item(put): put for put in puts}

        def read(prompt: Prompt, reply: Reply) -> AnswerFields:
            verdict = self.form.read(reply.text, by_item[prompt.item])
            return AnswerFields(prompt.item, prompt.text, reply.output, verdict, False)

        prompts = [Prompt(item, turn(put.prompt)) for item, put in by_item.items()]
        return Job(sitting, prompts, self.sampling, read)


@dataclass(frozen=True)
class Judgement:
    """What a judge made of all pairs.

    `places` counts verdicts by the place they prefer; `removed` the passages that were taken out of answers;
    `longer` is how often the longer of two unequal answers won, of the pairs with a winner.
    """

    judge: str
    judge_sha256: str
    form: str
    order: Order
    pairs: int
    asked: int
    counts: dict[str, int]
    places: dict[str, int]
    removed: int
    longer: float | None
    won: winrates.Rate | None
    length_controlled: winrates.Rate | None
    by_source: dict[str, winrates.Rate]

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return asdict(self)


def jobs(pairs: Sequence[Pair], judge: Judge) -> list[Job]:
    """What is asked of it."""
    return [judge.job([put for pair in pairs for put in _puts(pair, judge)])]


def judged(pairs: Sequence[Pair], judge: Judge, budget: Budget, progress: Progress | None = None) -> Judgement | None:
    """Ask what is not judged yet, then add up; None where the budget ended it before the last verdict.

    Raises as `evaluator.asking.ask` does.
    """
    (job,) = jobs(pairs, judge)
    asked = ask(judge.writer, job, budget, progress)
    with db.session() as session:
        said = {row.item: str(row.output.get("text", "")) for row in answers.of(session, job.sitting, job.items)}
    return None if any(prompt.item not in said for prompt in job.prompts) else judgement(pairs, judge, said, asked)


def answered(pairs: Sequence[Pair], judge: Judge, said: Collection[str]) -> list[Pair]:
    """Those of the pairs whose verdicts are all there, by the items that have one; equal answers need none."""
    return [pair for pair in pairs if all(_item(put) in said for put in _puts(pair, judge))]


def judgement(pairs: Sequence[Pair], judge: Judge, said: Mapping[str, str], asked: int = 0) -> Judgement:
    """What replies, by item, come to; `answered` tells which pairs have all of theirs."""
    verdicts: list[Verdict | None] = []
    found = []
    for pair in pairs:
        puts = _puts(pair, judge)
        given = [judge.form.read(said[_item(put)], put) for put in puts]
        verdicts += given
        extra = len(pair.ours) - len(pair.other)
        found.append(
            Judged(pair.item, pair.source, _outcome(given), extra, max((put.removed for put in puts), default=0))
        )
    return Judgement(
        judge.writer.label,
        judge.writer.sha256,
        judge.form.name,
        judge.order,
        len(pairs),
        asked,
        outcomes.counts(found),
        outcomes.places(verdicts),
        sum(each.removed for each in found),
        _longer(found),
        winrates.won(found),
        winrates.length_controlled(found),
        winrates.by_source(found),
    )


def _puts(pair: Pair, judge: Judge) -> list[Put]:
    """With ours second, and, where both orders are asked, with ours first before it; two equal answers are a tie."""
    if pair.ours.strip() == pair.other.strip():
        return []
    orders = (True, False) if judge.order == "both" else (False,)
    return [judge.form.put(pair.two(first)) for first in orders]


def _outcome(given: Sequence[Verdict | None]) -> Outcome:
    if not given:
        return "tied"
    if len(given) == 2:
        return outcomes.outcome(given[0], given[1])
    return "unread" if given[0] is None else POINT[given[0]]


def _longer(found: Sequence[Judged]) -> float | None:
    unequal = [each for each in found if each.extra and each.outcome in ("won", "lost")]
    return sum((each.extra > 0) == (each.outcome == "won") for each in unequal) / len(unequal) if unequal else None


def _item(put: Put) -> str:
    return hashlib.sha256(put.prompt.encode("utf-8", "replace")).hexdigest()[:32]
