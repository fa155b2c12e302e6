"""CSV for spreadsheets (RFC 4180), with cells that no spreadsheet takes for a formula.

Guarded are the places where a cell begins, or would begin for a spreadsheet that parts cells otherwise than by commas:
the start, and behind a semicolon, a tab or a line break, past blanks and quotes. A sign that begins a formula there
gets an apostrophe before it, and so does an apostrophe, so that reading takes off exactly what writing put in. The
signs are those of OWASP's page on CSV injection (https://owasp.org/www-community/attacks/CSV_Injection: = + - @, tab,
carriage return, line feed and the full-width forms) and ASVS 5.0, 1.2.10 (NUL); every cell is quoted, as both ask.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, TextIO

from storage.errors import UsageError
from storage.exchange.row import EDITED, Line, Row, approved, line
from storage.models import Kind
from storage.review.words import EDITABLE

SUFFIX = ".csv"
MEDIA = "text/csv"
BOM = "\ufeff"  # without it spreadsheets on Windows take UTF-8 for a code page
LARGEST_CELL = 1 << 28  # bytes; csv's own bound of 128 KiB is less than an article may have

_BEGINS = r"=+\-@＝＋－＠'"
_PARTS = ";؛\t\r\n"
_BLANK = r'[ \xa0"]*'
_GUARD = re.compile(rf"(^{_BLANK})(?=[{_BEGINS}\t\r\n\0])|((?<=[{_PARTS}]){_BLANK})(?=[{_BEGINS}])")
_GUARDED = re.compile(rf"(^{_BLANK})'(?=[{_BEGINS}\t\r\n\0])|((?<=[{_PARTS}]){_BLANK})'(?=[{_BEGINS}])")

FIELDS = tuple(dict.fromkeys(name for kind in Kind for name in EDITABLE[kind]))
PLAIN = ("by", "at", "seconds", "kind", "source", "url")
COLUMNS = ("document", "decision", "reason", *PLAIN, *FIELDS, *(EDITED + name for name in FIELDS))
COLUMNS += ("content_sha256", "purpose", "undone_at")


def guarded(text: str) -> str:
    """The text as a cell that is no formula."""
    return _GUARD.sub(lambda found: found[0] + "'", text)


def unguarded(cell: str) -> str:
    """The text that was `guarded`; one that never was stays as it is, but for an apostrophe before such a sign."""
    return _GUARDED.sub(lambda found: found[0][:-1], cell)


def write(rows: Iterable[Row]) -> Iterator[str]:
    """The header, then a line for each row."""
    yield _joined(COLUMNS)
    for row in rows:
        yield _joined([guarded(cell) for cell in _cells(row)])


def _cells(row: Row) -> Iterator[str]:
    values = row.model_dump(mode="json", exclude={"shown", "text"})
    values |= row.shown | {EDITED + name: text for name, text in (row.text or {}).items()}
    for name in COLUMNS:
        value = values.get(name)
        yield "" if value is None else str(value)


def _joined(cells: Iterable[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def read(file: TextIO) -> Iterator[Line]:
    """A row for each record under a header of COLUMNS in any order; semicolons or tabs may part them.

    Raises UsageError where the header lacks `document` or `kind`, or a quote is never closed.
    """
    csv.field_size_limit(LARGEST_CELL)
    header = file.readline()
    parts = max(",;\t", key=header.count)
    names = next(csv.reader([header], delimiter=parts), [])
    if missing := {"document", "decision", "kind"} - set(names):
        raise UsageError(f"the first line names no column {', '.join(sorted(missing))}: is it a CSV of decisions?")
    records = csv.reader(file, delimiter=parts, strict=True)
    try:
        for cells in records:
            if any(cells):
                yield _line(f"line {records.line_num + 1}", names, cells)
    except csv.Error as error:
        raise UsageError(f"line {records.line_num + 1} is not CSV ({error}): nothing was taken") from None


def _line(place: str, names: list[str], cells: list[str]) -> Line:
    if len(cells) != len(names):
        return Line(place, wrong=f"has {len(cells)} cells under {len(names)} columns")
    values = {name: unguarded(cell) for name, cell in zip(names, cells, strict=True)}
    return line(place, _values(values))


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    """Empty cells are nothing, but for the fields of the record's kind."""
    own = EDITABLE.get(cells["kind"], ())
    values: dict[str, Any] = {name: cell for name, cell in cells.items() if cell and name in COLUMNS}
    values["shown"] = {name: cells[name] for name in FIELDS if name in cells and (name in own or cells[name])}
    edited = {name: cells.get(EDITED + name, "") for name in FIELDS if name in own or cells.get(EDITED + name)}
    values["text"] = approved(cells["decision"], edited, values["shown"])
    return values
