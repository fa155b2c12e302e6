"""What `evaluator judge` and `evaluator statements` were told, done and printed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import typer
from rich.table import Table

from evaluator.asking import Budget, BudgetSpent, Job, Limits, Prices, Sampling, forecast
from evaluator.asking.ask import take_over
from evaluator.asking.command import budget
from evaluator.asking.listing import told_of
from evaluator.endpoint import Endpoint, Manners, address
from evaluator.judge import doctors, stored
from evaluator.judge.forms import FORMS
from evaluator.judge.given import Pair, paired, preferred
from evaluator.judge.judging import Judge, Judgement, Order, jobs, judged
from evaluator.judge.winrates import Rate
from evaluator.listing import bars, console
from storage import schema
from storage.errors import ServiceUnavailable, TabibError, UsageError, unknown

ORDERS = ("both", "second")
OUT = "passages of answers to the judge, or in another language, were taken out"


@dataclass(frozen=True)
class Asked:
    """The judge; `longest` is the most tokens of a verdict."""

    endpoint: str
    model: str
    key_from: str
    longest: int

    def __post_init__(self) -> None:
        """Raises UsageError where no judge is named."""
        if not self.endpoint or not self.model:
            raise UsageError("name the judge: --endpoint URL and --endpoint-model NAME")


@dataclass(frozen=True)
class Pace:
    """How fast the endpoint may be asked."""

    concurrency: int
    requests: int | None
    tokens: int | None


@dataclass(frozen=True)
class Purse:
    """What it may cost, at which prices; `estimate` asks nothing."""

    calls: int | None
    tokens: int | None
    cost: float | None
    read: float
    written: float
    estimate: bool

    def budget(self) -> Budget:
        """Raises UsageError for a limit that is none."""
        return budget(Limits(self.calls, self.tokens, self.cost), Prices(self.read, self.written))


@dataclass(frozen=True)
class Manner:
    """In which form and order pairs are put."""

    form: str
    order: str

    def __post_init__(self) -> None:
        """Raises UsageError for names that are none."""
        if self.form not in FORMS:
            raise unknown("form", self.form, FORMS)
        if self.order not in ORDERS:
            raise unknown("order", self.order, ORDERS)


Given = tuple[Asked, Pace, Purse]


def pairs(ours: str, other: str | None, benchmark: str | None, people: bool) -> list[Pair]:
    """The pairs that are judged. Raises UsageError."""
    if people == (other is not None) or (people and benchmark):
        raise UsageError("give two files of answers, two models and --benchmark, or --people and one snapshot folder")
    if other is None:
        return preferred(Path(ours))
    return stored.paired(ours, other, benchmark) if benchmark else paired(Path(ours), Path(other))


def held_against(answers: str, given: Path | None, benchmark: str | None) -> list[doctors.Stated]:
    """The statements that answers are held against. Raises UsageError."""
    if (given is None) == (benchmark is None):
        raise UsageError("give a file of answers and --doctors FILE, or a model and --benchmark kqa-fa")
    return stored.stated(answers, benchmark) if benchmark else doctors.stated(Path(answers), cast(Path, given), _tell)


def judge(given: list[Pair], manner: Manner, asked: Given, as_json: bool) -> None:
    """Judge the pairs and print what came of it."""
    schema.require_head()
    writer, purse = _endpoint(asked), asked[2].budget()
    who = Judge(writer, FORMS[manner.form], Sampling(max_new_tokens=asked[0].longest), cast(Order, manner.order))
    wanted = jobs(given, who)
    if _estimated(wanted, purse, asked[2].estimate, as_json):
        return
    with bars() as progress:
        found = judged(given, who, purse, progress)
    if found is None:
        raise _spent(purse)
    _print(found.as_json() if as_json else _table(found))
    if found.counts["unread"] == found.pairs:
        raise TabibError(f"no verdict could be read in any reply of {writer.label}. The replies are kept")


def statements(wanted: list[doctors.Stated], asked: Given, as_json: bool) -> None:
    """Hold answers against the doctors' statements and print what came of it."""
    schema.require_head()
    writer, purse = _endpoint(asked), asked[2].budget()
    job = doctors.job(wanted, writer, Sampling(max_new_tokens=asked[0].longest))
    if _estimated([job], purse, asked[2].estimate, as_json):
        return
    with bars() as progress:
        found = doctors.held(wanted, (writer, job), purse, progress)
    if found is None:
        raise _spent(purse)
    _print(found.as_json() if as_json else _statements_table(found))
    if found.unread == found.statements:
        raise TabibError(f"no verdict could be read in any reply of {writer.label}. The replies are kept")


def _endpoint(asked: Given) -> Endpoint:
    """The judge. To estimate it need not answer; then what it is called is all that is known of it."""
    who, pace, purse = asked
    manners = Manners(pace.concurrency, pace.requests, pace.tokens)
    found = Endpoint(address(who.endpoint, who.key_from), who.model, manners)
    try:
        _ = purse.estimate and found.sha256
    except ServiceUnavailable as error:
        found.says = {}
        _tell(f"{error}: verdicts that it gave before may be counted again")
    return found


def _tell(text: str) -> None:
    typer.echo(f"evaluator: {text}", err=True)


def _estimated(wanted: list[Job], purse: Budget, only: bool, as_json: bool) -> bool:
    """Tell what it costs at most, before anything is asked; whether that was all that was wanted."""
    take_over(wanted, purse)
    most = forecast(wanted, purse)
    if only:
        typer.echo(json.dumps(vars(most)) if as_json else f"at most {told_of(most)}")
        return True
    if most.calls:
        _tell(f"at most {told_of(most)} to ask")
    return False


def _spent(purse: Budget) -> BudgetSpent:
    return BudgetSpent(
        f"the budget of {purse.stopped}. Spent: {told_of(purse.spent)}. Verdicts are kept: run the same command with a "
        "larger budget to go on"
    )


def _print(found: dict[str, Any] | list[str | Table]) -> None:
    if isinstance(found, dict):
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    out = console()
    for part in found:
        out.print(part, highlight=False, markup=False)


def _table(found: Judgement) -> list[str | Table]:
    table = Table("rate of ours", "value", "95 %", "pairs")
    rows = {"won": found.won, "at equal length": found.length_controlled, **found.by_source}
    for name, rate in rows.items():
        if rate:
            table.add_row(name, *_cells(rate))
    longer = "–" if found.longer is None else f"{found.longer:.0%}"
    return [
        f"{found.judge}, form {found.form}, order {found.order}: {found.pairs} pairs, {found.asked} verdicts asked now",
        table,
        ", ".join(f"{count} {name}" for name, count in found.counts.items()),
        "verdicts by place: " + ", ".join(f"{count} {name}" for name, count in found.places.items()),
        f"the longer answer won {longer} of decided pairs; {found.removed} {OUT}",
    ]


def _statements_table(found: doctors.Agreement) -> list[str | Table]:
    table = Table("measure", "value", "95 %", "answers")
    for figure in found.figures:
        table.add_row(figure.metric, f"{figure.value:.3f}", f"{figure.low:.3f} – {figure.high:.3f}", str(figure.items))
    told = f"{found.judge}: {found.statements} statements about {found.answers} answers, {found.asked} asked now"
    return [told, table, f"{found.unread} unread; {found.removed} {OUT}"]


def _cells(rate: Rate) -> tuple[str, ...]:
    return f"{rate.value:.1%}", f"{rate.low:.1%} – {rate.high:.1%}", str(rate.pairs)
