"""What `evaluator ask` was told, made into writers, papers and a budget."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.orm import Session

from evaluator.asking import pipeline
from evaluator.asking.ask import Progress, forecast_of, paid, take_over
from evaluator.asking.budget import Budget, Limits, Prices, Spent
from evaluator.asking.exam import Examination, Subject, examine
from evaluator.asking.forms import Form, examples
from evaluator.asking.local import Local
from evaluator.asking.located import ADAPTER, Located, located
from evaluator.asking.paper import FreePaper, Manner, paper
from evaluator.asking.writer import Sampling
from evaluator.benchmark import Benchmark, Opened
from evaluator.choice import Item, OpenedChoice
from evaluator.endpoint import KEY, Endpoint, Manners, address
from evaluator.items import published_items
from evaluator.retrieval import AugmentedPaper, Augmenting, RetrieverWriter, is_system, retriever_of, system
from evaluator.retrieval.augmented import PASSAGES
from evaluator.run import run_subjects
from evaluator.translation.whom import Whom as Through
from storage import db, runs, schema, snapshots
from storage.errors import UsageError, unknown


@dataclass(frozen=True)
class Whom:
    """A run, a folder, a retriever or an endpoint's model; `on` is an adapter's base, `through` its translator."""

    model: str | None = None
    on: Path | None = None
    base: bool = True
    snapshot: str | None = None
    precision: str = "stored"
    at_once: int | None = None
    endpoint: str | None = None
    endpoint_model: str | None = None
    key_from: str = KEY
    through: Through = field(default_factory=Through)

    def __post_init__(self) -> None:
        """Raises UsageError where it is neither one nor the other."""
        if (self.model is None) == (self.endpoint is None):
            raise UsageError("name one model: --model RUN or FOLDER, or --endpoint URL with --endpoint-model NAME")
        if self.endpoint is not None and not self.endpoint_model:
            raise UsageError("an endpoint has many models: give --endpoint-model NAME")
        if self.endpoint is None and self.endpoint_model:
            raise UsageError("--endpoint-model needs --endpoint URL")
        if self.at_once is not None and self.at_once < 1:
            raise UsageError(f"--at-once {self.at_once} writes nothing: 1 or more")


@dataclass(frozen=True)
class How:
    """In what words, drawn how, and with which examples before each item."""

    prompt: str = "paper"
    shots: int = 0
    examples: Path | None = None
    permute: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    chains: int = 1
    seed: int = 0
    retrieve: str | None = None
    passages: int | None = None

    def __post_init__(self) -> None:
        """Raises UsageError for examples without a file, a file without examples, and what no manner is."""
        if self.passages is not None and self.retrieve is None:
            raise UsageError("passages are found by a method: --retrieve METHOD beside --passages K")
        if bool(self.shots) != bool(self.examples):
            raise UsageError("examples need both: --shots K and --examples FILE")
        self.manner((), "stored")

    def manner(self, shown: tuple[Item, ...], precision: str) -> Manner:
        """With these examples."""
        return Manner(Form(self.prompt, shown, self.permute), self.sampling, self.chains, self.seed, precision)

    def paper(self, name: str, opened: Opened, precision: str) -> FreePaper:
        """A benchmark as it is asked so."""
        items = opened.items if isinstance(opened, OpenedChoice) else ()
        shown = examples(published_items(self.examples), self.shots, items, self.seed) if self.examples else ()
        return paper(name, opened, self.manner(shown, precision))


def run(benchmarks: Sequence[Benchmark], whom: Whom, how: How, asking: "Asking") -> Examination:
    """Ask these benchmarks' items of that model."""
    subjects, papers = _prepared(benchmarks, whom, how, asking)
    return examine(subjects, papers, asking.budget, asking.progress)


def estimate(benchmarks: Sequence[Benchmark], whom: Whom, how: How, asking: "Asking") -> Spent:
    """The most that `run` could spend now; nothing is asked. A retriever's answers cost nothing."""
    subjects, papers = _prepared(benchmarks, whom, how, asking)
    costly = [subject.writer for subject in subjects if not isinstance(subject.writer, RetrieverWriter)]
    asked = [(writer, job) for writer in costly for each in papers for job in each.jobs(writer)]
    take_over([each for writer, job in asked for each in paid(writer, job)], asking.budget)
    return forecast_of(asked, asking.budget)


@dataclass(frozen=True)
class Asking:
    """The budget, how an endpoint is treated, and who is told of each chunk of answers."""

    budget: Budget
    manners: Manners
    progress: Progress | None = None


