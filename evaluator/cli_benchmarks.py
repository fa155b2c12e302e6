"""The commands of benchmarks themselves: `evaluator benchmarks`, `fetch` and `lint`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from storage.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine to read.")]


def benchmarks(as_json: Json = False) -> None:
    """List the benchmarks there are: which are at hand, on what terms, and what simple rules would score on them.

    Most lie with their publishers, not in the project: `evaluator fetch NAME` brings one here.

    Example: evaluator benchmarks
    """
    from evaluator import catalogue

    rows = catalogue.benchmarks()
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        catalogue.print_benchmarks(rows)
    for row in rows:
        if "fault" in row:
            print(f"evaluator: {row['name']}: {row['fault']}", file=sys.stderr)


def fetch(
    name: Annotated[str, typer.Argument(help="A benchmark, or `all`.")],
    data: Annotated[
        Path | None, typer.Option(help="Take it from this file: JSON lines, the publisher's xlsx, CSV or Parquet.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Ask the publisher again, or let --data replace what it gave.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a benchmark here from its publisher, into the data folder's `benchmarks/files`.

    A file whose checksum is known must have it; of another the checksum is pinned at the first fetch, which is said,
    and a later fetch must give the same bytes. A transfer that breaks off is gone on with by the same command. Where
    there is no network (exit 3), get the file elsewhere and give it with --data: whether it is the publisher's, and how
    many items it holds where that is another number, is said, here and in `evaluator benchmarks`. It replaces what the
    publisher gave with --anew alone; `run`, `ask` and `translate` read a file for one call with a --data of their own.
    Some publishers grant access on request: put a token of Hugging Face into HF_TOKEN.

    Example: evaluator fetch mmlu-fa-anatomy
    """
    from evaluator import catalogue

    if name == catalogue.EVERY and data is not None:
        raise UsageError("--data is one benchmark's file: name it instead of `all`")
    one = name != catalogue.EVERY
    found, failed = ([catalogue.fetched(name, data, anew)], []) if one else catalogue.fetch_all(anew)
    if as_json:
        print(json.dumps([catalogue.told(each) for each in found], ensure_ascii=False, indent=1))
    else:
        for each in found:
            print(f"{each.name}: {each.items} items  {each.path}\n  {'; '.join(each.said)}")
    for error in failed:
        print(f"evaluator: {error}", file=sys.stderr)
    if failed:
        raise type(failed[0])(f"{len(failed)} benchmarks were not fetched, {len(found)} are at hand")


def lint(
    name: Annotated[list[str] | None, typer.Argument(help="Benchmarks at hand; may be several.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="A file: JSON lines, xlsx, CSV, Parquet; may be repeated.")
    ] = None,
    original: Annotated[
        Path | None, typer.Option(help="The file that the one --data was translated from, in the same order.")
    ] = None,
    alone: Annotated[
        bool, typer.Option("--alone", help="Look for repeats in these only, not in all others at hand.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="A model's folder: see what it has right without the questions.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find broken items of benchmarks: nothing but their files is needed.

    Equal options, and those equal to the key; an option marked as the right one, or with another's letter; missing
    fields and keys that name no option; texts that are damaged, cut, left untranslated or, like a word among amounts,
    not of their siblings' kind; ratios that a spreadsheet made times of; what a translating machine said for itself;
    items that repeat another, here or in any benchmark at hand, in the same or other words, and with another key; keys
    that favour a letter; answers that are found without the question. A translation whose original is at hand is held
    against it: lost numbers, options that became one, other keys. Each finding has its item, its evidence and how bad
    it is: error, warning or note. Findings are no failure: it exits 0.

    Example: evaluator lint mmlu-fa-college-medicine mmlu-fa-clinical-knowledge
    """
    from evaluator import lint as linting
    from evaluator.lint.printed import print_report
    from evaluator.listing import bars

    with bars() as progress:
        report = linting.run(linting.Given(tuple(name or ()), tuple(data or ()), original, alone, model), progress)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        print_report(report)
