"""What the commands print."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from evaluator.run import Asked, Evaluation, evaluate
from evaluator.statistics import Paired
from evaluator.whose import Whose, whose
from storage import answers, db, schema
from storage.errors import TabibError
from storage.models import Score

LEAST = 1e-4
"""A p-value below it is told by this bound."""
SCORE_COLUMNS = (
    *("run", "model", "model_sha256", "benchmark", "benchmark_sha256"),
    *("metric", "value", "low", "high", "items"),
)


def scores() -> list[dict[str, Any]]:
    """Every score there is, with the benchmark's version, whose file that is, and how the model was asked."""
    schema.require_head()
    with db.session() as session:
        settings = answers.settings(session)
        found = [(score, settings.get(score.settings_sha256, {})) for score in answers.scores(session)]
        files = {version: whose(*version) for version in {_version(score) for score, _ in found}}
        return [_score(score, how) | {"file": str(files[_version(score)])} for score, how in found]


def _version(score: Score) -> tuple[str, str, int]:
    return (score.benchmark, score.benchmark_sha256, score.items)


def _score(score: Score, settings: dict[str, Any]) -> dict[str, Any]:
    row = {name: getattr(score, name) for name in SCORE_COLUMNS}
    precision, how = answers.asked(settings)
    return (
        row
        | {"precision": precision, "how": how}
        | {"settings_sha256": score.settings_sha256, "created_at": score.created_at.isoformat()}
    )


def evaluate_with_progress(asked: Asked) -> Evaluation:
    """Evaluate, with a bar a sitting where a person is watching."""
    with bars() as advance:
        return evaluate(asked, advance)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each name that work is reported under, where a person is watching: name, how many more, of how many."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:

        def advance(sitting: str, done: int, of: int) -> None:
            if sitting not in tasks:
                tasks[sitting] = bar.add_task(sitting, total=of)
            bar.advance(tasks[sitting], done)

        yield advance


def refuse_silence(evaluation: Evaluation) -> None:
    """Raise TabibError where a model gave no likelihood at all; its rows are kept."""
    silent = [r for r in evaluation.results if r.items and r.unanswered == r.items]
    if silent:
        names = ", ".join(f"{r.model} ({r.benchmark}: {r.items} items)" for r in silent)
        raise TabibError(f"no likelihood came from {names}: are its weights numbers? The answers are kept as unread")


def print_scores(rows: list[dict[str, Any]]) -> None:
    """The table of `evaluator scores`."""
    table = Table("benchmark", "version", "model", "precision", "asked", "metric", "value", "95 % interval", "items")
    for row in rows:
        sat = (
            row["benchmark"],
            _marked(row),
            row["model"],
            row["precision"] or "-",
            row["how"],
            row["metric"],
        )
        table.add_row(*sat, *_interval(row, row["metric"]), str(row["items"]))
    console().print(table if rows else "no scores yet: evaluate with `evaluator run --benchmark all --model RUN`")


def _marked(row: dict[str, Any]) -> str:
    version: str = row["benchmark_sha256"][:12]
    return f"{version}, {row['file']}" if row["file"] == Whose.OTHER else version


def print_evaluation(evaluation: Evaluation) -> None:
    """Scores with intervals and baselines, then every comparison in a sentence."""
    table = Table("benchmark", "model", "metric", "value", "95 % interval", "items", "asked now", "unread")
    for result in evaluation.results:
        for figure in result.scores:
            cells = [*_interval(asdict(figure), figure.metric), str(figure.items), str(result.asked)]
            table.add_row(result.benchmark, result.model, figure.metric, *cells, str(result.unanswered))
        for rule, share in result.baselines.items() if result is _last(evaluation, result.benchmark) else ():
            table.add_row(result.benchmark, f"({rule})", "accuracy", f"{share:.1%}", "", str(result.items), "", "")
    out = console()
    out.print(table)
    for comparison in evaluation.comparisons:
        for paired in comparison.figures:
            words = f"{comparison.benchmark}: {sentence(paired, comparison.second, comparison.first)}"
            out.print(words, soft_wrap=True, highlight=False, markup=False)


def console() -> Console:
    """Standard output, as wide as a table needs where no terminal says how wide it is; names in it are no markup."""
    return Console(width=None if sys.stdout.isatty() else 140, markup=False, emoji=False)


def sentence(figure: Paired, second: str, first: str) -> str:
    """A comparison in words: `second` against `first`."""
    if figure.p is None or figure.detectable is None:
        words = f"{second} needs {abs(figure.difference):.3f} {'more' if figure.difference > 0 else 'fewer'}"
        return f"{words} bits per byte than {first} (95 %: {figure.low:+.3f} to {figure.high:+.3f})"
    points = [f"{100 * x:+.1f}" for x in (figure.difference, figure.low, figure.high)]
    return (
        f"{figure.metric} of {second} is {points[0]} points from {first}'s (95 %: {points[1]} to {points[2]}), "
        f"McNemar {p_is(figure.p)}, {figure.only_second} items gained and {figure.only_first} lost; "
        f"{figure.items} items show a true difference from about {100 * figure.detectable:.0f} points on"
    )


def probability(p: float) -> str:
    """A p-value as it is read: two to four digits, or a bound, for none is zero."""
    if p < LEAST:
        return "< 1e-4"
    return f"{p:.4f}" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_is(p: float) -> str:
    """A p-value within a sentence: p = 0.041, p < 1e-4."""
    return f"p {probability(p)}" if p < LEAST else f"p = {probability(p)}"


def _interval(row: dict[str, Any], metric: str) -> tuple[str, str]:
    value, low, high = (row[name] for name in ("value", "low", "high"))
    if not math.isfinite(value):
        return "-", "-"
    if metric.startswith("accuracy"):
        return f"{value:.1%}", f"{100 * low:.1f}–{100 * high:.1f}"
    return f"{value:.3f}", f"{low:.3f}–{high:.3f}"


def _last(evaluation: Evaluation, benchmark: str) -> Any:
    return [r for r in evaluation.results if r.benchmark == benchmark][-1]
