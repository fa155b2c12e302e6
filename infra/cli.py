"""The `infra` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("infra", "What runs the stages: embedded services, worker, admin, stand-in sites, the demo.")


def main() -> NoReturn:
    """Entry point of the `infra` command."""
    run(app)
