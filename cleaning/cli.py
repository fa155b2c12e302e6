"""The `cleaning` command."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run

app = command_line(
    "cleaning", "Documents in, verdicts out: recipes of transforms and filters, every drop with its reason."
)

RecipeName = Annotated[str, typer.Option("--recipe", help="A recipe's name, or the path of a YAML file.")]


@app.command("run")
def clean(
    recipe: RecipeName = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print the funnel as JSON.")] = False,
) -> None:
    """Clean what is stored: judge every document the recipe has not seen, then look for repeats among all.

    May run in any number of processes at once and be stopped at any point; the result is the same.
    The review queue and the documents' states follow the recipe that ran last: after trying another,
    run the one your annotators work by again. To try a recipe on a file, see `cleaning apply`.

    Example: cleaning run --recipe default
    """
    from cleaning import report
    from cleaning import run as running
    from cleaning.progress import counter
    from cleaning.recipe import load
    from storage import schema

    loaded = load(recipe)
    schema.require_head()
    with counter(f"cleaning by {loaded.name}", running.waiting(loaded)) as advance:
        running.clean(loaded, advance)
    rows = report.funnel(loaded)
    if as_json:
        print(json.dumps({"recipe": loaded.name, "recipe_sha256": loaded.sha256, "funnel": rows}, ensure_ascii=False))
    else:
        report.print_funnel(loaded, rows)


@app.command()
def recipes() -> None:
    """List the recipes that come with the project, each with its identity and what it is for.

    Example: cleaning recipes
    """
    from cleaning import recipe

    for name in recipe.names():
        loaded = recipe.load(name)
        print(f"{name}  {loaded.sha256[:16]}  {len(loaded.steps)} steps  {loaded.content.get('about', '')}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="A recipe's name, or the path of a YAML file.")]) -> None:
    """Check a recipe and print it.

    Example: cleaning show default
    """
    from cleaning import recipe

    loaded = recipe.load(name)
    print(f"# {loaded.name} {loaded.sha256}\n{loaded.text}", end="")


@app.command()
def filters() -> None:
    """List every step a recipe can name: transforms, filters and corpus filters, with their parameters.

    Example: cleaning filters
    """
    from cleaning.steps import registry

    for step in registry().values():
        keys = ", ".join(step.parameters.model_fields)
        print(f"{step.name}({keys})  {step.sort}\n    {step.about}")


@app.command()
def normalise(
    recipe: RecipeName = "default",
    null: Annotated[bool, typer.Option("-0", help="Records end with NUL instead of a line feed, in and out.")] = False,
) -> None:
    """Write the texts of standard input to standard output in a recipe's spelling.

    Bytes that are no UTF-8 become U+FFFD.

    Example: printf 'علي كودك' | cleaning normalise
    """
    from cleaning.judge import respell
    from cleaning.recipe import load

    loaded = load(recipe)
    end = "\0" if null else "\n"
    *texts, last = sys.stdin.buffer.read().decode("utf-8", "replace").split(end)
    spelt = [respell(loaded, text) + end for text in texts] + [respell(loaded, last)]
    sys.stdout.buffer.write("".join(spelt).encode())


@app.command()
def apply(
    source: Annotated[Path, typer.Option("--in", help="JSON lines, plain or gzip: question and answer, or text.")],
    target: Annotated[Path, typer.Option("--out", help="Where to write one judgement a line, in the same order.")],
    recipe: RecipeName = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Clean a file without a database: kept, outcome, reason, measure, cluster and the cleaned fields of each record.

    Example: cleaning apply --recipe paper --in pairs.jsonl.gz --out verdicts.jsonl
    """
    from cleaning.apply import apply as apply_recipe
    from cleaning.progress import counter
    from cleaning.recipe import load

    with counter("cleaning") as advance:
        ends = apply_recipe(load(recipe), source, target, advance)
    if as_json:
        print(json.dumps(dict(ends.most_common()), ensure_ascii=False))
        return
    for end, count in ends.most_common():
        print(f"{count:>9}  {end}")


def main() -> NoReturn:
    """Entry point of the `cleaning` command."""
    run(app)
