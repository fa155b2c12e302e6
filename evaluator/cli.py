"""The `evaluator` command."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from evaluator import cli_benchmarks, cli_harness, cli_judge, cli_schedule, cli_translate
from evaluator.cli_ask import ask
from evaluator.cli_replay import replay
from evaluator.cli_report import report
from evaluator.cli_retrieve import retrieve
from storage.command import command_line, run

app = command_line("evaluator", "Benchmarks, statistics and the report.")
app.add_typer(cli_schedule.app, name="schedule")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


app.command()(cli_benchmarks.benchmarks)
app.command()(cli_benchmarks.fetch)
app.command()(cli_benchmarks.lint)


@app.command()
def register(
    data: Annotated[
        list[Path] | None, typer.Option(help="A benchmark's JSON lines, plain or gzip; may be repeated.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="The folder to write to, if not the data folder's `benchmarks`.")
    ] = None,
) -> None:
    """Have benchmarks looked for in all that is cleaned and exported: those in --data, else all there are.

    What is kept of a benchmark are hashes of runs of words, never its texts. A line of a file is an object with
    `question` and, as the benchmark has them, `options`, `answer`, `free_form_answer`, `must_have`, `nice_to_have`,
    `id`; the file's name becomes the benchmark's. The project's own come registered: after a change of one, give
    --into storage/benchmarks.

    Example: evaluator register --data mmlu_fa_anatomy.jsonl.gz --data kqa_fa.jsonl.gz
    """
    from evaluator import registration

    found = registration.given(data) if data else registration.own()
    for benchmark, path in zip(found, registration.register(found, into), strict=True):
        print(f"{benchmark.name}: {len(benchmark.ids)} items, {len(benchmark.entries)} runs  {path}")


@app.command("run")
def evaluate(
    benchmark: Annotated[list[str], typer.Option(help="A benchmark; may be repeated; `all` for every one.")],
    model: Annotated[str, typer.Option(help="A trained run, or the folder of a transformers model.")],
    base: Annotated[bool, typer.Option("--base/--no-base", help="Evaluate a run's base too, and compare.")] = True,
    snapshot: Annotated[
        str | None, typer.Option(help="The snapshot to judge by, if not the run's own: name, hash or folder.")
    ] = None,
    precision: Annotated[str, typer.Option(help="`stored`, as the weights lie, or `float32`.")] = "stored",
    data: Annotated[
        Path | None, typer.Option(help="A file to read the one benchmark from, for this call alone.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a model every item it has no answer to yet, and score all its answers.

    The likelihood of each option is computed, never sampled; an answer is a row, so nothing is asked twice.

    Example: evaluator run --benchmark all --model tiny-1
    """
    from evaluator import given, listing
    from evaluator.run import Asked

    if data is not None:
        print(f"evaluator: {given.remark(benchmark, data)}", file=sys.stderr)
    evaluation = listing.evaluate_with_progress(Asked(benchmark, model, base, snapshot, precision, data))
    if as_json:
        print(json.dumps(evaluation.as_json(), ensure_ascii=False, indent=1))
    else:
        listing.print_evaluation(evaluation)
    for name, reason in evaluation.skipped.items():
        print(f"evaluator: {name} was left out: {reason}", file=sys.stderr)
    listing.refuse_silence(evaluation)


app.command("ask")(ask)
app.command()(cli_harness.harness)
app.command()(cli_harness.harnessed)
app.command()(replay)
app.command()(cli_judge.judge)
app.command()(cli_judge.statements)
app.command()(retrieve)
app.command()(cli_translate.translate)
app.command()(cli_translate.translations)
app.command()(cli_translate.decide)


@app.command()
def scores(as_json: Json = False) -> None:
    """Print every score with its 95 % interval.

    Example: evaluator scores --json
    """
    from evaluator import listing

    rows = listing.scores()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        listing.print_scores(rows)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="A model with answers: RUN, RUN/base, a folder's name, or its hash.")],
    second: Annotated[str, typer.Argument(help="The model to hold against it.")],
    benchmark: Annotated[
        list[str] | None, typer.Option(help="A benchmark; may be repeated; else all in common.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell which of two models is better, over the answers that are stored: nothing is asked.

    In each benchmark that both were asked in the same way: the scores, their difference with its 95 % interval, an
    exact paired test, its p after Holm's correction over the benchmarks, and the smallest difference so many items
    would show. Then the micro mean (over all questions) and the macro mean (over benchmarks). Items that repeat one
    another are tested and resampled as one. MODEL@SETTINGS, the beginning of a settings' hash, chooses how a model was
    asked.

    Example: evaluator compare tiny-1/base tiny-1/merged --json
    """
    from evaluator.compare import compare as compared
    from evaluator.compare_listing import print_comparison

    comparison = compared(first, second, benchmark or ())
    if as_json:
        print(json.dumps(comparison.as_json(), ensure_ascii=False, indent=1))
    else:
        print_comparison(comparison)
    for name, reason in comparison.skipped.items():
        print(f"evaluator: {name} was left out: {reason}", file=sys.stderr)


app.command()(report)
app.command()(cli_schedule.accept)
app.command()(cli_schedule.alarms)


def main() -> NoReturn:
    """Entry point of the `evaluator` command."""
    run(app)
