"""The same figures as CSV for a machine: one line a cell, raw numbers, no rounding."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.judge.winrates import Rate
from evaluator.report.paper.sheets import Cell, Row, Sheet
from evaluator.report.paper.systems import System
from evaluator.report.paper.wins import Win, Wins
from evaluator.statistics import Estimate

TABLE = (
    *("row", "kind", "system", "system_sha256", "benchmark_sha256", "file", "settings_sha256"),
    *("value", "low", "high", "method", "items", "different_items", "right", "missing", "unread", "best"),
    *("difference", "difference_low", "difference_high", "only_reference", "only_system", "shared_items"),
    *("p", "p_holm_benchmarks", "p_holm_table", "detectable"),
    *("pass_mark", "needed", "reached", "probability_of_passing", "passing_established"),
)
FIGURE = (
    *(
        "system",
        "benchmark",
        "judge",
        "judge_sha256",
        "form",
        "order",
        "source",
        "rate",
        "value",
        "low",
        "high",
        "pairs",
    ),
    *("of", "won", "lost", "tied", "inconsistent", "unread", "longer_won"),
)
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes a cell for a formula by."""


def of_sheet(sheet: Sheet) -> str:
    """A table: benchmarks, means and rules, then parameters and the median seconds of a reply."""
    return _csv(TABLE, _of_sheet(sheet))


def of_figure(figure: Wins) -> str:
    """A figure: the win rate, the one at equal length, and those by source."""
    return _csv(FIGURE, (row for win in figure.bars for row in _of_win(win)))


def safe(value: Any) -> Any:
    """A value that no spreadsheet computes: a text that begins like a formula gets an apostrophe before it."""
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(FORMULA) | value.lstrip().startswith(FORMULA)
        else value
    )


def _csv(columns: Sequence[str], rows: Iterator[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    return out.getvalue().replace("\0", "\ufffd")


def _of_sheet(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for row in sheet.rows:
        for system in sheet.systems:
            if cell := row.cells.get(system.name):
                yield _who(system, row.name) | _of_cell(row, cell)
        for rule, found in row.rules.items():
            yield _of_row(row) | {"kind": "rule", "system": rule} | _of_estimate(found)
        if row.guessing is not None:
            yield _of_row(row) | {"kind": "rule", "system": "guessing", "value": row.guessing, "items": row.items}
    for system in sheet.systems:
        yield from _of_machine(sheet, system)


def _of_machine(sheet: Sheet, system: System) -> Iterator[dict[str, Any]]:
    """Its size, and how long a reply took."""
    if size := sheet.parameters.get(system.name):
        yield _who(system) | {"row": "parameters", "kind": "parameters", "value": size}
    if speed := sheet.speeds.get(system.name):
        how = f"median, {speed.together} on {speed.device}"
        told = {"row": "seconds", "kind": "seconds", "value": speed.median_latency, "items": speed.answers}
        yield _who(system) | told | {"method": how}


def _who(system: System, benchmark: str = "") -> dict[str, Any]:
    sat = system.sat.get(benchmark)
    known = {"system": system.name, "system_sha256": system.sha256}
    return known | ({"settings_sha256": sat.settings_sha256} if sat else {})


def _of_row(row: Row) -> dict[str, Any]:
    file = str(row.whose) if row.version else ""
    return {"row": row.name, "kind": row.kind, "benchmark_sha256": row.version, "file": file}


def _of_estimate(found: Estimate) -> dict[str, Any]:
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "method": found.method,
        "items": found.items,
        "different_items": found.clusters,
    }


def _of_cell(row: Row, cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = _of_row(row) | _of_estimate(cell.found) | {"best": int(cell.best)}
    if row.kind == "benchmark":
        found |= {"right": int(cell.right or 0), "missing": cell.missing, "unread": cell.unread}
    if test := cell.test:
        paired = test.found
        found |= {"difference": paired.difference, "difference_low": paired.low, "difference_high": paired.high}
        found |= {"only_reference": paired.only_first, "only_system": paired.only_second, "shared_items": paired.items}
        found |= {"p": paired.p, "p_holm_benchmarks": test.holm, "p_holm_table": test.holm_table}
        found |= {"detectable": paired.detectable}
    if mark := cell.passing:
        found |= {"pass_mark": mark.mark, "needed": mark.needed, "reached": int(mark.reached)}
        found |= {"probability_of_passing": mark.probability, "passing_established": int(mark.established)}
    return found


def _of_win(win: Win) -> Iterator[dict[str, Any]]:
    found = win.found
    who = {"system": win.other, "benchmark": win.benchmark, "judge": found.judge, "judge_sha256": found.judge_sha256}
    who |= {"form": found.form, "order": win.order}
    counts = {**found.counts, "of": win.of, "longer_won": found.longer}
    yield who | {"source": "all", "rate": "won"} | _of_rate(found.won) | counts
    yield who | {"source": "all", "rate": "at equal length"} | _of_rate(found.length_controlled)
    for source, rate in found.by_source.items():
        yield who | {"source": source, "rate": "won"} | _of_rate(rate)


def _of_rate(rate: Rate | None) -> dict[str, Any]:
    return {"value": rate.value, "low": rate.low, "high": rate.high, "pairs": rate.pairs} if rate else {"pairs": 0}
