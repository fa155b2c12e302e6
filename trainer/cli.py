"""The `trainer` command."""

import json
from pathlib import Path
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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the recipe's newest run, of --snapshot if given.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and tell everything, change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Freeze what is kept, train both stages on it, and register the run.

    In the data folder it leaves runs/NAME with `merged`, the model, its card and loss plots; `adapter`, one of each
    stage; `logs`, a line of JSON a logging step; `tensorboard`, the same for `tensorboard --logdir`; and `run.json`.

    The same recipe on the same snapshot is the same run: interrupted, it is gone on with; finished, it is recognised.

    Example: trainer export-and-train --recipe tiny
    """
    from storage.errors import UsageError
    from trainer import extra
    from trainer.request import Request

    if export and (snapshot or resume):
        raise UsageError("--export makes a new snapshot: give it without --snapshot and --resume")
    request = Request(recipe, snapshot, export, cleaning_recipe, model, resume, dry_run, split)
    request.take_snapshot(request.read_recipe())
    extra.require()
    extra.settle()
    from trainer import ranks, report, train
    from trainer.progress import Reporter

    state = train.export_and_train(request, Reporter())
    if ranks.is_first():
        print(json.dumps(state, ensure_ascii=False, indent=1) if as_json else report.told(state))


@app.command()
def plan(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of its .yaml file.")],
    gpu: Annotated[str, typer.Option(help="The card: a100-40gb, h100, rtx4090, …")] = "a100-40gb",
    snapshot: Annotated[str | None, typer.Option(help="Measure lengths on it [else the paper's figures].")] = None,
    model: Annotated[str | None, typer.Option(help="Plan with this model instead: a folder or a hub id.")] = None,
    utilisation: Annotated[float | None, typer.Option(help="Share of the peak that real tokens take [stated].")] = None,
    real_share: Annotated[float | None, typer.Option(help="Real tokens among the slots [from the lengths].")] = None,
    price: Annotated[float | None, typer.Option(help="Price of one card for an hour.")] = None,
    gpus: Annotated[int | None, typer.Option(help="So many cards of one machine [the fewest it can do with].")] = None,
    as_json: Json = False,
) -> None:
    """Tell what a training takes before it is paid for: tokens, FLOPs, memory, time, energy. Needs no weights.

    Example: trainer plan paper --gpu a100-40gb
    """
    from trainer import extra
    from trainer.plan.asked import Asked
    from trainer.plan.gpus import named
    from trainer.recipe import load

    asked = Asked(recipe, named(gpu), snapshot, model, utilisation, real_share, price, gpus)
    asked.check()
    found = asked.take_snapshot(load(recipe, libraries=False))
    extra.require()
    extra.settle()
    from trainer import quiet
    from trainer.plan import planning, table

    quiet.hush()
    made = planning.plan(asked, found)
    print(json.dumps(made, ensure_ascii=False, indent=1) if as_json else table.told(made))


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
        else "\n".join(f"{n:<10} {a}" for n, a in about.items())
    )


@app.command()
def show(recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of its .yaml file.")]) -> None:
    """Print a recipe, with its hash; one of your own is checked as before a training.

    Example: trainer show paper
    """
    from trainer import extra
    from trainer.recipe import load

    own = recipe.endswith(".yaml")
    if own:
        load(recipe, libraries=False)
        extra.require()
    found = load(recipe, libraries=own)
    print(f"# sha256 {found.sha256}\n{found.text}", end="")


@app.command()
def inspect(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of its .yaml file.")],
    snapshot: Annotated[str, typer.Option(help="A snapshot's name, hash or folder.")],
    model: Annotated[str | None, typer.Option(help="Whose tokenizer [the recipe's]: a folder or a hub id.")] = None,
    stage: Annotated[str | None, typer.Option(help="The stage's name [the first].")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Show so many rows, or packs.")] = 1,
    as_json: Json = False,
) -> None:
    """Show what a stage trains on, token by token: text, mask, bounds and positions of its documents.

    The rows are those that the training reads, before it shuffles them. Coloured on a terminal, unless NO_COLOR is set.

    Example: trainer inspect tiny --snapshot autumn --stage pairs --rows 3
    """
    from trainer import extra, source
    from trainer.recipe import load

    load(recipe, libraries=False)
    frozen = source.taken(snapshot)
    extra.require()
    extra.settle()
    from trainer import forgotten, inspected, inspection, quiet

    for line in forgotten.warnings(frozen.sha256):
        typer.echo(f"trainer: {line}", err=True)
    quiet.hush()
    found = inspection.inspect(load(recipe), frozen, inspection.Wanted(stage, rows, model))
    if as_json:
        print(json.dumps(inspected.as_json(found), ensure_ascii=False))
    else:
        inspected.show(found)


@app.command()
def runs(as_json: Json = False) -> None:
    """List the runs of the database, the newest first.

    Example: trainer runs --json
    """
    from trainer import report

    rows = report.runs()
    print(json.dumps(rows, ensure_ascii=False, indent=1) if as_json else report.runs_table(rows))


@app.command()
def lineage(
    place: Annotated[str, typer.Argument(help="A run's name, or the path of a run, model, adapter or checkpoint.")],
    as_json: Json = False,
) -> None:
    """Tell what a model was made of: snapshot, recipe, code, packages, seed, hardware, energy, what was forgotten.

    Where data it learned from was forgotten, its card is brought to say so.

    Example: trainer lineage tiny-0d3ab1c5-91e2f0
    """
    from trainer import forgotten, lineage_told, whereabouts
    from trainer import lineage as lineages

    folder = whereabouts.run_or_part(place)
    found = lineages.of(folder)
    marked = forgotten.of_run(found["run"], snapshots=found["snapshots"])
    forgotten.put_on_card(whereabouts.model_of(folder), marked)
    if as_json:
        print(json.dumps(found | {"forgotten": marked}, ensure_ascii=False, indent=1))
    else:
        print(lineage_told.told(found, marked))


@app.command()
def verify(
    place: Annotated[str, typer.Argument(help="A run's name, or the path of a run, model, adapter or checkpoint.")],
    as_json: Json = False,
) -> None:
    """Compute every hash again from the files: snapshot, base, adapters, model, tokenizer, card, the run's row.

    Each is right, wrong or absent; a snapshot, base or row that is not at hand is no damage. Ends with exit code 6
    where a file is not what it was, naming each. The card is brought to say what was forgotten since, and which scores
    the model got.

    Example: trainer verify tiny-0d3ab1c5-91e2f0
    """
    from trainer import forgotten, scored, whereabouts
    from trainer import verify as verifying

    folder = whereabouts.run_or_part(place)
    found = verifying.verify(folder)
    forgotten.put_on_card(whereabouts.model_of(folder), found["forgotten"])
    told = verifying.as_json(found)
    print(json.dumps(told, ensure_ascii=False, indent=1) if as_json else verifying.told(found))
    if damage := verifying.damage(found):
        raise damage
    scored.put_on_card(whereabouts.model_of(folder))


@app.command()
def register(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished run that was trained elsewhere.")],
    move: Annotated[bool, typer.Option("--move", help="Move it instead of copying it.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a run home that was trained without this database: check it, copy it whole to the other runs, add its row.

    Its snapshot must be known here, or lie among the snapshots of the data folder. Running it twice is the same.

    Example: trainer register /mnt/gpu-box/runs/paper-0d3ab1c5-91e2f0
    """
    from trainer import home, verify

    arrived = home.bring(folder, move)
    found = verify.as_json(arrived.found) | {"brought": arrived.brought}
    how = "brought home and registered" if arrived.brought else "was here already, registered"
    told = f"{verify.told(arrived.found)}\n{how}: {arrived.run.path}"
    print(json.dumps(found, ensure_ascii=False, indent=1) if as_json else told)


