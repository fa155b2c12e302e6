"""The answers that are judged, as `evaluator ask` kept them."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.asking.paper import FREE
from evaluator.benchmark import named
from evaluator.compare import model_named, sittings_of
from evaluator.freeform import Asked, FreeForm
from evaluator.judge import doctors
from evaluator.judge.doctors import Stated
from evaluator.judge.given import Answered, Pair, pairs_of
from evaluator.pairs import PairsLikelihood
from storage import answers, db, schema, snapshots
from storage.answers import Sitting
from storage.errors import TabibError, UsageError
from storage.models import Snapshot


def stored(model: str, benchmark: str) -> list[Answered]:
    """What a model wrote to a free-form benchmark, with the doctors' answers and statements.

    MODEL@SETTINGS, the beginning of a settings' hash, tells one way of asking from another. Raises UsageError where
    the model has no such answers, or was asked in several ways.
    """
    schema.require_head()
    with db.session() as session:
        return written(session, _sitting(session, model, benchmark))


def paired(ours: str, other: str, benchmark: str) -> list[Pair]:
    """Two models' answers to the same questions. Raises UsageError as `stored`, and where a question has one alone."""
    return pairs_of((ours, stored(ours, benchmark)), (other, stored(other, benchmark)))


def stated(model: str, benchmark: str) -> list[Stated]:
    """What the doctors state of the questions that a model wrote answers to. Raises UsageError as `stored`, and where
    the benchmark has no statements, is another version than was asked, or where answers to it are missing."""
    schema.require_head()
    wanted = named(benchmark)
    with db.session() as session:
        sitting = _sitting(session, model, benchmark)
        given = {each.item: each for each in written(session, sitting)}
    asked = [each for each in wanted.asked() if each.must or each.nice] if isinstance(wanted, FreeForm) else []
    if not (asked and isinstance(wanted, FreeForm)):
        raise UsageError(f"{benchmark} states nothing that an answer could be held against: kqa-fa and kqa-en do")
    again = f"evaluator ask --benchmark {benchmark}"
    if wanted.open().sha256 != sitting.benchmark_sha256:
        raise UsageError(f"{model} was asked another version of {benchmark} than the one here: {again}")
    there = [each for each in asked if each.id in given]
    if len(there) < len(asked):
        told = f"{model} has answered {len(there)} of {benchmark}'s {len(asked)} items with statements"
        raise UsageError(f"{told}: {again} asks the others")
    return [
        statement
        for each in there
        for statement in doctors.of_one(given[each.id], {doctors.MUST: each.must, doctors.NICE: each.nice})
    ]


def written(session: Session, sitting: Sitting) -> list[Answered]:
    """The free answers of one sitting."""
    known = {each.id: each for each in _asked(session, sitting.benchmark, sitting.benchmark_sha256)}
    found = []
    for row in answers.of(session, sitting):
        item = known.get(row.item, Asked(row.item, row.prompt, ""))
        text, source = str(row.output.get("text", "")), item.source or sitting.benchmark
        found.append(Answered(row.item, item.question, text, item.answer or None, source))
    return found


def _sitting(session: Session, model: str, benchmark: str) -> Sitting:
    named(benchmark)
    free = [
        each
        for each in sittings_of(session, model_named(session, model))
        if each.benchmark == benchmark and each.settings.get("scoring") == FREE
    ]
    if not free:
        raise UsageError(f"{model} has written no answers to {benchmark}: evaluator ask --benchmark {benchmark}")
    ways = sorted({each.settings_sha256[:12] for each in free})
    if len(ways) > 1:
        raise UsageError(
            f"{model} was asked {benchmark} in {len(ways)} ways ({', '.join(ways)}): give {model}@{ways[0]}"
        )
    return free[-1]


def _asked(session: Session, name: str, sha256: str) -> Iterator[Asked]:
    """The benchmark's own items where it is still the one that was asked; none where its file is not here any more."""
    benchmark = named(name)
    try:
        if isinstance(benchmark, FreeForm) and benchmark.open().sha256 == sha256:
            yield from benchmark.asked()
        if isinstance(benchmark, PairsLikelihood):
            yield from _of_snapshots(session, benchmark, sha256)
    except TabibError:
        return


def _of_snapshots(session: Session, benchmark: PairsLikelihood, sha256: str) -> Iterator[Asked]:
    for snapshot in session.scalars(select(Snapshot)):
        opened = benchmark.open(snapshots.folder(snapshot))
        if opened.sha256 == sha256:
            yield from (Asked(item, question or "", answer) for item, question, answer in opened.pairs)
            return
