"""The report as a folder: pages, tables as LaTeX and CSV, figures as PNG and SVG, and a file that lists them."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluator.report.paper import drawing, items, latex, page, rows
from evaluator.report.paper.contents import Report, report
from evaluator.report.paper.items import item_pages
from evaluator.report.paper.systems import Wanted
from evaluator.report.paper.wins import Progress
from storage import db, schema
from storage.blobs import resolved, write_whole, writing
from storage.errors import MissingExtra, UsageError

LIST = "report.json"
INDEX = "index.html"
OWN = re.compile(r"(?:items/)?[A-Za-z0-9-]+\.(?:html|tex|csv|png|svg)")
"""The names of files that a report may hold, and so take away where it holds them no more."""


def write(folder: Path, wanted: Wanted, progress: Progress = lambda *_: None) -> list[Path]:
    """Write the report into a folder that is new or holds an older report, and return its files, the page first.

    What an older report left there is taken away. Raises UsageError for an unknown system, and a folder that holds
    other things or cannot be written, TabibError where no system has answers, MissingExtra, with all else written,
    where figures cannot be drawn.
    """
    folder = _own(folder)
    schema.require_head()
    with db.session() as session:
        found = report(session, wanted, progress)
        pages = item_pages(found.gathered.exams)
        before, written = _listed(folder) or set(), list[str]()
        _begun(folder, before | {of.file for of in pages})
        for of in pages:
            _put(folder, of.file, items.html(session, found.gathered, of).encode("utf-8", "replace"))
            written.append(of.file)
            progress("items", 1, len(pages))
    for name, text in _texts(found, pages):
        _put(folder, name, text.encode("utf-8", "replace"))
        written.append(name)
    lacking = None
    try:
        for figure in found.figures:
            for kind, data in drawing.pictures(figure).items():
                _put(folder, f"{figure.id}.{kind}", data)
                written.append(f"{figure.id}.{kind}")
    except MissingExtra as error:
        lacking = error
    _put(folder, LIST, json.dumps(_facts(found, written), ensure_ascii=False, indent=1).encode("utf-8", "replace"))
    with writing(folder):
        for name in before - set(written):
            (folder / name).unlink(missing_ok=True)
    if lacking:
        raise MissingExtra(f"{lacking}. All else is written: {folder / INDEX}")
    return [folder / INDEX, *(folder / name for name in sorted(written) if name != INDEX)]


def _own(folder: Path) -> Path:
    """The folder, links followed. Raises UsageError where no report belongs or can be written."""
    with writing(folder):
        place = resolved(folder)
        if place.exists() and not place.is_dir():
            raise UsageError(f"{folder} is no folder: give the name of a new one")
        if not place.parent.is_dir():
            raise UsageError(f"{folder} cannot be made: there is no folder {place.parent}")
        if place.is_dir() and any(place.iterdir()) and _listed(place) is None:
            raise UsageError(f"{folder} holds other files and no report: give a new folder")
        with tempfile.TemporaryFile(dir=place if place.is_dir() else place.parent):
            return place


def _listed(folder: Path) -> set[str] | None:
    """What an older report says it left, of the names that a report has; None where there is none."""
    try:
        told = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    listed = told.get("files") if isinstance(told, dict) and "does_not_show" in told else None
    if not isinstance(listed, list):
        return None
    return {name for name in listed if isinstance(name, str) and OWN.fullmatch(name)}


def _begun(folder: Path, names: set[str]) -> None:
    """Have the folder be a report's before all of it is there: after a kill the same command goes on."""
    told = {"does_not_show": ["This report was not finished."], "files": sorted(names)}
    _put(folder, LIST, json.dumps(told).encode())


def _put(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    with writing(path):
        write_whole(path, data)
        path.chmod(0o644)  # it is made to be shown


def _texts(found: Report, pages: list[items.ItemPage]) -> Iterator[tuple[str, str]]:
    by_benchmark: page.Pages = {}
    for of in pages:
        by_benchmark.setdefault(of.benchmark, []).append((of.file, of.shown))
    yield INDEX, page.whole(found, by_benchmark)
    for sheet in found.sheets:
        yield f"{sheet.id}.tex", latex.latex(sheet)
        yield f"{sheet.id}.csv", rows.of_sheet(sheet)
    for figure in found.figures:
        yield f"{figure.id}.csv", rows.of_figure(figure)


def _facts(found: Report, written: list[str]) -> dict[str, Any]:
    """Which systems, asked how, in which versions of what: enough to find every answer again."""
    systems = [
        {
            "name": system.name,
            "model_sha256": system.sha256,
            "reference": system is found.gathered.reference,
            "pipeline": system.pipeline,
            "asked": {
                name: {"settings": sitting.settings, "settings_sha256": sitting.settings_sha256}
                for name, sitting in system.sat.items()
            },
        }
        for system in found.gathered.systems
    ]
    benchmarks = [{"name": e.name, "sha256": e.version, "items": len(e.items)} for e in found.gathered.exams]
    facts = {"made_at": found.made_at.isoformat(), "systems": systems, "benchmarks": benchmarks}
    return facts | {"does_not_show": found.limits, "files": sorted(written)}
