"""The `crawlers` command."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from storage.command import command_line, run
from storage.errors import TabibError, UsageError

app = command_line("crawlers", "Fourteen sites, one frontier: polite spiders that hand every page to storage.")

Name = Annotated[str, typer.Argument(help="A site of `crawlers list`, or all.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]
ConnectTo = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOST=URL",
        help="Send a site's traffic to URL while addresses and records keep the real names; *=URL for all sites.",
    ),
]


@app.command()
def crawl(
    name: Name,
    connect_to: ConnectTo = None,
    delay: Annotated[
        float, typer.Option(help="Seconds between two requests to a host, the whole farm together.")
    ] = 1.0,
    processes: Annotated[int, typer.Option(help="Spider processes that share the work.")] = 1,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is left to fetch.")] = False,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Ask for everything known again, as if it were due.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Crawl a site, or go on where a crawl was interrupted.

    Where nothing waits a new round begins: the newest listings are fetched again, as far as they name new records;
    records are when they are due, sooner the more often they changed; those without an answer and those that failed
    are. Without --until-idle the crawl then waits for work, with a round every six hours, until Ctrl-C or
    `crawlers stop`.

    Exit codes: 0 done; 1 a site gave fewer documents than it must, or a tenth of its pages could not be read; 2 wrong
    usage; 3 PostgreSQL or Redis away; 4 disk full; 130 interrupted. Whatever was committed is kept, and the same
    command goes on.

    Example: crawlers crawl all --connect-to '*=http://127.0.0.1:8800' --delay 0 --until-idle
    """
    from dataclasses import replace

    from crawlers import logs, progress
    from crawlers import run as crawling
    from storage.settings import settings

    logs.configure(settings().log_level, settings().log_format)
    asked = crawling.plan(name, connect_to or [], delay, processes)
    progress.crawl(replace(asked, until_idle=until_idle, recheck=recheck), as_json)


