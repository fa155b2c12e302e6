"""The `infra` command."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run

app = command_line("infra", "What runs the stages: embedded services, worker, admin, stand-in sites, the demo.")


Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


@app.command()
def up(
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, and stop the services when ended.")] = False,
) -> int:
    """Start PostgreSQL and Valkey for this data folder and migrate the database; they run until `infra down`.

    A server whose address is in the environment (TABIB_DATABASE_URL, TABIB_REDIS_URL) is left to its owner.

    Example: infra up
    """
    from infra.embedded import commands

    return commands.up(foreground)


@app.command()
def down() -> None:
    """Stop the embedded services of this data folder; what was committed stays.

    Example: infra down
    """
    from infra.embedded import commands

    commands.down()


@app.command()
def status(as_json: Json = False) -> int:
    """Tell what runs, where its data and sockets are, and whether it answers. Exit status 3 when it is not up.

    Example: infra status --json
    """
    from infra.embedded import commands

    return commands.status(as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Examine this machine and say what to do about each finding. Exit status 1 when one stops the work.

    Example: infra doctor
    """
    from infra import doctor

    return doctor.report(as_json)


@app.command()
def replica(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one and prints it.")] = 8765,
    host: Annotated[
        str, typer.Option(help="127.0.0.1, and no other: it answers to the names of real sites.")
    ] = "127.0.0.1",
    records: Annotated[Path | None, typer.Option(help="A folder of *.jsonl[.gz] pairs; else the own sample.")] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="Print what a perfect crawl stores, as JSON, and exit.")
    ] = False,
) -> None:
    """Play the five sites on a loopback port, told apart by the Host header, until Ctrl-C.

    Exits 2 naming file and line where --records holds a row that is no pair of a known site.

    Example: infra replica --port 8765
    """
    from infra.replica import command

    command.replica(host, port, records, only_list)


def main() -> NoReturn:
    """Entry point of the `infra` command."""
    run(app)
