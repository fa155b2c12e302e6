"""The `cleaning` command."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cleaning import cli_models
from storage.command import command_line, run
from storage.errors import UsageError

if TYPE_CHECKING:
    from cleaning.recipe import Recipe

app = command_line(
    "cleaning", "Documents in, verdicts out: recipes of transforms and filters, every drop with its reason."
)

RecipeName = Annotated[str, typer.Option("--recipe", help="A recipe's name, or the path of a YAML file.")]

Processes = Annotated[int, typer.Option(min=0, max=256, help="How many processes judge; 0 for one a processor.")]


@app.command("run")
def clean(
    recipe: RecipeName = "default",
    processes: Processes = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the funnel as JSON.")] = False,
) -> None:
    """Clean what is stored: judge every document the recipe has not seen, then look for repeats among all.

    May run in any number of processes at once and be stopped at any point; the result is the same.
    The review queue and the documents' states follow the recipe that ran last: after trying another,
    run the one your annotators work by again. To try a recipe on a file, see `cleaning apply`.
    Of benchmarks' items only those of registered ones are found: which they are is told on standard error.

    Example: cleaning run --recipe default
    """
    from cleaning import report
    from cleaning import run as running
    from cleaning.processes import available
    from cleaning.progress import counter
    from cleaning.recipe import load
    from storage import schema

    loaded = load(recipe)
    schema.require_head()
    _tell_benchmarks(loaded)
    with counter(f"cleaning by {loaded.name}", running.waiting(loaded)) as advance:
        running.clean(loaded, advance, processes or available())
    if left := running.waiting(loaded):
        print(f"{left} documents are in another process's hands and have no verdict yet: run it again", file=sys.stderr)
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

    What a filter finds leads to what the recipe's line says by `then`: drop, where it says nothing; review, which asks
    a person; or pass, which takes back the reviews asked for before it.

    Example: cleaning filters
    """
    from cleaning.recipe_lines import LEADS_TO
    from cleaning.steps import registry

    for step in registry().values():
        keys = ", ".join(step.parameters.model_fields)
        print(f"{step.name}({keys})  {step.sort}\n    {step.about}")
    print("\nEvery filter's `then` says what its finding leads to:")
    for then, leads_to in LEADS_TO.items():
        print(f"    {then}: {leads_to}")


