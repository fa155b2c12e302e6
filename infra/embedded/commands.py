"""`infra up`, `down` and `status` as a person, or a machine, sees them."""

import json

import typer
from rich.console import Console

from infra.embedded import control
from infra.embedded.places import root_of
from infra.embedded.process import DIES_WITH_PARENT
from infra.embedded.state import State, state
from storage.errors import TabibError
from storage.settings import settings

DOWN = 3  # exit status of `infra status`


def up(foreground: bool) -> int:
    """Start what is not running, telling each step on a terminal."""
    chosen = settings()
    if not control.wanted(chosen):
        typer.echo("nothing to start: TABIB_DATABASE_URL and TABIB_REDIS_URL name servers of your own")
        return 0
    before = control.endpoints(chosen)
    if before and foreground:
        raise TabibError("the services run already, in the background: run `infra down` first")
    console = Console(stderr=True)
    with console.status("looking for the services") as step:
        found = control.up(chosen, step.update, tied=foreground)
    servers = " and ".join(f"{name} {version}" for name, version in found.versions.items())
    typer.echo(f"{'already up' if before else 'up'}: {servers}, data in {root_of(control.services_of(chosen))}")
    if not DIES_WITH_PARENT:
        typer.echo("note: on this system the servers outlive a killed supervisor until the next `infra up`", err=True)
    return control.wait_while_tied(chosen) if foreground else 0


def down() -> None:
    """Stop the services and say whether any ran."""
    typer.echo("down" if control.down(settings()) else "nothing was running")


def status(as_json: bool) -> int:
    """Print what runs; the exit status tells too."""
    found = state(settings())
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1))
    else:
        _print(found)
    return 0 if found.up else DOWN


def _print(found: State) -> None:
    typer.echo(f"{'up' if found.up else 'not up'}: data folder {found.home}")
    if found.supervisor:
        typer.echo(f"supervisor  pid {found.supervisor}, account {found.account or 'your own'}")
    for server in found.servers:
        answers = "answers" if server.answers else "does not answer"
        told = f"{server.name:<10}  {answers}, {server.version or 'version unknown'}"
        typer.echo(told + (f", pid {server.pid}" if server.pid else ""))
        typer.echo(f"            {server.address}")
        if server.folder:
            typer.echo(f"            data {server.folder}, {(server.bytes or 0) / 1e6:.1f} MB")
    if not found.up:
        typer.echo("start the services with `infra up`" if not found.servers else f"logs: {found.logs}")
