"""Answers held against a doctor's statements, each statement put to a judge by itself."""

import ast
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluator.asking import Budget, Job, Prompt, Reply, Sampling, Writer, ask, turn
from evaluator.asking.ask import Progress
from evaluator.judge import statements
from evaluator.judge.forms import Put
from evaluator.judge.given import Answered, answered, rows, text_of
from evaluator.judge.statements import Held, Measured
from storage import answers, db
from storage.answers import AnswerFields, Sitting
from storage.errors import UsageError

NAME = "judge statements"
MUST, NICE = "must_have", "nice_to_have"


@dataclass(frozen=True)
class Stated:
    """One statement that is held against an answer."""

    item: str
    must: bool
    put: Put


@dataclass(frozen=True)
class Agreement:
    """What the judge found; `unread` of the statements had no verdict, `removed` passages were taken out of answers."""

    judge: str
    judge_sha256: str
    answers: int
    statements: int
    asked: int
    unread: int
    removed: int
    figures: list[Measured]

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return asdict(self)


def stated(given: Path, doctors: Path, tell: Callable[[str], None]) -> list[Stated]:
    """Every statement of a doctor about a question that `given` answers; `tell` is told of what has no counterpart.

    Raises UsageError where nothing has one.
    """
    by_question = {_words(each.question): each for each in answered(given)}
    found, asked = [], set()
    for number, row in rows(doctors):
        question, said = text_of(row, ("question",)), {name: _listed(row.get(name)) for name in (MUST, NICE)}
        if question is None or None in said.values() or not any(said.values()):
            raise UsageError(f"{doctors}: line {number} has no question with {MUST} or {NICE}, each a list of texts")
        asked.add(_words(question))
        if each := by_question.get(_words(question)):
            found += of_one(each, said)
    if not found:
        raise UsageError(f"no question of {given} is one of {doctors}: nothing could be held against a statement")
    if lacking := len(asked - by_question.keys()):
        tell(f"{lacking} of {len(asked)} questions of {doctors} have no answer in {given} and count for nothing")
    if extra := len(by_question.keys() - asked):
        tell(f"{extra} of {len(by_question)} questions of {given} are not in {doctors} and count for nothing")
    return found


def job(wanted: Sequence[Stated], writer: Writer, sampling: Sampling) -> Job:
    """What is asked of the judge."""
    form = hashlib.sha256(statements.PROMPT.encode()).hexdigest()
    sitting = Sitting(writer.label, writer.sha256, NAME, form, dict(sampling.settings))
    by_item = {_item(each.put): each.put for each in wanted}

    def read(prompt: Prompt, reply: Reply) -> AnswerFields:
        relation = statements.read(reply.text, by_item[prompt.item])
        return AnswerFields(prompt.item, prompt.text, reply.output, relation, False)

    return Job(sitting, [Prompt(item, turn(put.prompt)) for item, put in by_item.items()], sampling, read)


def held(
    wanted: Sequence[Stated], asked: tuple[Writer, Job], budget: Budget, progress: Progress | None = None
) -> Agreement | None:
    """Ask what is not judged yet, then measure; None where the budget ended it before the last verdict."""
    writer, wanted_of = asked
    new = ask(writer, wanted_of, budget, progress)
    with db.session() as session:
        said = {
            row.item: str(row.output.get("text", "")) for row in answers.of(session, wanted_of.sitting, wanted_of.items)
        }
    if any(prompt.item not in said for prompt in wanted_of.prompts):
        return None
    found = [Held(s.item, s.must, statements.read(said[_item(s.put)], s.put)) for s in wanted]
    return Agreement(
        writer.label,
        writer.sha256,
        len({s.item for s in wanted}),
        len(wanted),
        new,
        sum(each.relation is None for each in found),
        sum({s.item: s.put.removed for s in wanted}.values()),
        statements.measured(found),
    )


def of_one(each: Answered, said: Mapping[str, Sequence[str] | None]) -> list[Stated]:
    """The statements by MUST and NICE, each to be held against one answer."""
    return [
        Stated(each.item, name == MUST, statements.put(each.question, each.answer, text))
        for name, texts in said.items()
        for text in texts or []
        if text.strip()
    ]


def _listed(value: object) -> list[str] | None:
    """A list of texts, also one written as Python writes it, as the published file has it; None for anything else."""
    if isinstance(value, str) and value.strip():
        try:
            value = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not value:
        return []
    return value if isinstance(value, list) and all(isinstance(text, str) for text in value) else None


def _words(question: str) -> str:
    return " ".join(question.split())


def _item(put: Put) -> str:
    return hashlib.sha256(put.prompt.encode("utf-8", "replace")).hexdigest()[:32]