def budget(limits: Limits, prices: Prices) -> Budget:
    """A budget. Raises UsageError for what is no limit, and a limit on money without prices."""
    for name, value in vars(limits).items():
        if value is not None and not value > 0:
            raise UsageError(f"--max-{name} {value} allows nothing: it must be above 0")
    if min(prices.read, prices.written) < 0:
        raise UsageError("a price is 0 or more")
    if limits.cost is not None and not (prices.read or prices.written):
        raise UsageError("--max-cost needs prices: --price-read and --price-written, for a million tokens each")
    return Budget(limits, prices)


def _prepared(
    benchmarks: Sequence[Benchmark], whom: Whom, how: How, asking: "Asking"
) -> tuple[list[Subject], list[FreePaper]]:
    schema.require_head()
    if whom.through.given:
        how = _through(whom, how, benchmarks)
    with db.session() as session:
        subjects, snapshot = _subjects(session, whom, asking)
    if whom.through.given:
        subjects = _composed(subjects, whom, asking)
    papers = [how.paper(each.name, each.open(snapshot), whom.precision) for each in benchmarks]
    if how.retrieve is None:
        return subjects, papers
    if is_system(whom.model):
        raise UsageError("a retriever reads no passages: leave --retrieve out")
    augmenting = _augmenting(how, snapshot, asking.progress)
    return subjects, [AugmentedPaper(each, augmenting, asking.progress) for each in papers]


def _through(whom: Whom, how: How, chosen: Sequence[Benchmark]) -> How:
    """How a pipeline is asked. Raises UsageError for what is not translated on its way."""
    if english := [each.name for each in chosen if getattr(each, "language", "fa") == "en"]:
        raise UsageError(f"{english[0]} is in English: a translator is for Persian benchmarks")
    if is_system(whom.model):
        raise UsageError("a retriever answers in Persian: leave the translator out")
    if how.shots or how.retrieve:
        raise UsageError("examples and passages are not translated: leave out --shots and --retrieve")
    if how.prompt not in (How.prompt, pipeline.FORM):
        raise UsageError(f"through a translator the prompt is {pipeline.FORM}, not {how.prompt}")
    return replace(how, prompt=pipeline.FORM)


def _composed(subjects: Sequence[Subject], whom: Whom, asking: "Asking") -> list[Subject]:
    there, back = whom.through.both(asking.manners)
    return [
        Subject(pipeline.Pipeline(each.writer, there, back, whom.precision, asking.progress), each.run)
        for each in subjects
    ]


def _augmenting(how: How, snapshot: Path | None, progress: Progress | None) -> Augmenting:
    if snapshot is None:
        raise UsageError("passages are found in a snapshot: give --snapshot NAME beside --retrieve")
    found_in = retriever_of(str(how.retrieve), str(snapshot), progress)
    return Augmenting(found_in, PASSAGES if how.passages is None else how.passages)


def _subjects(session: Session, whom: Whom, asking: "Asking") -> tuple[list[Subject], Path | None]:
    """Who is asked, and the snapshot that a benchmark may need, or that passages are found in."""
    judged_by = snapshots.located(session, whom.snapshot) if whom.snapshot else None
    if whom.endpoint is not None:
        where = address(whom.endpoint, whom.key_from)
        return [Subject(Endpoint(where, str(whom.endpoint_model), asking.manners))], judged_by
    if is_system(whom.model):
        answering = system(str(whom.model), asking.progress)
        return [Subject(RetrieverWriter(answering))], judged_by or answering.retriever.pairs.folder
    trained = {run.name: run for run in runs.list(session)}
    if run := trained.get(str(whom.model)):
        snapshot = judged_by or snapshots.located(session, run.snapshot_sha256)
        parts = run_subjects(run, snapshot, whom.base)
        return [Subject(_local(p.label, Located(p.folder), whom), p.run) for p in parts], snapshot
    folder = Path(str(whom.model)).expanduser().absolute()
    if not folder.is_dir():
        raise unknown("run, and no model folder,", str(whom.model), trained)
    return [Subject(_local(_label(folder), located(folder, whom.on), whom))], judged_by


def _local(label: str, at: Located, whom: Whom) -> Local:
    return Local(label, at, whom.precision, whom.at_once)


def _label(folder: Path) -> str:
    """A folder's name; that of an adapter with its parent's, for it is often called after its stage alone."""
    adapter = (folder / ADAPTER).is_file()
    return f"{folder.parent.name}/{folder.name}" if adapter else folder.name
