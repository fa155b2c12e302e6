"""The `crawlers` command."""

import json
from typing import Annotated, NoReturn

import typer

from storage.command import command_line, run

app = command_line("crawlers", "Five sites, one frontier: polite spiders that hand every page to storage.")


@app.command()
def crawl(
    name: Annotated[str, typer.Argument(help="A site of `crawlers list`, or all.")],
    connect_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST=URL",
            help="Send a site's traffic to URL while addresses and records keep the real names; *=URL for all sites.",
        ),
    ] = None,
    delay: Annotated[float, typer.Option(help="Seconds between two requests to a host, all processes together.")] = 1.0,
    processes: Annotated[int, typer.Option(help="Spider processes that share the work.")] = 1,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is left to fetch.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Crawl a site, or go on where a crawl was interrupted.

    Where nothing waits a new round begins: listings are fetched again, records already stored are not, those without
    an answer and those that failed are. Without --until-idle the crawl then waits for work until Ctrl-C.

    Exit codes: 0 done; 1 a site gave fewer documents than it must, or a tenth of its pages could not be read; 2 wrong
    usage; 3 PostgreSQL or Redis away; 4 disk full; 130 interrupted. Whatever was committed is kept, and the same
    command goes on.

    Example: crawlers crawl all --connect-to '*=http://127.0.0.1:8800' --delay 0 --until-idle
    """
    from dataclasses import replace

    from crawlers import progress
    from crawlers import run as crawling

    asked = replace(crawling.plan(name, connect_to or [], delay, processes), until_idle=until_idle)
    progress.crawl(asked, as_json)


@app.command("list")
def list_sites(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")] = False,
) -> None:
    """List the sites that can be crawled, and how each one's records are found.

    Example: crawlers list
    """
    from crawlers.spiders import sites

    rows = [
        {"name": s.name, "kind": s.kind, "host": s.hosts[0], "aliases": list(s.aliases), "at_least": s.at_least}
        for s in sites().values()
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    print(f"{'name':<12}{'kind':<10}{'host':<18}also")
    for s in sites().values():
        print(f"{s.name:<12}{s.kind:<10}{s.hosts[0]:<18}{', '.join(s.aliases)}".rstrip())


def main() -> NoReturn:
    """Entry point of the `crawlers` command."""
    run(app)
