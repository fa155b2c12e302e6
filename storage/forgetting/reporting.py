"""What `storage forget` tells: counts, hashes and places, never a text or an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from storage import db
from storage.forgetting import exports
from storage.forgetting.erasing import Erased
from storage.forgetting.forget import Plan, subject

REPEATS_SHOWN = 5


def as_json(made: Plan, erased: Erased | None) -> dict[str, Any]:
    """The same as `lines`, for a machine; `erased` None where nothing was done."""
    return {
        "subject": subject(made.wanted, made.found),
        "forgotten": erased is not None,
        "rows": made.rows,
        "documents": sorted(map(str, made.found.documents)),
        "archive_records": len(made.erasures),
        "pages_without_bytes": len(made.quoting | made.found.shared),
        "documents_that_stay": made.found.others,
        "judged_again": made.again,
        "repeats": list(map(str, made.repeats)),
        "exports": _exports(made),
        "exports_unread": list(map(str, made.unread)),
        "models": [vars(model) for model in made.models],
        "erased": erased and {"records": erased.records, "absent": erased.absent, "damaged": erased.damaged},
    }


def lines(made: Plan) -> Iterator[str]:
    """What would go, what would stay, which exports hold it."""
    yield ", ".join(f"{count:,} {name}" for name, count in made.rows.items())
    yield f"{len(made.erasures):,} records of the raw archive, for good"
    if made.quoting:
        yield f"{len(made.quoting):,} other pages that quote it lose their raw bytes and keep what was read from them"
    if made.found.others:
        yield f"{made.found.others:,} other documents of the same pages stay, without the pages' raw bytes"
    if made.again:
        yield f"{made.again:,} verdicts on repeats of it: the next `cleaning run` judges those documents anew"
    if made.repeats:
        shown = " ".join(map(str, made.repeats[:REPEATS_SHOWN]))
        yield f"{len(made.repeats):,} other documents say the same and stay; to forget them too give their ids: {shown}"
    yield from _exports_told(made)
    yield from unread(made.unread)
    for model in made.models:
        yield f"model {model.name} ({model.version[:16]}) may have learned from it: train it anew, name that in recipes"


def after(erased: Erased) -> Iterator[str]:
    """What became of the raw archive."""
    yield f"{erased.records:,} records erased from the raw archive"
    for file in erased.absent:
        yield f"{file} is not on this machine: run `storage forget` without an argument where it is"
    yield from (f"still to be erased: {damage}" for damage in erased.damaged)


def unread(files: Iterable[Path]) -> Iterator[str]:
    """The files of exports that could not be looked through."""
    for path in files:
        yield f"{path} cannot be read (damaged, or being written): whether it holds the record nobody knows"


def _exports(made: Plan) -> list[dict[str, Any]]:
    rows = []
    with db.session() as session:
        for found in made.holdings:
            rows.append(
                {
                    "names": exports.names(session, found.sha256),
                    "sha256": found.sha256,
                    "folder": str(found.folder),
                    "path": found.path,
                    "documents": len(found.documents),
                    "runs": exports.trained(session, {found.sha256}),
                }
            )
    return rows


def _exports_told(made: Plan) -> Iterator[str]:
    exports = _exports(made)
    for row in exports:
        named = ", ".join(row["names"]) or "without a name"
        yield f"export {named} ({row['sha256'][:16]}) holds {row['documents']:,} in {row['path']}: {row['folder']}"
    for name, status in {run: how for row in exports for run, how in row["runs"].items()}.items():
        yield f"run {name} ({status}) was trained on one of them: train it anew from a new export"
    if exports:
        yield "exports never change: `storage export NAME` makes one without it, then remove these folders"
