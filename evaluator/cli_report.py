"""The `evaluator report` command."""

import os
from pathlib import Path
from typing import Annotated

import typer

from storage.errors import UsageError

PAGE = Path("report.html")


def report(
    out: Annotated[
        Path | None, typer.Option(help="The HTML file to write; report.html, if no --folder is given.")
    ] = None,
    of: Annotated[
        str | None, typer.Option("--run", help="The run of the page; else the one that finished last.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="A new folder, or an older report's, for all systems side by side.")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="A system of the folder: RUN, RUN/base, a folder's name, or its hash; may be repeated."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The one that the others are tested against; else the first, or the accepted.")
    ] = None,
    pipeline: Annotated[
        list[str] | None, typer.Option(help="A system that is a pipeline, for table IV; may be repeated.")
    ] = None,
) -> None:
    """Write one self-contained HTML page: corpus, cleaning, training, scores, and what they do not show.

    With --folder, write instead how systems compare, in the paper's form and filled from all answers and verdicts that
    are stored: table III (pipelines: table IV) as table3.tex and table3.csv, figure 3 (4) of win rates as figure3.png,
    .svg and .csv, and index.html with both, every test, pass marks and what none of it shows; below items/ each item
    with what every system chose and wrote. Nothing is asked. MODEL@SETTINGS, the beginning of a settings' hash, chooses
    how a system was asked; else it is the way that most of the systems were asked in. With --out too, both are written.

    Example: evaluator report --run tiny-1 --out report.html
    """
    if folder is None and (system or reference or pipeline):
        raise UsageError("--system, --reference and --pipeline say what stands in a folder: give --folder too")
    if folder is None or out is not None or of is not None:
        from evaluator.report import write

        typer.echo(os.fsencode(write(out or PAGE, of)))  # a name may be no UTF-8
    if folder is not None:
        from evaluator.listing import bars
        from evaluator.report import paper

        with bars() as progress:
            (index, *_) = paper.write(folder, paper.Wanted(system or (), reference, pipeline or ()), progress)
        typer.echo(os.fsencode(index))
