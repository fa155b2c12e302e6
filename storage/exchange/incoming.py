"""A file that comes in: all of it or nothing, unless what is wrong is to be skipped."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from storage import audit, db, schema, users
from storage.errors import TabibError, UsageError
from storage.exchange import entering, formats
from storage.exchange.entering import Bringer, Report

TOLD = 50  # wrong places that are listed; the others are counted


class _NothingTaken(TabibError):
    """Ends a transaction whose report is all that is wanted of it."""


@dataclass(frozen=True)
class Incoming:
    """How a file is taken: whose decisions those of unknown people become, whether to skip what is wrong, or only look.

    Without `form` the file's name tells the format.
    """

    form: str | None = None
    stead: str | None = None
    skip_bad: bool = False
    dry_run: bool = False

    def take(self, text: TextIO, name: str, actor: str) -> Report:
        """Take what the file of that name says, as brought by `actor`; nothing where the report has something wrong.

        Raises UsageError for an unknown format or user, or a file that cannot be read as one of the format.
        """
        chosen = formats.named(self.form) if self.form else formats.of(name)
        try:
            with db.session() as session:
                who = Bringer(actor, users.named(session, self.stead) if self.stead else None)
                report = entering.enter(session, chosen.read(text), who)
                if self.dry_run or (report.wrong and not self.skip_bad):
                    raise _NothingTaken
        except _NothingTaken:
            pass
        except UnicodeDecodeError as error:
            raise UsageError(f"{name} is not UTF-8 at byte {error.start}: nothing was taken") from None
        return report

    def load(self, path: Path) -> Report:
        """The same for a path. Raises UsageError, place by place, where nothing was taken because of them."""
        schema.require_head()
        with _opened(path) as text:
            report = self.take(text, path.name, audit.who())
        if report.wrong and not self.skip_bad:
            raise UsageError("\n".join([f"nothing was taken: {len(report.wrong)} wrong", *told(report)]))
        return report


def told(report: Report) -> list[str]:
    """What is wrong, a line each, up to TOLD."""
    lines = [f"{line.place}: {line.wrong}" for line in report.wrong[:TOLD]]
    more = len(report.wrong) - TOLD
    return [*lines, f"and {more} more"] if more > 0 else lines


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            yield text
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