@app.command()
def explain(
    document: Annotated[str, typer.Argument(help="A document's id, or the beginning of it.")],
    recipe: RecipeName = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tell why a record stands where it stands: each step's figures and finding, the verdict, the reviews.

    Example: cleaning explain 3f2a91c0 --recipe default
    """
    from cleaning.explain import explain as explained
    from cleaning.explain import print_explanation
    from cleaning.recipe import load
    from storage import db, schema

    loaded = load(recipe)
    schema.require_head()
    with db.session() as session:
        found = explained(session, loaded, document)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print_explanation(found)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A recipe's name, or the path of a YAML file.")],
    after: Annotated[str, typer.Argument(help="Another.")],
    samples: Annotated[int, typer.Option(min=0, max=100, help="Records to show of each change.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Show what would change if the second recipe judged instead of the first: counts, sources, samples.

    Writes no verdict and changes no document's state. Texts are read only for steps that no recipe has measured yet,
    so another threshold is answered from stored figures.

    Example: cleaning diff default ./stricter.yaml --samples 5
    """
    from cleaning import run as running
    from cleaning.diff import diff as difference
    from cleaning.diff import print_changes
    from cleaning.progress import counter
    from cleaning.recipe import load
    from storage import db, schema

    recipes = load(before), load(after)
    schema.require_head()
    for loaded in recipes:
        with counter(f"measuring by {loaded.name}") as advance:
            running.measure_new(loaded, advance)
    with db.session(repeatable=True) as session:
        changes = difference(session, recipes, samples)
    if as_json:
        print(json.dumps([change._asdict() for change in changes], ensure_ascii=False))
    else:
        print_changes(recipes, changes)


@app.command()
def report(
    out: Annotated[Path | None, typer.Option(help="The HTML file to write; var/cleaning.html if not given.")] = None,
    recipe: Annotated[str | None, typer.Option(help="A recipe's name or file; else the one that judged last.")] = None,
    samples: Annotated[int, typer.Option(min=0, max=100, help="Documents to show of each reason.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the page's figures as JSON.")] = False,
) -> None:
    """Write one self-contained HTML page: funnel, lengths, repeats, leakage, privacy, subjects, samples of each reason.

    Example: cleaning report --recipe default --samples 10 --out cleaning.html
    """
    from cleaning.progress import counter
    from cleaning.report.contents import STEPS
    from cleaning.report.page import place, write

    out = out or place()
    with counter("reading figures", len(STEPS)) as advance:
        contents = write(out, recipe, samples, advance)
    if as_json:
        print(json.dumps({"page": str(out.absolute()), **contents.numbers()}, ensure_ascii=False))
    else:
        print(out.absolute())


app.add_typer(cli_models.speciality, name="speciality")
app.add_typer(cli_models.quality, name="quality")
app.command("models")(cli_models.models)


@app.command()
def normalise(
    recipe: RecipeName = "default",
    null: Annotated[bool, typer.Option("-0", help="Records end with NUL instead of a line feed, in and out.")] = False,
) -> None:
    """Write the texts of standard input to standard output in a recipe's spelling.

    One line makes one line: what breaks it in its new spelling, as &NewLine; or U+2028 do, becomes a space; with -0
    it stays a break. Bytes that are no UTF-8 become U+FFFD.

    Example: printf 'علي كودك' | cleaning normalise
    """
    from cleaning.recipe import load
    from cleaning.streams import in_one_line, rewrite

    respell = load(recipe).respell
    end, change = (b"\0", respell) if null else (b"\n", in_one_line(respell))
    rewrite(sys.stdin.buffer, sys.stdout.buffer, end, change)


@app.command()
def mask(
    kinds: Annotated[list[str] | None, typer.Option("--kind", help="Mask only this; may be repeated.")] = None,
    null: Annotated[bool, typer.Option("-0", help="Records end with NUL instead of a line feed, in and out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a record: text, spans.")] = False,
) -> None:
    """Write the texts of standard input to standard output with placeholders for what is personal in them.

    Spans are kind, start and end, in characters of the text that came in. Bytes that are no UTF-8 become U+FFFD.

    Example: printf 'تماس: ۰۹۱۲۱۲۳۴۵۶۷' | cleaning mask
    """
    from cleaning.privacy import masker
    from cleaning.streams import rewrite

    rewrite(sys.stdin.buffer, sys.stdout.buffer, b"\0" if null else b"\n", masker(kinds, as_json=as_json))


@app.command()
def apply(
    source: Annotated[
        Path,
        typer.Option(
            "--in",
            help="JSON lines, plain or packed (gzip, bzip2, xz), or Parquet: question and answer, or text; - is stdin.",
        ),
    ],
    target: Annotated[
        Path, typer.Option("--out", help="One judgement a line, in the same order; .gz for gzip, - for stdout.")
    ],
    recipe: RecipeName = "default",
    processes: Processes = 0,
    ray: Annotated[str | None, typer.Option(help="Judge on a Ray cluster: its address, `auto` or `local`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Clean a file without a database: kept, outcome, reason, measure, cluster and the cleaned fields of each record.

    A line that is no record has the reason `not_a_record`, and its measure says why. Where none is one, as in a file
    whose keys have other names, the judgements are written and the command exits 2. Keys are question and answer, or
    text; no other name is taken for one of them.
    Of benchmarks' items only those of registered ones are found: which they are is told on standard error.

    Example: cleaning apply --recipe paper --in pairs.jsonl.gz --out verdicts.jsonl
    """
    from functools import partial

    from cleaning.apply import STANDARD_OUTPUT, Files
    from cleaning.apply import apply as apply_recipe
    from cleaning.cluster import ray_map
    from cleaning.lines import NEEDED, name_of
    from cleaning.processes import available, ordered_map
    from cleaning.progress import counter
    from cleaning.recipe import load

    engine = partial(ray_map, ray) if ray else partial(ordered_map, processes=processes or available())
    loaded = load(recipe)
    _tell_benchmarks(loaded)
    with counter("cleaning") as advance:
        ends = apply_recipe(loaded, Files(source, target), advance, engine)
    counts = sys.stderr if target in STANDARD_OUTPUT else sys.stdout
    if as_json:
        print(json.dumps(dict(ends.most_common()), ensure_ascii=False), file=counts)
    else:
        for end, count in ends.most_common():
            print(f"{count:>9}  {end}", file=counts)
    if ends.wrong:
        raise UsageError(f"no line of {name_of(source)} is a record; of the first: {ends.wrong}. {NEEDED}")


def _tell_benchmarks(recipe: "Recipe") -> None:
    from cleaning.looked_for import told

    if line := told(recipe):
        print(line, file=sys.stderr)


def main() -> NoReturn:
    """Entry point of the `cleaning` command."""
    run(app)
