"""Commands of `cleaning` about what is trained here: specialities, and a quality score that learns from reviews."""

import json
from typing import Annotated, Any, Literal

import typer

speciality = typer.Typer(help="Models that tell the field of medicine.", no_args_is_help=True)
quality = typer.Typer(help="Models that learn from reviewers.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="The recipe whose cleaned texts and figures are used.")]
Kind = Annotated[Literal["qa", "article"], typer.Option("--kind", help="Pairs or articles.")]


@speciality.command("train")
def train_speciality(as_json: AsJson = False) -> None:
    """Learn specialities from every stored pair whose site names one; print the model and how often it is right.

    A recipe names the model by its file: `speciality: {model: FILE}`. Without one the seed words decide.

    Example: cleaning speciality train
    """
    from cleaning.medical.training import train_from_sites
    from storage import schema

    schema.require_head()
    _print_model(train_from_sites(), as_json)


@quality.command("train")
def train_quality(
    kind: Kind = "qa",
    recipe: RecipeName = "default",
    texts_only: Annotated[bool, typer.Option(help="Look at texts alone, as a recipe's step must.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from the decisions of reviewers which records they approve; print the model and what its word is worth.

    The same decisions on the same texts give the same model. `cleaning quality order` lets it order the review queue;
    a recipe's step `quality_score` may pass or drop by a model trained with --texts-only, above a certainty that it
    states.

    Example: cleaning quality train --kind qa
    """
    from cleaning.quality.work import train
    from storage import schema

    schema.require_head()
    _print_model(train(kind, recipe=recipe, texts_only=texts_only), as_json)


@quality.command()
def order(kind: Kind = "qa", recipe: RecipeName = "default") -> None:
    """Order the review queue by how much a person's decision would teach the model trained last.

    One record in ten has a random place, so that what the model is worth can be told for the whole queue.

    Example: cleaning quality order --kind qa
    """
    from cleaning.progress import counter
    from cleaning.quality.work import order_queue
    from storage import schema

    schema.require_head()
    with counter("ordering the queue") as advance:
        changed = order_queue(kind, advance, recipe=recipe)
    print(f"{changed} records have another place in the queue")


def models(as_json: AsJson = False) -> None:
    """List the models trained here, newest first, with the file that a recipe names each by.

    Example: cleaning models
    """
    from storage import db, schema, trained

    schema.require_head()
    with db.session() as session:
        rows = trained.listed(session)
    for row in rows:
        _print_model(row, as_json)


def _print_model(row: Any, as_json: bool) -> None:
    named = {name: getattr(row, name) for name in ("name", "kind", "version", "blob", "bytes", "metrics")}
    if as_json:
        print(json.dumps(named, ensure_ascii=False))
        return
    print(f"{row.name}  file {row.blob}  version {row.version[:16]}  {row.bytes} bytes")
    for name, value in row.metrics.items():
        print(f"  {name}: {value}")
