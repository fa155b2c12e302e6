"""All figures of a report, read once; nothing here knows how they will look."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from evaluator.asking.paper import FREE, LETTERED
from evaluator.benchmark import Opened, named, names
from evaluator.choice import OpenedChoice
from evaluator.run import SCORING, Comparison, run_subjects
from storage import answers, runs, snapshots, summaries
from storage.answers import Figure, Sitting
from storage.errors import TabibError, UsageError
from storage.models import Answer, Run, Score, Snapshot
from storage.report.data import Data
from storage.summaries import Pages

BASE, TUNED = "base", "tuned"


@dataclass(frozen=True)
class Sat:
    """One model at one benchmark, scored from its answers."""

    part: str
    sitting: Sitting
    opened: Opened
    given: Sequence[Answer]
    figures: list[Figure]

    @property
    def unanswered(self) -> int:
        """See `Opened.unanswered`."""
        return self.opened.unanswered(self.given)

    @property
    def cut(self) -> int:
        """Items whose prompt did not fit into the model's context."""
        return sum(bool(a.output.get("cut")) for a in self.given)


@dataclass
class Contents(Data):
    """What the sections are written from.

    `scores` are those of the benchmarks as they are now; `settings` are all sittings', by hash. `wrote` are the
    benchmarks that the run's models wrote texts to. `contamination` is what the snapshot's manifest says of benchmarks'
    items in its texts, None in those older than that.
    """

    run: Run | None = None
    pages: Pages | None = None
    sat: list[Sat] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)
    contamination: dict[str, Any] | None = None

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The measures of each training stage."""
        found = self.run.metrics.get("stages", []) if self.run else []
        return [stage for stage in found if isinstance(stage, dict)] if isinstance(found, list) else []

    def sat_by(self, benchmark: str, part: str) -> Sat | None:
        """What one part of the run gave at one benchmark."""
        return next((s for s in self.sat if (s.sitting.benchmark, s.part) == (benchmark, part)), None)

    @property
    def choices(self) -> list[OpenedChoice]:
        """The multiple-choice benchmarks that were sat, each once."""
        opened = {s.sitting.benchmark: s.opened for s in self.sat if isinstance(s.opened, OpenedChoice)}
        return [o for o in opened.values() if isinstance(o, OpenedChoice)]


def gather(session: Session, run_name: str | None) -> Contents:
    """Read everything for one run, or for the run that finished last; without runs, for the newest snapshot or none.

    Raises UsageError for an unknown run, TabibError where there is nothing at all to report.
    """
    contents = Contents(dt.datetime.now(dt.UTC), summaries.totals(session))
    contents.run = _run(session, run_name)
    if not contents.totals.pages and not contents.run:
        raise TabibError("there is nothing to report: the database has no pages yet. Crawl first: `crawlers crawl all`")
    newest = summaries.newest_snapshot
    contents.snapshot = snapshots.find(session, contents.run.snapshot_sha256) if contents.run else newest(session)
    contents.before = summaries.answer_lengths(session)
    if contents.snapshot:
        _from_snapshot(session, contents, contents.snapshot)
    else:
        _from_live_tables(session, contents)
    if contents.run:
        _from_answers(session, contents, contents.run)
    return contents


def _run(session: Session, name: str | None) -> Run | None:
    if name is not None:
        return runs.get(session, name)
    try:
        return runs.latest(session)
    except UsageError:  # no run has finished
        return None


def _from_snapshot(session: Session, contents: Contents, snapshot: Snapshot) -> None:
    counts = snapshot.manifest["counts"]
    contents.recipe = snapshot.recipe
    contents.outcomes, contents.splits = counts["outcomes"], counts["splits"]
    # Snapshots older than the choice of a rule were split as in the paper.
    contents.split_rule = snapshot.manifest.get("split", {}).get("rule", contents.split_rule)
    contents.contamination = snapshot.manifest.get("contamination")
    folder = snapshots.folder(snapshot)
    try:
        contents.corpus = summaries.frozen_corpus(folder)
        contents.corpus_is = "in the snapshot"
        contents.after = summaries.frozen_answer_lengths(folder)
        contents.pages = summaries.frozen_pages(session, folder)
    except TabibError as error:
        contents.missing["files"] = str(error)


def _from_live_tables(session: Session, contents: Contents) -> None:
    contents.corpus = summaries.corpus(session)
    recipe = summaries.newest_recipe(session)
    if recipe:
        contents.recipe = recipe[0]
        contents.outcomes = summaries.outcomes(session, recipe[1])
        contents.after = summaries.cleaned_answer_lengths(session, recipe[1])


def _from_answers(session: Session, contents: Contents, run: Run) -> None:
    if run.status != "done" or contents.snapshot is None:
        contents.missing["scores"] = f"run {run.name} is {run.status}"
        return
    folder = snapshots.folder(contents.snapshot)
    opened = dict(_opened(folder))
    contents.settings = answers.settings(session)
    current = {name: benchmark.sha256 for name, benchmark in opened.items()}
    contents.scores = [s for s in answers.scores(session) if current.get(s.benchmark) == s.benchmark_sha256]
    for part, subject in zip((BASE, TUNED), run_subjects(run, folder), strict=True):
        try:
            found = answers.sittings(session, [subject.sha256])
        except UsageError as error:
            contents.missing[part] = str(error)
            continue
        contents.sat += _sat(session, part, found, opened)
        written = {s.benchmark for s in found if s.settings.get("scoring") in (FREE, LETTERED)}
        contents.wrote = sorted({*contents.wrote, *(name for name in written if name in names())})
    if not contents.sat:
        contents.missing["scores"] = (
            f"run {run.name} was not evaluated: `evaluator run --benchmark all --model {run.name}`"
        )
    for name in opened:
        base, tuned = contents.sat_by(name, BASE), contents.sat_by(name, TUNED)
        if base and tuned and _comparable(base, tuned):
            figures = tuned.opened.compare(base.given, tuned.given)
            contents.comparisons.append(Comparison(name, BASE, TUNED, figures))


def _sat(session: Session, part: str, found: list[Sitting], opened: dict[str, Opened]) -> list[Sat]:
    weighed = [s for s in found if s.settings.get("scoring") == SCORING]  # what a model wrote has other figures
    newest = {
        s.benchmark: s for s in weighed if s.benchmark in opened and opened[s.benchmark].sha256 == s.benchmark_sha256
    }
    sat = []
    for sitting in newest.values():
        given, benchmark = answers.of(session, sitting), opened[sitting.benchmark]
        sat.append(Sat(part, sitting, benchmark, given, benchmark.figures(given)))
    return sat


def _comparable(base: Sat, tuned: Sat) -> bool:
    """Whether both were asked the same items in the same way."""
    same_way = base.sitting.settings == tuned.sitting.settings
    return same_way and {a.item for a in base.given} == {a.item for a in tuned.given}


def _opened(snapshot: Path) -> list[tuple[str, Opened]]:
    found = []
    for name in names():
        try:
            found.append((name, named(name).open(snapshot)))
        except TabibError:  # a benchmark that cannot be opened here has no answers of this run either
            continue
    return found
