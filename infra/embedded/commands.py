"""`infra up` and `infra down` as a person sees them."""

import typer

from infra.embedded import control
from storage.settings import settings


def up() -> None:
    """Start what is not running, telling each step on standard error."""
    if not control.wanted(settings()):
        typer.echo("nothing to start: TABIB_DATABASE_URL and TABIB_REDIS_URL name servers of your own")
        return
    before = control.endpoints(settings())
    found = control.up(settings(), lambda line: typer.echo(f"{line} …", err=True))
    servers = " and ".join(f"{name} {version}" for name, version in (found.versions or {}).items())
    typer.echo(f"{'already up' if before else 'up'}: {servers} (data: {found.root})")


def down() -> None:
    """Stop the services and say whether any ran."""
    typer.echo("down" if control.down(settings()) else "nothing was running")
