"""`storage decisions`: what people decided, as files for other tools and from them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help=(
        "What people decided, as files: jsonl, csv, and the formats of Argilla and Label Studio.\n\n"
        "A file holds the records' texts as people see them and as they approved them, with all that is personal in "
        "them, the addresses of their pages, and the names of those who decided. Nothing is masked: keep it as you "
        "keep the database."
    ),
    no_args_is_help=True,
)

Form = "jsonl, csv, argilla or label-studio"


@app.command("export")
def send(
    out: Annotated[Path, typer.Option(help="The file to write; one that is there is replaced when all is written.")],
    form: Annotated[str, typer.Option("--format", help=f"{Form}.")] = "jsonl",
    every: Annotated[
        bool, typer.Option("--all", help="Also what does not count: outranked, undone, blind, gold; jsonl and csv.")
    ] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Also records that nobody decided about, to ask people elsewhere.")
    ] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Begin with the mark by which spreadsheets know UTF-8.")] = False,
) -> None:
    """Write the decisions that count. Texts are not masked: the file holds what is personal in them, and names.

    Example: storage decisions export --format csv --bom --out decisions.csv
    """
    from storage.exchange.leaving import Wanted
    from storage.exchange.outgoing import Outgoing

    outgoing = Outgoing(form, Wanted(every, waiting), bom)
    outgoing.save(out)
    print(f"{outgoing.rows} records in {out}")


@app.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="What `export`, Argilla or Label Studio wrote.")],
    form: Annotated[
        str | None, typer.Option("--format", help=f"{Form}; needed for .json, which two of them are.")
    ] = None,
    stead: Annotated[
        str | None, typer.Option("--as", help="The user whose decisions those of people unknown here become.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, change nothing.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the rest where something is wrong; else nothing is taken.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")] = False,
) -> None:
    """Take the decisions of a file; the same file twice changes nothing. They count at once, without a second vote.

    A decision is taken where it is about the text that the record has now, and no later one stands. What is wrong is
    told place by place; then nothing is taken and the command exits 2, unless --skip-bad says otherwise.

    Example: storage decisions import decisions.csv --as maryam --dry-run
    """
    from storage.exchange.incoming import Incoming, told

    report = Incoming(form, stead, skip_bad, dry_run).load(file)
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
        return
    for line in told(report):
        print(line)
    would = "would be " if dry_run else ""
    counted = f"{report.taken} {would}taken, {report.same} there already, {report.undecided} undecided"
    print(f"{counted}, {report.left_out} undone, blind or gold left out, {len(report.wrong)} wrong")
