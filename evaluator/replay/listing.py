"""What `evaluator replay` prints."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from evaluator.listing import console, probability
from evaluator.replay.anomalies import DISAGREEMENT, KEY, MISSING, NO_KEY, REPEATED
from evaluator.replay.pairs import PUBLISHED, READ, against_best
from evaluator.replay.prompts import PROMPT
from evaluator.replay.wordings import LANGUAGE, TRANSLATION, WORDING

_HEAD = ("task", "system", "rows", "% by letters read", "% by published", "% agreement", "unread", "paper")
_MOST = 12


def print_replay(told: dict[str, Any]) -> None:
    """A row for each file, the best system of a task against the others, then what is odd."""
    out = console()
    out.print(_files(told["files"]))
    cells = [file["paper"]["reproduced"] for file in told["files"] if file["paper"]]
    if cells:
        out.print(f"{sum(cells)} of {len(cells)} cells of the paper's tables are reproduced from the published letters")
    tests = sum(len(task["pairs"]) for task in told["tasks"])
    if tests:
        out.print(_pairs([(task["task"], pair) for task in told["tasks"] for pair in against_best(task["pairs"])]))
        out.print(f"each task's best system against the others; --json has all {tests} pairs, which Holm's p is over")
    for line in (line for anomaly in told["anomalies"] for line in _lines(anomaly)):
        out.print(line, soft_wrap=True, highlight=False, markup=False)
    if not told["anomalies"]:
        out.print("nothing odd was found")


def _files(files: Sequence[dict[str, Any]]) -> Table:
    grid = Table(*_HEAD)
    for file in files:
        shares = [_share(file[name]) for name in ("extracted", "published", "agreement")]
        paper = "" if file["paper"] is None else f"{file['paper']['figure']:.2f}"
        same = "" if file["paper"] is None else " =" if file["paper"]["reproduced"] else " DIFFERS"
        unread = f"{file['unreadable']} ({file['published_unreadable']})"
        grid.add_row(file["task"], file["system"], str(file["rows"]), *shares, unread, paper + same)
    return grid


def _share(share: dict[str, Any]) -> str:
    return f"{100 * share['share']:.2f} ({100 * share['low']:.1f}–{100 * share['high']:.1f})"


def _pairs(compared: Sequence[tuple[str, dict[str, Any]]]) -> Table:
    grid = Table("task", "first", "second", "items", "only first", "only second", "p", "Holm", "published p")
    for task, pair in compared:
        read, published = pair[READ], pair[PUBLISHED]
        counts = [str(pair["items"]), str(read["only_first"]), str(read["only_second"])]
        ps = [probability(p) for p in (read["p"], read["holm"], published["p"])]
        grid.add_row(task, pair["first"], pair["second"], *counts, *ps)
    return grid


def _lines(anomaly: dict[str, Any]) -> Iterator[str]:
    where = f"{anomaly['task']}, {anomaly['system']}" if "system" in anomaly else anomaly["task"]
    told = {
        MISSING: _missing,
        REPEATED: _repeated,
        NO_KEY: lambda a: f"rows {_numbers(a['rows'])} have no right letter, so nothing is right there",
        KEY: lambda a: f"item {a['item']} has several right letters: {_named(a['keys'])}",
        LANGUAGE: lambda a: f"{a['items']} of {a['of']} questions are in another script than in {_list(a['than'])}",
        TRANSLATION: lambda a: f"{a['items']} of {a['of']} items are in other words than in {_list(a['than'])}",
        WORDING: _wording,
        PROMPT: lambda a: "; ".join(map(_prompt, a["evidence"])),
        DISAGREEMENT: _kinds,
    }[anomaly["kind"]](anomaly)
    yield f"{anomaly['kind']}: {where}: {told}"
    rows = anomaly["rows"] if anomaly["kind"] == DISAGREEMENT else ()
    for row in rows[:_MOST]:
        letters = f"published {row['published'] or 'none'}, read {row['read'] or 'none'}"
        yield f"    row {row['row']}: {letters}: {row['kind']} ({row['by']})"
    if len(rows) > _MOST:
        yield f"    and {len(rows) - _MOST} more: --json has all"


def _missing(anomaly: dict[str, Any]) -> str:
    return f"{anomaly['rows']} rows of {anomaly['of']}; not there: items {_numbers(anomaly['items'])}"


def _repeated(anomaly: dict[str, Any]) -> str:
    rows, firsts = ([each[name] for each in anomaly["rows"]] for name in ("row", "of"))
    where = f"rows {_numbers(rows)} hold items that stand in rows {_numbers(firsts)} already"
    return f"{where}; its shares count them all, its intervals do not"


def _wording(anomaly: dict[str, Any]) -> str:
    items = [f"item {i['item']} ({', '.join(i['differs'])}: {_versus(i['systems'])})" for i in anomaly["items"][:_MOST]]
    more = len(anomaly["items"]) - _MOST
    return "; ".join(items) + (f"; {more} more" if more > 0 else "")


def _prompt(evidence: dict[str, Any]) -> str:
    if "rows" in evidence:
        return f"{evidence['rows']} of {evidence['of']} stored prompts have another form than most"
    first, usual = evidence["letter_first"], evidence["usual"]
    return f"{first:.0%} of the letters come first, {usual:.0%} in {evidence['in']}"


def _kinds(anomaly: dict[str, Any]) -> str:
    counted = [f"{count} × {kind}" for kind, count in anomaly["kinds"].items()]
    return f"text and published letter differ in {len(anomaly['rows'])} rows: {', '.join(counted)}"


def _numbers(items: Sequence[int]) -> str:
    shown = ", ".join(map(str, items[:_MOST]))
    return shown if len(items) <= _MOST else f"{shown} and {len(items) - _MOST} more"


def _named(keys: dict[str, str | None]) -> str:
    return ", ".join(f"{system} {letter or 'none'}" for system, letter in keys.items())


def _list(systems: Sequence[str]) -> str:
    return ", ".join(systems)


def _versus(systems: Sequence[Sequence[str]]) -> str:
    return " | ".join(map(_list, systems))
