"""What is known of benchmarks' items in what systems were trained on."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from evaluator.report.paper.exams import Gathered
from evaluator.report.paper.limits.sentences import some
from evaluator.report.paper.sheets import title
from evaluator.report.paper.systems import BASE
from storage import snapshots
from storage.errors import TabibError
from storage.report.section import count


def limits(session: Session, gathered: Gathered) -> Iterator[str]:
    """Benchmark items in what a system was trained on, where that is known."""
    unknown = [s.name for s in gathered.systems if s.run is None or s.part == BASE]
    for system in gathered.systems:
        if system.run is None or system.name in unknown:
            continue
        try:
            told = snapshots.find(session, system.run.snapshot_sha256).manifest.get("contamination")
        except TabibError:
            told = None
        yield from _of_snapshot(system.name, told, [exam.name for exam in gathered.exams])
        yield f"{system.name}: one seed ({system.run.seed}) was trained; how scores vary by seed is not shown."
    if unknown:
        yield f"Whether {some(unknown)} read these items in training is not known here."


def _of_snapshot(name: str, told: Any, exams: Sequence[str]) -> Iterator[str]:
    if not isinstance(told, dict):
        yield f"{name}: whether benchmark items stand in its training texts was not measured."
        return
    hits, looked = told.get("by_benchmark", {}), told.get("benchmarks", {})
    found = [f"{count(hits[exam])} with {title(exam)}" for exam in exams if hits.get(exam)]
    if found:
        yield f"{name}: documents of its training share 13 words in a row with items: {', '.join(found)}."
    elif any(exam in looked for exam in exams):
        yield f"{name}: no text of its training shares 13 words in a row with an item; other words are not found so."
    if absent := [title(exam) for exam in exams if exam not in looked]:
        yield f"{name}: its training texts were not searched for items of {some(absent)}."
