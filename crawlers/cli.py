"""The `crawlers` command."""

from typing import NoReturn

from storage.command import command_line, run

app = command_line("crawlers", "Five sites, one frontier: polite spiders that hand every page to storage.")


def main() -> NoReturn:
    """Entry point of the `crawlers` command."""
    run(app)
