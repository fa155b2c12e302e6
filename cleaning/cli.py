"""The `cleaning` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("cleaning", "Documents in, verdicts out: recipes of transforms and filters, every drop with its reason.")


def main() -> NoReturn:
    """Entry point of the `cleaning` command."""
    run(app)
