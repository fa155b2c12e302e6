"""`evaluator schedule`, `accept` and `alarms`: evaluations that run by themselves, and what they find lost."""

import json
import sys
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
Reason = Annotated[str, typer.Option(help="Why, for those who ask later.")]

app = typer.Typer(
    help="Evaluations that run by themselves, by workers that take the queue `evaluate`.", no_args_is_help=True
)


@app.command("list")
def list_schedules(as_json: Json = False) -> None:
    """List schedules, the jobs that wait, are worked on or parked, the last results, and the alarms that stand.

    Example: evaluator schedule list
    """
    from evaluator import scheduling

    found = scheduling.listed()
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        scheduling.print_listed(found)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    benchmark: Annotated[list[str], typer.Option(help="A benchmark; may be repeated; `all` for every one.")],
    cron: Annotated[
        str | None, typer.Option(help="When, as cron writes it, in UTC; without it each run as it finishes.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="With --cron: `newest` run, `every` run, a run's name, or a model's folder.")
    ] = None,
    base: Annotated[bool, typer.Option("--base/--no-base", help="Evaluate a run's base too.")] = True,
    precision: Annotated[str, typer.Option(help="`stored`, as the weights lie, or `float32`.")] = "stored",
) -> None:
    """Evaluate by itself: at a moment of each night, or each run as it finishes.

    An `infra worker` with the queue `evaluate` does it, and `infra worker --beat` is the clock. What is answered is
    never asked again, so a night in which nothing is new costs little. Missed nights are made up for once.

    Example: evaluator schedule add nightly --cron '30 22 * * *' --model newest --benchmark all
    """
    from evaluator import scheduling

    made = scheduling.add(scheduling.Wish(name, benchmark, model, cron, base, precision))
    due = f"first on {made.due_at:%Y-%m-%d %H:%M} UTC" if made.due_at else "each run as it finishes"
    print(f"{name}: {', '.join(made.benchmarks)}, {due}")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The schedule to end.")]) -> None:
    """End a schedule; what waits for it alone goes, what is being worked on ends, and what was found stays.

    Example: evaluator schedule remove nightly
    """
    from evaluator import scheduling

    print(f"{name} is removed, {scheduling.remove(name)} waiting or parked jobs with it")


@app.command()
def retry(job: Annotated[int, typer.Argument(help="The number of a parked job.")]) -> None:
    """Let a job that was parked be tried again, once its cause is mended.

    Example: evaluator schedule retry 12
    """
    from evaluator import scheduling

    print(f"job {job} waits again: {scheduling.retry(job)}")


def accept(
    model: Annotated[str, typer.Argument(help="A model with answers: RUN, RUN/base, a folder's name, or its hash.")],
    reason: Reason = "good enough",
) -> None:
    """Hold every model that is evaluated by a schedule against this one, from now on.

    After each evaluation both are compared over the same items, as `evaluator compare` does it. Where the new one is
    significantly worse, an alarm stands. The alarms of a model that is accepted are closed.

    Example: evaluator accept tiny-1 --reason 'first release'
    """
    from evaluator import regression

    row = regression.accept(model, reason)
    print(f"{row.model} ({row.model_sha256[:12]}) is the model that others are held against")


def alarms(
    model: Annotated[str | None, typer.Argument(help="Only those of this model; else of all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were closed too.")] = False,
    close: Annotated[int | None, typer.Option(help="The number of an alarm to close.")] = None,
    reason: Reason = "seen",
    as_json: Json = False,
) -> int:
    """Tell where a model is significantly worse than the accepted one. Exit status 1 while an alarm stands.

    Right and wrong answers by an exact paired test, bits per byte by the interval of the difference: p at most .05
    after Holm's correction over all benchmarks compared. Of forty models that are as good as the accepted one, one
    raises an alarm by chance. An alarm stands until it is closed, its model is accepted, or another comparison of the
    same two models finds no loss.

    Example: evaluator alarms tiny-2
    """
    from evaluator import alarm_listing

    closed = None if close is None else alarm_listing.close(close, reason)
    found, parked = alarm_listing.listed(model, every)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print("\n".join(filter(None, (closed, alarm_listing.words(found)))))
    if parked:
        print(
            f"evaluator: {parked} evaluations are parked (evaluator schedule list): not all is known", file=sys.stderr
        )
    return int(any(row["closed_because"] is None for row in found))
