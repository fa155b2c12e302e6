"""What `evaluator ask` was told, made into writers, papers and a budget."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from evaluator.asking.ask import Progress, forecast, take_over
from evaluator.asking.budget import Budget, Limits, Prices, Spent
from evaluator.asking.exam import Examination, Subject, examine
from evaluator.asking.forms import Form, examples
from evaluator.asking.local import Local
from evaluator.asking.located import ADAPTER, Located, located
from evaluator.asking.paper import FreePaper, Manner, paper
from evaluator.asking.reading import reader
from evaluator.asking.writer import Sampling
from evaluator.benchmark import Opened, named
from evaluator.choice import Item, OpenedChoice, read_items
from evaluator.endpoint import KEY, Endpoint, Manners, address
from evaluator.run import run_subjects
from storage import db, runs, schema, snapshots
from storage.errors import UsageError, unknown


@dataclass(frozen=True)
class Whom:
    """A run, a folder or an endpoint's model; `on` is an adapter's base."""

    model: str | None = None
    on: Path | None = None
    base: bool = True
    snapshot: str | None = None
    precision: str = "stored"
    at_once: int | None = None
    endpoint: str | None = None
    endpoint_model: str | None = None
    key_from: str = KEY

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

    def __post_init__(self) -> None:
        """Raises UsageError for examples without a file, a file without examples, and what no manner is."""
        if bool(self.shots) != bool(self.examples):
            raise UsageError("examples need both: --shots K and --examples FILE")
        self.manner((), "stored")

    def manner(self, shown: tuple[Item, ...], precision: str) -> Manner:
        """With these examples."""
        return Manner(Form(self.prompt, shown, self.permute), self.sampling, self.chains, self.seed, precision)

    def paper(self, name: str, opened: Opened, precision: str) -> FreePaper:
        """A benchmark as it is asked so."""
        items = opened.items if isinstance(opened, OpenedChoice) else ()
        shown = examples(read_items(self.examples), self.shots, items, self.seed) if self.examples else ()
        return paper(name, opened, self.manner(shown, precision), reader())


def run(benchmarks: Sequence[str], whom: Whom, how: How, asking: "Asking") -> Examination:
    """Ask these benchmarks' items of that model. Raises UsageError for names that do not exist."""
    subjects, papers = _prepared(benchmarks, whom, how, asking.manners)
    return examine(subjects, papers, asking.budget, asking.progress)


def estimate(benchmarks: Sequence[str], whom: Whom, how: How, asking: "Asking") -> Spent:
    """The most that `run` could spend now; nothing is asked."""
    subjects, papers = _prepared(benchmarks, whom, how, asking.manners)
    jobs = [job for subject in subjects for each in papers for job in each.jobs(subject.writer)]
    take_over(jobs, asking.budget)
    return forecast(jobs, asking.budget)


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
    benchmarks: Sequence[str], whom: Whom, how: How, manners: Manners
) -> tuple[list[Subject], list[FreePaper]]:
    schema.require_head()
    chosen = {name: named(name) for name in benchmarks}
    with db.session() as session:
        subjects, snapshot = _subjects(session, whom, manners)
    return subjects, [how.paper(name, b.open(snapshot), whom.precision) for name, b in chosen.items()]


def _subjects(session: Session, whom: Whom, manners: Manners) -> tuple[list[Subject], Path | None]:
    """Who is asked, and the snapshot that a benchmark may need."""
    judged_by = snapshots.folder(snapshots.find(session, whom.snapshot)) if whom.snapshot else None
    if whom.endpoint is not None:
        where = address(whom.endpoint, whom.key_from)
        return [Subject(Endpoint(where, str(whom.endpoint_model), manners))], judged_by
    trained = {run.name: run for run in runs.list(session)}
    if run := trained.get(str(whom.model)):
        snapshot = judged_by or snapshots.folder(snapshots.find(session, run.snapshot_sha256))
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
