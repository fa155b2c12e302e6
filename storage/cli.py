"""The `storage` command."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run
from storage.errors import UsageError
from storage.exchange import cli as decisions

app = command_line("storage", "Rows, raw pages and immutable exports: what every other command reads and writes.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]

app.add_typer(decisions.app, name="decisions")


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="A revision, `head` for the newest, `base` for an empty database.")] = "head",
    down: Annotated[bool, typer.Option("--down", help="Go back to --to instead of forward; loses its tables.")] = False,
) -> None:
    """Bring the database's tables to the newest version.

    Example: storage migrate
    """
    from storage import schema

    if (down and to == "head") or (to == "base" and not down):
        raise UsageError("going back loses tables: it takes both --down and --to REVISION")
    before = schema.current()
    after = schema.downgrade(to) if down else schema.upgrade(to)
    print(f"schema: {before or 'empty'} → {after or 'empty'}")


@app.command()
def documents(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only qa (pairs) or article.")] = None,
    state: Annotated[str | None, typer.Option(help="Only new, kept, dropped, review, approved or rejected.")] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Print the cleaned texts, of what the recipe has seen.")
    ] = False,
    recipe: Annotated[
        str | None, typer.Option(help="The recipe whose cleaned texts --clean prints; else `default`.")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line; else a short table.")] = False,
) -> None:
    """Print documents as read from their pages.

    Example: storage documents --source drhast --kind qa --jsonl > drhast.jsonl
    """
    from storage import listing

    if recipe and not clean:
        raise UsageError("--recipe chooses among cleaned texts: give --clean with it")
    rows = listing.documents(listing.Filter(source, kind, state, recipe or "default" if clean else None))
    if not jsonl:
        listing.print_table(rows)
        return
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@app.command()
def stats(as_json: Json = False) -> None:
    """Count what is stored: pages and documents per source, verdicts per recipe, snapshots, runs, scores.

    Example: storage stats --json
    """
    from storage import listing

    figures = listing.stats()
    if as_json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        listing.print_stats(figures)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="What to call the snapshot.")],
    recipe: Annotated[str, typer.Option(help="The cleaning recipe whose verdicts count.")] = "default",
    split: Annotated[str, typer.Option(help="`grouped`, by what pairs have in common, or `paper`, by source.")] = (
        "grouped"
    ),
    as_json: Json = False,
) -> None:
    """Freeze what is kept into an immutable folder: Parquet, manifest, dataset card.

    The manifest and the card say what dev and test have in common with train, counted.

    Example: storage export october
    Example: storage export as-in-the-paper --recipe paper --split paper
    """
    from storage import db, listing, schema, selection, snapshots, splits

    rule = splits.rule_named(split)
    schema.require_head()
    with db.session(repeatable=True) as session:
        snapshot = snapshots.freeze(session, name, selection.recipe_named(session, recipe), rule)
        place, manifest = snapshots.folder(snapshot), snapshot.manifest
    if as_json:
        print(json.dumps({"name": name, "folder": str(place), **manifest}, ensure_ascii=False, indent=1))
        return
    print(f"snapshot {name}: {manifest['sha256']}\nin {place}")
    for path, file in manifest["files"].items():
        print(f"  {file['rows']:>8} rows  {path}")
    for line in listing.told_split(manifest):
        print(f"  {line}")


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="The folder of a snapshot.")]) -> None:
    """Check every file of a snapshot against its manifest; exits 6 when one differs.

    Example: storage verify var/snapshots/0f3a5c1b2d4e6f70
    """
    from storage import snapshots

    manifest = snapshots.verify(folder)
    print(f"{len(manifest['files'])} files match the manifest {manifest['sha256']}")


@app.command()
def forget(
    what: Annotated[
        str | None,
        typer.Argument(
            help="An address, one with a closing * for all that begin so, or a document's id or its beginning."
        ),
    ] = None,
    holding: Annotated[
        str | None, typer.Option("--text", help="Instead: every record that holds this text, as a number or a name.")
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Who asked, and when; kept in the audit trail.")
    ] = "asked to be forgotten",
    single: Annotated[
        bool, typer.Option("--single", help="Leave the other answers of a record, which repeat its question.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, change nothing.")] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Write the tables anew too; all else waits for that.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove a record everywhere but the audit trail, never to be fetched again; list the exports that hold it.

    Without an argument it finishes what an earlier one left, as on a machine that has other files of the archive.

    Example: storage forget https://drhast.com/q/123 --reason 'mail of 2026-11-20'
    """
    from storage import schema
    from storage.forgetting import command

    schema.require_head()
    options = command.Options(reason, single, yes, dry_run, compact, as_json)
    command.run(what, holding, options)


def main() -> NoReturn:
    """Entry point of the `storage` command."""
    run(app)
