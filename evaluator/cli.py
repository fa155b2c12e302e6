"""The `evaluator` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("evaluator", "Benchmarks, statistics and the report.")


def main() -> NoReturn:
    """Entry point of the `evaluator` command."""
    run(app)
