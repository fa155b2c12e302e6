"""The benchmarks there are, which of them are at hand, and how the others come here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from evaluator.benchmark import EVERY, Benchmark, named, names
from evaluator.choice import MultipleChoice
from evaluator.freeform import FreeForm
from evaluator.given import wanted
from evaluator.listing import console
from evaluator.published import Fetched, Pin, Published, fetch, is_own, pin_of, take
from storage.errors import DataDamaged, TabibError

__all__ = ["EVERY", "benchmarks", "fetch_all", "fetched", "print_benchmarks", "told"]


def benchmarks() -> list[dict[str, Any]]:
    """Every benchmark: what it is, on what terms, whether it is here, and what needs no model to score on it."""
    return [_row(named(name)) for name in names()]


def fetched(name: str, data: Path | None = None, anew: bool = False) -> Fetched:
    """Have a benchmark's file at hand, from its publisher or from `data`.

    Raises UsageError for a benchmark that has none to fetch, and as `evaluator.published.fetch` does.
    """
    return fetch(wanted(name), anew) if data is None else take(wanted(name), data, anew)


def fetch_all(anew: bool = False) -> tuple[list[Fetched], list[TabibError]]:
    """Fetch every benchmark; what cannot be had is told, and keeps none of the others from coming."""
    found, failed = list[Fetched](), list[TabibError]()
    for name in names():
        if getattr(named(name), "published", None):
            try:
                found.append(fetched(name, anew=anew))
            except TabibError as error:
                failed.append(error)
    return found, failed


def told(each: Fetched) -> dict[str, Any]:
    """For `evaluator fetch --json`."""
    row = {"name": each.name, "items": each.items, "file": str(each.path), "sha256": each.pin.sha256}
    return row | {"from": each.pin.origin, "said": list(each.said)}


def print_benchmarks(rows: Sequence[dict[str, Any]]) -> None:
    """The table of `evaluator benchmarks`."""
    name = Column("benchmark", no_wrap=True)
    table = Table(name, "items", "at hand", "licence", "what simple rules score", "about")
    for row in rows:
        rules = ", ".join(f"{rule} {share:.1%}" for rule, share in row["baselines"].items())
        table.add_row(row["name"], _counted(row), _at_hand(row), row["licence"] or "-", rules or "-", row["about"])
    out = console()
    out.print(table)
    missing = [row["name"] for row in rows if row["at_hand"] is False]
    if missing:
        out.print(f"{len(missing)} are not here: `evaluator fetch {missing[0]}`, or all of them: `evaluator fetch all`")


def _row(benchmark: Benchmark) -> dict[str, Any]:
    row: dict[str, Any] = {"name": benchmark.name, "about": benchmark.about, "caveat": benchmark.caveat}
    row |= {"kind": "likelihood", "items": None, "baselines": {}, "at_hand": None, "licence": None}
    if isinstance(benchmark, MultipleChoice):
        row |= {"kind": "multiple choice", "pass_mark": benchmark.pass_mark}
    if isinstance(benchmark, FreeForm):
        row |= {"kind": "free-form"}
    if isinstance(benchmark, MultipleChoice | FreeForm):
        row |= {"language": benchmark.language, "licence": benchmark.licence, "original": benchmark.original}
        row |= {"columns": benchmark.layout.needed} | _of_file(benchmark)
    return row


def _of_file(benchmark: MultipleChoice | FreeForm) -> dict[str, Any]:
    """What is known of its file; one whose pin is damaged is told as such."""
    try:
        row: dict[str, Any] = {"at_hand": benchmark.here}
        row |= _of_publisher(benchmark.name, benchmark.published) if benchmark.published else {}
    except DataDamaged as error:
        return {"at_hand": False, "fault": str(error)}
    return row | (_of_items(benchmark) if row["at_hand"] else {})


def _of_publisher(name: str, published: Published) -> dict[str, Any]:
    pin = pin_of(name)
    return {
        "publisher": published.url,
        "terms": published.terms,
        "file_sha256": published.sha256 or (pin.sha256 if pin and is_own(published, pin) else None),
        "checksum": _checksum(published, pin),
        "taken_from": pin.origin if pin else None,
        "items": published.items,
        "declared": published.items,
    }


def _checksum(published: Published, pin: Pin | None) -> str:
    """What is known of the hash of the file here, or of the one to come."""
    if pin and not is_own(published, pin):
        return "unknown"
    return "known" if published.sha256 else "pinned" if pin else "pinned at the first fetch"


def _of_items(benchmark: MultipleChoice | FreeForm) -> dict[str, Any]:
    """What can be told of a file that is here; a broken one is told as such."""
    try:
        opened = benchmark.open()
    except TabibError as error:
        return {"fault": str(error)}
    questions = opened.questions
    return {"items": len(questions), "baselines": opened.baselines, "sha256": opened.sha256}


def _at_hand(row: dict[str, Any]) -> str:
    if "fault" in row:
        return "damaged"
    if row["at_hand"] and row.get("checksum") == "unknown":
        return "another file"
    return {True: "yes", False: "no", None: "-"}[row["at_hand"]]


def _counted(row: dict[str, Any]) -> str:
    if row["items"] is None:
        return "-"
    declared = row.get("declared")
    return f"{row['items']} of {declared}" if declared not in (None, row["items"]) else str(row["items"])
