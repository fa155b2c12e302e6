"""A page's bytes are found again through the index, whatever file they are in, and damage is told."""

import hashlib
import subprocess
import sys

import pytest
import zstandard
from sqlalchemy import select

from storage import archive, blobs, db
from storage.errors import DataDamaged
from storage.models import Capture
from storage.settings import Settings, settings
from tests.storage.rows import add_page


def test_a_page_is_read_from_the_archive(database: Settings) -> None:
    with db.session() as session:
        pages = [add_page(session, url=f"https://drhast.com/q/{n}", body=f"<html>{n}".encode()) for n in range(3)]
        assert [archive.body(session, page.sha256) for page in pages] == [b"<html>0", b"<html>1", b"<html>2"]
        assert len(list(archive.places(session, "drhast"))) == 0, "no address stands for them"


def test_a_page_of_version_0_1_is_read_from_where_that_put_it(database: Settings) -> None:
    sha256 = hashlib.sha256(b"old").hexdigest()
    blobs.write_whole(settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst", zstandard.compress(b"old"))
    with db.session() as session:
        assert archive.body(session, sha256) == b"old"


def test_what_is_nowhere_and_what_was_changed_is_damaged(database: Settings) -> None:
    with db.session() as session, pytest.raises(DataDamaged, match="is not in the archive"):
        archive.body(session, "0" * 64)
    with db.session() as session:
        sha256 = add_page(session).sha256
        [file] = session.scalars(select(Capture.file)).all()
        path = archive.folder() / file
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(DataDamaged):
            archive.body(session, sha256)


WRITE = """
import os, signal
from storage import db
from storage.archive import Archive
from tests.storage.rows import NOW
from storage import sources
from storage.pages import PageFields, save_pages
archive = Archive({})
with db.session() as session:
    sources.ensure(session, "drhast", "drhast.com")
    save_pages(session, archive, [(PageFields("drhast", "https://drhast.com/q/1", 200, {}, b"<html>", NOW), None)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_that_a_dead_writer_left_open_is_finished(database: Settings) -> None:
    subprocess.run([sys.executable, "-c", WRITE], check=False, cwd=".")
    [left] = archive.folder().rglob("*.open")
    with left.open("ab") as file:
        file.write(b"\x1f\x8b\x08torn")
    with db.session() as session:
        [line] = archive.recover(session)
        [place] = session.execute(select(Capture.file, Capture.offset, Capture.length)).all()
        assert "7 torn ones are cut" in line
        assert archive.size(place.file) == place.offset + place.length
        assert archive.body(session, hashlib.sha256(b"<html>").hexdigest()) == b"<html>"
        assert archive.recover(session) == []
