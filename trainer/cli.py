"""The `trainer` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("trainer", "A snapshot in, a tuned model out: both LoRA stages from one recipe.")


def main() -> NoReturn:
    """Entry point of the `trainer` command."""
    run(app)
