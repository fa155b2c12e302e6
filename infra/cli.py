"""The `infra` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("infra", "What runs the stages: embedded services, worker, admin, stand-in sites, the demo.")


@app.command()
def up() -> None:
    """Start PostgreSQL and Valkey for this data folder and migrate the database; they run until `infra down`.

    A service whose address is in the environment (TABIB_DATABASE_URL, TABIB_REDIS_URL) is left to its owner.

    Example: infra up
    """
    from infra.embedded import commands

    commands.up()


@app.command()
def down() -> None:
    """Stop the embedded services of this data folder; what was committed stays.

    Example: infra down
    """
    from infra.embedded import commands

    commands.down()


def main() -> NoReturn:
    """Entry point of the `infra` command."""
    run(app)