@app.command("list")
def list_sites(as_json: Json = False) -> None:
    """List the sites that can be crawled, and how each one's records are found.

    Example: crawlers list
    """
    from crawlers.spiders import sites

    rows = [
        {"name": s.name, "kind": s.kind, "host": s.hosts[0], "aliases": list(s.aliases), "at_least": s.at_least}
        for s in sites().values()
    ]
    if as_json:
        _print_json(rows)
        return
    print(f"{'name':<16}{'kind':<10}{'host':<22}also")
    for s in sites().values():
        print(f"{s.name:<16}{s.kind:<10}{s.hosts[0]:<22}{', '.join(s.aliases)}".rstrip())


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="A site of `crawlers list`, or all.")] = "all",
    watch: Annotated[bool, typer.Option("--watch", help="Show it live, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show how the crawl of each site stands: addresses by state, rate, delay, workers, time to finish.

    Addresses are discovered (waiting), leased, stored, unchanged (visited again, the same), excluded by a rule, or
    failed. A lease shorter than four seconds is only in Redis; both are counted here.

    Example: crawlers status drhast --watch
    """
    from crawlers import terminal

    if watch:
        terminal.watch(name)
        return
    found = terminal.statuses(name)
    if as_json:
        _print_json([vars(s) for s in found])
    else:
        terminal.show(found)


@app.command()
def verify(name: Name, as_json: Json = False) -> None:
    """Print the account of a crawl; exits 0 only if nothing is pending, leased or unexplained, else 1.

    Example: crawlers verify drhast
    """
    from crawlers import account, control
    from storage import redis

    with redis.translated_errors():
        found = [account.account(queue) for queue in control.queues(name)]
    if as_json:
        _print_json([vars(a) for a in found])
    for a in [] if as_json else found:
        states = ", ".join(f"{count:,} {state}" for state, count in a.states.items())
        print(f"{a.site}: {a.addresses:,} addresses: {states}; {a.pages:,} pages in {a.archive_files} archive files")
        for why, causes in (("failed", a.causes), ("excluded", a.rules)):
            for cause, count in causes.items():
                print(f"    {why}: {count:,} × {cause}")
    if faults := [f"{a.site}: {fault}" for a in found for fault in a.faults]:
        raise TabibError("; ".join(faults))


@app.command()
def rebuild(name: Name) -> None:
    """Make the frontier in Redis anew from PostgreSQL's ledger, as after Redis was wiped; nothing is fetched twice.

    A running crawl may go on meanwhile: what it is fetching at this moment is fetched again.

    Example: crawlers rebuild drhast
    """
    from crawlers import control, rounds, terminal
    from storage import redis

    with redis.translated_errors():
        for queue in control.queues(name):
            with terminal.progress(f"{queue.spider.name}: addresses") as told:
                waiting = rounds.rebuild(queue, told)
            print(f"{queue.spider.name}: the frontier is built, {waiting:,} addresses wait")


@app.command()
def coverage(name: Name, as_json: Json = False) -> None:
    """Estimate how many records exist beyond those found, with a 95 % interval, from how records link to each other.

    Example: crawlers coverage drhast
    """
    from crawlers import completeness

    found = completeness.coverage(name)
    if as_json:
        _print_json([{"site": site} | vars(c) | {"unreachable": c.unreachable} for site, c in found.items()])
        return
    for site, c in found.items():
        print("\n    ".join([f"{site}: {c.sentences()[0]}", *c.sentences()[1:]]))


@app.command()
def health(
    name: Annotated[str, typer.Argument(help="A site of `crawlers list`, or all.")] = "all",
    accept: Annotated[
        bool, typer.Option("--accept", help="Trust the reader: what was told was a false alarm.")
    ] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Print Prometheus' text format.")] = False,
    as_json: Json = False,
) -> None:
    """Show whether each site's reader still finds what records must have; exits 1 where one does not.

    What a broken reader makes is kept apart from cleaning and export; the archive is not touched. Mend the reader,
    then `crawlers reparse NAME --write`.

    Example: crawlers health drhast
    """
    from rich.console import Console

    from crawlers import checkup, control, reparse
    from storage import redis

    with redis.translated_errors():
        queues = control.queues(name)
        for queue in queues if accept else ():
            reparse.write(queue, reparse.Difference())  # what was kept apart is read by the reader that is trusted now
        found = [checkup.checkup(queue) for queue in queues]
    if metrics:
        sys.stdout.write(checkup.metrics(found))
    elif as_json:
        _print_json([vars(h) | {"sound": h.sound} for h in found])
    else:
        Console(width=160).print(checkup.table(found))
    if broken := [h.site for h in found if not h.sound]:
        raise TabibError(
            f"the readers of {', '.join(broken)} are broken: mend them, then `crawlers reparse NAME --write`"
        )


@app.command()
def reparse(
    name: Name,
    write: Annotated[bool, typer.Option("--write", help="Store what today's reader makes of the pages.")] = False,
) -> None:
    """Read the archive again with today's readers, without network, and show what would change, field by field.

    With --write it is stored after it is shown, and a reader that was taken for broken is trusted again. Exits 6 where
    a record of the archive is damaged; all others are read.

    Example: crawlers reparse drhast --write
    """
    from crawlers import control, terminal
    from crawlers import reparse as again
    from storage import redis
    from storage.errors import DataDamaged

    damaged: list[str] = []
    for queue in control.queues(name):
        with terminal.progress(f"{queue.spider.name}: pages") as told:
            found = again.compare(type(queue.spider), told)
        print("\n".join([f"{queue.spider.name}:", *again.lines(found)]))
        damaged += found.damaged.values()
        if write:
            with redis.translated_errors(), terminal.progress(f"{queue.spider.name}: documents") as told:
                print(f"{again.write(queue, found, told):,} documents written")
    if damaged:
        hint = "they wait to be fetched again" if write else "with --write they are fetched again by the next crawl"
        raise DataDamaged(f"{len(damaged):,} records of the archive are damaged, see above; the rest was read; {hint}")


@app.command()
def record(
    url: Annotated[str, typer.Argument(help="A page of a site of `crawlers list`.")],
    to: Annotated[Path, typer.Option(help="The folder of saved pages.")] = Path("tests/crawlers/pages"),
    case: Annotated[str | None, typer.Option(help="What to call the case; else the record's name.")] = None,
    connect_to: ConnectTo = None,
) -> None:
    """Save a page as a test case of its reader: from the archive where it is there, else fetched with all manners.

    The expectations are what today's reader makes of it: read them against the page and correct them by hand.

    Example: crawlers record https://drhast.com/q/123 --case two-doctors
    """
    from crawlers import saving
    from crawlers.connect_to import connections
    from crawlers.spiders import sites

    place = saving.save(url, to, case, connections(connect_to or [], sites().values()))
    print(f"{place}: read expected.json against page.html and correct it by hand")


@app.command()
def pause(name: Name) -> None:
    """Have no worker of the farm ask the site for anything, until `crawlers resume`.

    Example: crawlers pause drhast
    """
    from crawlers import control

    print(f"paused: {', '.join(control.pause(name, True))}")


@app.command()
def resume(name: Name) -> None:
    """Let the farm's workers go on with a site that was paused.

    Example: crawlers resume drhast
    """
    from crawlers import control

    print(f"resumed: {', '.join(control.pause(name, False))}")


@app.command()
def stop(name: Name) -> None:
    """Have the workers of a site end in order, on all machines, within ten seconds; the next crawl goes on.

    Example: crawlers stop all
    """
    from crawlers import control

    print(", ".join(f"{site}: {workers} workers told to end" for site, workers in control.stop(name).items()))


@app.command()
def rate(
    name: Name,
    delay: Annotated[float | None, typer.Option(help="Seconds between two requests; 0 for what a crawl asks.")] = None,
    hours: Annotated[str | None, typer.Option(help="UTC hours of the day, as 22:00-05:30; '' for all.")] = None,
) -> None:
    """Set the pace of a site for the whole farm, at once and for all later crawls.

    robots.txt's Crawl-delay, Retry-After, and the wait that a slow or failing host asks for hold besides.

    Example: crawlers rate niniban --delay 3 --hours 20:30-03:30
    """
    from crawlers import control, terminal

    if delay is not None or hours is not None:
        control.rate(name, delay, hours)
    terminal.show(terminal.statuses(name))


@app.command()
def takedown(
    pattern: Annotated[
        str | None, typer.Argument(help="An address, or with a closing * all that begin with it; else all are listed.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Who asked, and when; kept in the audit trail.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the pattern off the list; --reason says why.")] = False,
) -> None:
    """Never ask for an address again: its owner, or a person it is about, wants it left out. Counts within a minute.

    What is stored of it is at once left out of cleaning, review and export.

    Example: crawlers takedown 'https://drhast.com/q/123/*' --reason 'mail of 2026-11-20'
    """
    from crawlers import control

    if pattern is None:
        print("\n".join(f"{known}\t{why}" for known, why in control.takedowns().items()))
        return
    if not reason:
        raise UsageError("a takedown takes --reason: who asked, and when")
    if undo:
        print(f"{control.undo_takedown(pattern, reason)}: {pattern} may be asked for again")
        return
    print(f"{control.take_down(pattern, reason)}: {pattern} is left out from now on")


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def main() -> NoReturn:
    """Entry point of the `crawlers` command."""
    run(app)
