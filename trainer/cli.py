"""The `trainer` command."""

import json
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run

app = command_line("trainer", "A snapshot in, a tuned model out: both LoRA stages from one recipe.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


@app.command("export-and-train")
def export_and_train(
    recipe: Annotated[str, typer.Option(help="A recipe's name, or the path of its .yaml file.")],
    snapshot: Annotated[str | None, typer.Option(help="Train on this snapshot: a name, a hash or a folder.")] = None,
    export: Annotated[str | None, typer.Option(help="Export a new snapshot under this name [the recipe's].")] = None,
    cleaning_recipe: Annotated[str, typer.Option(help="The cleaning recipe whose verdicts are exported.")] = "default",
    split: Annotated[str, typer.Option(help="How an exported snapshot is split: `grouped` or `paper`.")] = "grouped",
    model: Annotated[str | None, typer.Option(help="Start from this model instead: a folder or a hub id.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the recipe's newest unfinished run.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and tell everything, change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Freeze what is kept, train both stages on it, and register the run.

    The same recipe on the same snapshot is the same run: interrupted, it is gone on with; finished, it is recognised.

    Example: trainer export-and-train --recipe tiny
    """
    from storage.errors import UsageError
    from trainer import extra
    from trainer.request import Request

    if sum(map(bool, (snapshot, export, resume))) > 1:
        raise UsageError("give one of --snapshot, --export and --resume")
    request = Request(recipe, snapshot, export, cleaning_recipe, model, resume, dry_run, split)
    request.take_snapshot(request.read_recipe())
    extra.require()
    extra.settle()
    from trainer import report, train
    from trainer.progress import Reporter

    state = train.export_and_train(request, Reporter())
    print(json.dumps(state, ensure_ascii=False, indent=1) if as_json else report.told(state))


@app.command()
def recipes(as_json: Json = False) -> None:
    """List the training recipes.

    Example: trainer recipes
    """
    from trainer.recipe import load, names

    about = {name: load(name, libraries=False).content.about for name in names()}
    print(
        json.dumps(about, ensure_ascii=False, indent=1)
        if as_json
        else "\n".join(f"{n:<8} {a}" for n, a in about.items())
    )


@app.command()
def show(recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of its .yaml file.")]) -> None:
    """Print a recipe, with its hash.

    Example: trainer show paper
    """
    from trainer.recipe import load

    found = load(recipe, libraries=False)
    print(f"# sha256 {found.sha256}\n{found.text}", end="")


@app.command()
def runs(as_json: Json = False) -> None:
    """List the runs of the database, the newest first.

    Example: trainer runs --json
    """
    from trainer import report

    rows = report.runs()
    print(json.dumps(rows, ensure_ascii=False, indent=1) if as_json else report.runs_table(rows))


def main() -> NoReturn:
    """Entry point of the `trainer` command."""
    run(app)
