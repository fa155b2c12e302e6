"""Evaluate a model: ask what is not answered yet, score what is, compare a run with the model it started from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from evaluator import model as models
from evaluator.benchmark import EVERY, Benchmark, Opened, Question, everyday
from evaluator.given import chosen
from evaluator.statistics import Paired
from storage import answers, db, runs, schema, snapshots
from storage.answers import AnswerFields, Figure, Sitting
from storage.errors import DataDamaged, UsageError, unknown
from storage.models import Answer, Run

# Raised whenever the same weights would answer otherwise: a new form of the prompt is in the benchmark's own hash.
SCORING = "likelihood/1"
COMMITTED_AT_ONCE = 16  # items; a killed evaluation computes at most these again, and stores none of them twice

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Subject:
    """A model folder to evaluate; `run` and `snapshot` where it comes from one of our runs."""

    label: str
    folder: Path
    run: str | None = None
    snapshot: Path | None = None

    @cached_property
    def sha256(self) -> str:
        """See `evaluator.model.identity`."""
        return models.identity(self.folder)


@dataclass(frozen=True)
class Result:
    """One model at one benchmark; `asked` is how many items this call computed."""

    benchmark: str
    model: str
    run: str | None
    model_sha256: str
    items: int
    asked: int
    unanswered: int
    scores: list[Figure]
    baselines: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """Two models at one benchmark, `second` against `first`."""

    benchmark: str
    first: str
    second: str
    figures: list[Paired]


@dataclass
class Evaluation:
    """All that one call of `evaluate` found; `skipped` says by benchmark why it could not be asked."""

    results: list[Result] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Asked:
    """Which benchmarks, of which model, and how; `data` is the file that the one benchmark is read from."""

    benchmarks: Sequence[str]
    model: str
    base: bool = True
    snapshot: str | None = None
    precision: str = "stored"
    data: Path | None = None


def evaluate(asked: Asked, progress: Progress | None = None) -> Evaluation:
    """Evaluate a run and its base, or a model folder; every answer is committed on the way.

    Raises UsageError for a name that does not exist, MissingExtra where answers are wanting and torch is too,
    AskedElsewhere where another process asks the same.
    """
    schema.require_head()
    every = EVERY in asked.benchmarks
    asking = chosen(everyday() if every and asked.data is None else asked.benchmarks, asked.data)
    with db.session() as session:
        subjects = _subjects(session, asked)
    evaluation = Evaluation()
    opened = dict(_opened(asking, subjects[-1].snapshot, every, evaluation))
    rows: dict[str, list[Sequence[Answer]]] = {name: [] for name in opened}
    for subject in subjects:
        examiner = _Examiner(subject, asked.precision, progress)
        for name, benchmark in opened.items():
            result, given = examiner.examine(name, benchmark)
            evaluation.results.append(result)
            rows[name].append(given)
    if len(subjects) == 2:
        first, second = (subject.label for subject in subjects)
        evaluation.comparisons += [
            Comparison(name, first, second, opened[name].compare(*pair)) for name, pair in rows.items()
        ]
    return evaluation


class _Examiner:
    """Puts benchmarks to one model, which is loaded when the first unanswered item comes up."""

    def __init__(self, subject: Subject, precision: str, progress: Progress | None) -> None:
        self.subject, self.precision, self.progress = subject, precision, progress

    @cached_property
    def model(self) -> models.LanguageModel:
        return models.load(self.subject.folder, self.precision)

    def examine(self, name: str, benchmark: Opened) -> tuple[Result, Sequence[Answer]]:
        """Ask what is missing, then score everything."""
        sitting = sitting_of(self.subject, name, benchmark, self.precision)
        asked = self._ask(sitting, benchmark)
        with db.session() as session:
            given = answers.of(session, sitting)
            figures = benchmark.figures(given)
            answers.save_scores(session, sitting, self.subject.run, figures)
        result = Result(
            benchmark=name,
            model=self.subject.label,
            run=self.subject.run,
            model_sha256=self.subject.sha256,
            items=len(given),
            asked=asked,
            unanswered=benchmark.unanswered(given),
            scores=figures,
            baselines=benchmark.baselines,
        )
        return result, given

    def _fields(self, fields: AnswerFields) -> AnswerFields:
        """With how large the model is, which its rows alone can tell once its folder is gone."""
        return replace(fields, output=fields.output | {"parameters": self.model.parameters})

    def _ask(self, sitting: Sitting, benchmark: Opened) -> int:
        with answers.alone(sitting):
            return self._ask_alone(sitting, benchmark)

    def _ask_alone(self, sitting: Sitting, benchmark: Opened) -> int:
        with db.session() as session:
            done = answers.answered(session, sitting)
        pending = sorted((q for q in benchmark.questions if q.item not in done), key=_length, reverse=True)
        asked = 0
        for start in range(0, len(pending), COMMITTED_AT_ONCE):
            questions = pending[start : start + COMMITTED_AT_ONCE]
            found = self.model.likelihoods(questions)
            fields = [self._fields(benchmark.answer(*each)) for each in zip(questions, found, strict=True)]
            with db.session() as session:
                asked += answers.save(session, sitting, fields)
            if self.progress:
                self.progress(f"{sitting.model} · {sitting.benchmark}", len(questions), len(pending))
        return asked


def sitting_of(subject: Subject, name: str, benchmark: Opened, precision: str = "stored") -> Sitting:
    """The key under which this model's answers to this benchmark are kept."""
    settings = {"scoring": SCORING, "precision": precision}
    return Sitting(subject.label, subject.sha256, name, benchmark.sha256, settings)


def run_subjects(run: Run, snapshot: Path, base: bool = True) -> list[Subject]:
    """The base and the tuned model of a finished run, or the tuned one alone. Raises UsageError if it is not done."""
    if run.status != "done":
        raise UsageError(f"run {run.name} is {run.status}, so there is no model to evaluate: train it first")
    parts = ("base", "merged") if base else ("merged",)
    return [Subject(f"{run.name}/{part}", runs.folder(run) / part, run.name, snapshot) for part in parts]


def _subjects(session: Session, asked: Asked) -> list[Subject]:
    trained = {run.name: run for run in runs.list(session)}
    folder = Path(asked.model).expanduser().absolute()
    if run := trained.get(asked.model):
        return run_subjects(run, snapshots.located(session, asked.snapshot or run.snapshot_sha256), asked.base)
    if not folder.is_dir():
        raise unknown("run, and no model folder,", asked.model, trained)
    models.check(folder)
    judged_by = snapshots.located(session, asked.snapshot) if asked.snapshot else None
    return [Subject(folder.name, folder, None, judged_by)]


def _opened(
    asking: Sequence[Benchmark], snapshot: Path | None, lenient: bool, evaluation: Evaluation
) -> Iterator[tuple[str, Opened]]:
    for benchmark in asking:
        try:
            yield benchmark.name, benchmark.open(snapshot)
        except (UsageError, DataDamaged) as error:
            if not lenient:
                raise
            evaluation.skipped[benchmark.name] = str(error)


def _length(question: Question) -> int:
    return len(question.prompt) + max(map(len, question.continuations.values()))
