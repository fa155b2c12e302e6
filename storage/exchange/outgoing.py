"""A file that goes out, piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage import audit, db, schema
from storage.blobs import output_file, write_pieces, writing
from storage.errors import UsageError
from storage.exchange import formats, leaving, sheet
from storage.exchange.leaving import Wanted
from storage.exchange.row import Row


@dataclass
class Outgoing:
    """What goes out and how; `bom` begins it with the mark by which spreadsheets know UTF-8. `rows` counts as it goes.

    Raises UsageError for an unknown format, or for `every` in one that has no place for it.
    """

    form: str
    wanted: Wanted = field(default_factory=Wanted)
    bom: bool = False
    rows: int = 0

    def __post_init__(self) -> None:
        """See the class."""
        self.format = formats.named(self.form)
        if self.wanted.every and not self.format.whole:
            raise UsageError(f"{self.form} has no place for what was undone or is blind: --all goes with jsonl or csv")

    def pieces(self, actor: str) -> Iterator[str]:
        """The file, of the database as it is at the first piece; the audit trail names who takes it, then how many.

        Each note is a transaction of its own: an export that is broken off has left its trace, and one that reads an
        old state of the database could not append to the trail.
        """
        with db.session() as session:
            audit.note(session, actor, "decisions going out", "reviews", format=self.form)
        if self.bom:
            yield sheet.BOM
        with db.session(repeatable=True) as session:
            yield from self.format.write(self._counted(leaving.rows(session, self.wanted)))
        with db.session() as session:
            audit.note(session, actor, "decisions sent out", "reviews", format=self.form, rows=self.rows)

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            yield row

    def save(self, path: Path) -> None:
        """Write the file: it is there whole, or as it was before. Raises UsageError for a path that takes none."""
        schema.require_head()
        place = output_file(path)
        with writing(path):
            write_pieces(place, (piece.encode() for piece in self.pieces(audit.who())))