@app.command()
def chat(
    run: Annotated[str, typer.Argument(help="A finished run's name, or the folder of a run or of a model.")],
    once: Annotated[str | None, typer.Option(help="Answer this one question and end.")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Cut an answer after so many tokens.")] = 512,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="0 takes the likeliest token each time.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Repeats an answer drawn at a temperature.")] = 0,
    as_json: Json = False,
) -> None:
    """Talk to a model: a line is a question, its answer is written as it comes. For research, never for a patient.

    Ctrl-D ends it (exit 0), Ctrl-C too (exit 130). With --json an answer is one line, when it is finished.

    Example: trainer chat tiny-0d3ab1c5-91e2f0 --once "تب دارم، چه کنم؟"
    """
    from trainer import extra, forgotten
    from trainer.after import chosen

    found = chosen.model(run)
    extra.require()
    extra.settle()
    forgotten.tell(found.name, found.folder)
    from trainer import quiet
    from trainer.after.chat import Chat, converse
    from trainer.after.speaker import Asking, opened

    quiet.hush()
    converse(Chat(opened(found), Asking(max_new_tokens, temperature, seed=seed), as_json), once)


@app.command()
def serve(
    run: Annotated[str, typer.Argument(help="A finished run's name, or the folder of a run or of a model.")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Listen here on loopback; 0 takes a free one.")] = 8009,
) -> None:
    """Serve a model to OpenAI's clients and to a page in the browser, on this machine alone. Ctrl-C ends it (exit 130).

    POST /v1/chat/completions, streamed or whole, and GET /v1/models, by the server of transformers: no logprobs, no
    JSON mode, no tools, no `stop`, one answer a request; what asks for them is refused.

    Example: trainer serve tiny-0d3ab1c5-91e2f0 --port 8009
    """
    from trainer import extra, forgotten
    from trainer.after import chosen, needs

    found = chosen.model(run)
    extra.require()
    needs.require()
    extra.settle()
    forgotten.tell(found.name, found.folder)
    from trainer import quiet
    from trainer.after import serve as serving
    from trainer.after.speaker import opened

    with serving.listener(port) as listener:
        quiet.hush()
        server = serving.server(opened(found))
        typer.echo(f"http://{serving.LOOPBACK}:{listener.getsockname()[1]}/ answers for {found.name}")
        server.run(sockets=[listener])


@app.command()
def port(
    run: Annotated[str, typer.Argument(help="A finished run's name or folder.")],
    out: Annotated[Path, typer.Option(help="The folder to write the adapter to; it must not exist.")],
    to: Annotated[str, typer.Option(help="The target's kind: `aya-vision`.")] = "aya-vision",
    into: Annotated[
        str | None, typer.Option(help="The target model: a folder or a hub id [CohereForAI/aya-vision-8b].")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where the shapes fit but the target computes else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Carry a run's adapter, its stages in one, to the language model inside a vision model.

    Shapes must fit. Where the target's language model is built otherwise than the run's base, as that of aya-vision-8b
    is (Cohere2, the base is Cohere), nothing promises that the adapter helps there: --anyway writes it, to be measured.

    Example: trainer port paper-0d3ab1c5-91e2f0 --to aya-vision --into models/aya-vision-8b --out ported
    """
    from trainer import extra, forgotten
    from trainer.after import chosen

    found = chosen.run(run)
    extra.require()
    extra.settle()
    forgotten.tell(found.name, found.merged)
    from trainer import quiet
    from trainer.after import port as porting

    quiet.hush()
    report = porting.port(found, porting.target(to, into), out, anyway)
    print(json.dumps(report, ensure_ascii=False, indent=1) if as_json else porting.told(report, out))


def main() -> NoReturn:
    """Entry point of the `trainer` command."""
    run(app)
