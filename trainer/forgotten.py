"""Whether data that a model learned from was forgotten since; told by the commands, and by a notice on its card."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from storage import db, learned, schema
from storage.errors import DataDamaged, ServiceUnavailable, UsageError
from trainer import card, lineage

SHORT = 16  # digits of a snapshot's hash that name its folder


def of_run(name: str, folder: Path | None = None, snapshots: Iterable[str] = ()) -> dict[str, Any] | None:
    """What was forgotten of a run's data; None where the database cannot be asked, so that nobody knows.

    Keys: trained_on and others, how many documents that the run may have learned from, and of its dev and test pairs;
    last, an ISO time or None. `folder` holds its model, whose lineage may know of snapshots that the database does
    not; further `snapshots` may be named.
    """
    try:
        schema.require_head()
        with db.session() as session:
            known = learned.sources(session).get(name, frozenset())
            return _of(session, known | set(snapshots) | (_told_by(folder) if folder else set()))
    except ServiceUnavailable:
        return None


def of_all(folders: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """The same for all runs of the database, by name; `folders` are those of their models."""
    with db.session() as session:
        known, losses = learned.sources(session), learned.losses(session)
        if not losses:
            return {name: _told(None) for name in known}
        return {name: _of(session, known[name] | _told_by(folders[name])) for name in known}


def told(found: dict[str, Any] | None) -> str:
    """One line for a person."""
    if found is None:
        return "whether its data was forgotten since nobody knows: the database cannot be asked from here"
    if found["trained_on"]:
        return (
            f"FORGOTTEN DATA: {found['trained_on']:,} documents it may have learned from were forgotten since, the "
            f"last on {found['last'][:10]}: do not use it, train it anew from a new export"
        )
    others = f"; {found['others']:,} of its dev and test pairs were" if found["others"] else ""
    return f"none of the data it learned from was forgotten since{others}"


def tell(name: str, folder: Path) -> None:
    """Warn who is about to use the model in `folder`, of the run `name`, where data it learned from was forgotten."""
    found = of_run(name, folder)
    if found and found["trained_on"]:
        print(f"trainer: {told(found)}", file=sys.stderr)  # noqa: T201  the error stream of a command


def warnings(snapshot: str, base: Path | None = None) -> list[str]:
    """A line for who is about to train on a snapshot, and one for its base, where something of either was forgotten."""
    try:
        schema.require_head()
        with db.session() as session:
            data = _of(session, {snapshot})
            before = _of(session, _told_by(base) - {snapshot} if base else set())
    except ServiceUnavailable:
        return []
    lines = []
    if data["trained_on"]:
        lines.append(
            f"FORGOTTEN DATA: of the documents to train on, {data['trained_on']:,} were forgotten since they were "
            f"exported, the last on {data['last'][:10]}: export anew, or its model is marked"
        )
    if before["trained_on"]:
        lines.append(
            f"FORGOTTEN DATA: of the documents that the base learned from, {before['trained_on']:,} were forgotten, "
            f"the last on {before['last'][:10]}: train that anew first, or this model is marked too"
        )
    return lines


def put_on_card(model: Path, found: dict[str, Any] | None) -> None:
    """Bring the notice on a model's card up to what is known; a card that nobody may write stays as it is."""
    if found is None:
        return
    with suppress(OSError):
        card.set_notice(model, card.notice(found["trained_on"], found["last"][:10]) if found["trained_on"] else "")


def _told_by(model: Path) -> set[str]:
    try:
        return set(lineage.read(model)["snapshots"])
    except (UsageError, DataDamaged, KeyError):
        return set()


def _of(session: Session, snapshots: Iterable[str]) -> dict[str, Any]:
    return _told(learned.loss(session, {key for sha256 in snapshots for key in (sha256, sha256[:SHORT])}))


def _told(loss: learned.Loss | None) -> dict[str, Any]:
    return {
        "trained_on": loss.trained_on if loss else 0,
        "others": loss.others if loss else 0,
        "last": loss.last.isoformat() if loss else None,
    }
