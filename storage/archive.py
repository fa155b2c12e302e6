"""The raw archive: WARC files below the data folder, found again through the `captures` table.

A visit's record is on the disk before its row is committed, and the row before the crawl acknowledges the address. A
record without a row, as a death in between leaves one, is whole and says nothing that the next visit does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import blobs, warc_erase, warc_read, warc_write
from storage.errors import DataDamaged
from storage.models import Address, Page
from storage.models import Capture as Row
from storage.settings import settings
from storage.warc import Capture, Place, Stored

RESPONSE = "response"
READ_BATCH = 5_000


def folder() -> Path:
    """Where the files are."""
    return settings().home / "archive"


def folder_of(source: str) -> str:
    """The name of a source's folder, whatever it is called."""
    return re.sub(r"[^\w.-]|^\.+", "_", source)


class Archive:
    """One process's writers, one a source, each opened when it is first needed."""

    def __init__(self, about: Mapping[str, str]) -> None:
        """`about` goes into the first record of every file: software, operator, robots."""
        self.about = about
        self._writers: dict[str, warc_write.Writer] = {}

    def append(self, source: str, captures: Sequence[Capture]) -> list[Place]:
        """Write visits of `source` to the disk; their files are named below the archive folder."""
        name = folder_of(source)
        if name not in self._writers:
            self._writers[name] = warc_write.Writer(folder() / name, name, self.about)
        places = self._writers[name].append(captures)
        return [Place(f"{name}/{place.file}", place.offset, place.length) for place in places]

    def close(self) -> None:
        """Give the open files their lasting names."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


def recover(session: Session) -> list[str]:
    """Mend what writers that died left open; returns a line for each file."""
    return [
        f"archive file {found.file} of a crawl that died: {found.kept:,} bytes stay, {found.cut:,} torn ones are cut"
        for place in sorted(folder().glob("*/"))
        for found in warc_write.recover(place, partial(_indexed_end, session, place.name))
    ]


def body(session: Session, sha256: str) -> bytes:
    """The bytes of a page. Raises DataDamaged when no record of the archive holds them."""
    found = select(Row.file, Row.offset, Row.length).join(Page).where(Page.sha256 == sha256, Row.kind == RESPONSE)
    fault = DataDamaged(f"page {sha256} is not in the archive {folder()}")
    for row in session.execute(found.order_by(Row.id.desc())):
        try:
            return read(Place(row.file, row.offset, row.length), sha256).body
        except DataDamaged as damaged:
            fault = damaged
    try:
        return blobs.get(sha256)  # a page from before there were WARC files
    except DataDamaged:
        raise fault from None


def read(place: Place, sha256: str) -> Stored:
    """One record of the archive. Raises DataDamaged when it is not whole or holds other bytes than `sha256`."""
    stored = warc_read.read(folder(), place)
    if stored.sha256 != sha256:
        raise DataDamaged(f"{place.file} at {place.offset} does not hold the page it is indexed for")
    return stored


def places(session: Session, source: str) -> Iterator[tuple[int, str, Place]]:
    """The page that stands for each record of `source`, in the order of the files: its id, its hash, its place.

    An older version of a record's page is passed over: what it said is history.
    """
    stands = select(Address.page_id).where(Address.source == source, Address.is_record)
    captured = select(func.max(Row.id)).where(Row.kind == RESPONSE, Row.page_id.in_(stands)).group_by(Row.page_id)
    query = select(Row.page_id, Page.sha256, Row.file, Row.offset, Row.length).join(Page).where(Row.id.in_(captured))
    ordered = session.execute(query.order_by(Row.file, Row.offset), execution_options={"yield_per": READ_BATCH})
    for row in ordered:
        yield row.page_id, row.sha256, Place(row.file, row.offset, row.length)


def _indexed_end(session: Session, source: str, name: str) -> int | None:
    return session.scalar(select(func.max(Row.offset + Row.length)).where(Row.file == f"{source}/{name}"))


def unindexed(session: Session, source: str) -> Iterator[tuple[Place, Stored]]:
    """The captures in the files of `source` that no row tells of, their files named below the archive folder."""
    for path in sorted(folder().glob(f"{folder_of(source)}/*.warc.gz*")):
        name = f"{path.parent.name}/{path.name.removesuffix(warc_read.OPEN)}"
        query = select(Row.offset, Row.length).where(Row.file == name).order_by(Row.offset)
        known = [(offset, length) for offset, length in session.execute(query)]
        for place, found in warc_erase.between(path, known):
            yield Place(name, place.offset, place.length), found


def size(file: str) -> int:
    """The bytes of an archive file, also of one that is being written; 0 where there is none."""
    names = (file, f"{file}{warc_read.OPEN}")
    return max((p.stat().st_size for name in names if (p := folder() / name).is_file()), default=0)
