"""The first sheet of an Excel file as rows of texts, read as a stream: a sheet may claim a million empty rows.

ECMA-376, part 1: chapter 18.3 for sheets, 18.4 for shared strings, 18.8.30 for the numbers of formats. Every member is
read under one bound, entities are not resolved, and nothing outside the file is opened.
"""

import datetime as dt
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from lxml import etree

from storage.errors import UsageError

LARGEST = 1 << 28
"""Bytes that all members together may unpack to."""
WIDEST, MOST, CELLS = 256, 1 << 20, 1 << 24
"""Columns, rows and cells that are read; a benchmark has fewer."""
_DATES = {14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47}
_PERCENT = {9, 10}
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  a sheet's days have no zone
_LETTERS = re.compile(r"[A-Z]{1,3}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')

# What zipfile and lxml raise for a file that is broken, encrypted, or packed in a way that Python does not know.
_FAULTS = (
    *(OSError, EOFError, RuntimeError, ValueError, LookupError, ArithmeticError),
    *(zipfile.BadZipFile, zlib.error, etree.LxmlError),
)

Rows = list[list[str]]


def rows(path: Path) -> Rows:
    """The rows that hold something, each as wide as its last cell. Raises UsageError for what is no such file.

    Numbers are as a sheet shows them: whole ones without a point, per cent as such, days and times in ISO 8601.
    """
    try:
        with zipfile.ZipFile(path) as file:
            return _Book(file).rows()
    except UsageError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    except _FAULTS as error:
        raise UsageError(f"{path} is no Excel file that can be read ({type(error).__name__}: {error})") from None


class _Book:
    """An open file; what all its members unpack to is counted."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file, self.left = file, LARGEST

    def rows(self) -> Rows:
        """The first sheet's."""
        sheet = self._sheet()
        self.shared, self.formats = list(self._strings()), list(self._formats())
        found: Rows = []
        held = 0
        for row in self._elements(sheet, "row"):
            cells = self._row(row)
            if any(cell.strip() for cell in cells):
                found.append(cells)
                held += len(cells)
            if len(found) > MOST or held > CELLS:
                raise ValueError(f"more than {MOST} rows or {CELLS} cells")
        return found

    def _sheet(self) -> str:
        """Where the first sheet lies."""
        relation = next((_attribute(e, "id") for e in self._elements("xl/workbook.xml", "sheet")), None)
        for each in self._elements("xl/_rels/workbook.xml.rels", "Relationship"):
            if each.get("Id") == relation:
                return posixpath.normpath(posixpath.join("/xl", str(each.get("Target")))).lstrip("/")
        raise ValueError("it has no sheet")

    def _strings(self) -> Iterator[str]:
        if "xl/sharedStrings.xml" in self.file.namelist():
            for element in self._elements("xl/sharedStrings.xml", "si"):
                yield _text(element)

    def _formats(self) -> Iterator[str]:
        """For each style of a cell, what its number is: `date`, `percent` or neither."""
        if "xl/styles.xml" not in self.file.namelist():
            return
        own: dict[str, str] = {}
        for element in self._elements("xl/styles.xml", ("numFmt", "cellXfs")):
            if etree.QName(element).localname == "numFmt":
                own[str(element.get("numFmtId"))] = str(element.get("formatCode"))
                continue
            for style in list(element):
                number = str(style.get("numFmtId", "0"))
                yield _kind(int(number), own.get(number, ""))

    def _row(self, row: Any) -> list[str]:
        cells: list[str] = []
        for cell in row.iterchildren("{*}c"):
            column = _column(cell.get("r"), len(cells))
            if column < WIDEST:
                cells += [""] * (column + 1 - len(cells))
                cells[column] = self._cell(cell)
        return cells

    def _cell(self, cell: Any) -> str:
        kind, value = cell.get("t", "n"), cell.findtext("{*}v") or ""
        if not value and kind != "str" and cell.find("{*}f") is not None:
            raise UsageError(
                f"cell {cell.get('r', 'without a place')} holds a formula without what comes out of it: open the file "
                "in a spreadsheet program and save it there, or save it as CSV"
            )
        if kind == "inlineStr":
            inline = cell.find("{*}is")
            return "" if inline is None else _text(inline)
        if kind == "s":
            return self.shared[int(value)] if value else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind != "n" or not value:
            return _unescaped(value)
        style = int(cell.get("s", "0"))
        return _number(value, self.formats[style] if style < len(self.formats) else "")

    def _elements(self, member: str, names: str | tuple[str, ...]) -> Iterator[Any]:
        """Elements of a member one after the other; each is forgotten after it was used."""
        tags = [f"{{*}}{name}" for name in ([names] if isinstance(names, str) else names)]
        with self.file.open(member) as packed:
            stream = cast(IO[bytes], io.BufferedReader(_Bounded(packed, self)))
            events = etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True, load_dtd=False)
            for _, element in events:
                yield element
                _forget(element)


class _Bounded(io.RawIOBase):
    """A member that ends in an error where the file unpacks to too much."""

    def __init__(self, packed: IO[bytes], book: _Book) -> None:
        self.packed, self.book = packed, book

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.packed.read(len(buffer))
        self.book.left -= len(data)
        if self.book.left < 0:
            raise ValueError(f"it unpacks to more than {LARGEST} bytes")
        buffer[: len(data)] = data
        return len(data)


def _forget(element: Any) -> None:
    """Let go of an element and of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and parent[0] is not element:
        del parent[0]


def _text(element: Any) -> str:
    """A string's text, of all its runs but not of its phonetic guide."""
    runs = element.iter("{*}t")
    return _unescaped("".join(t.text or "" for t in runs if etree.QName(t.getparent()).localname != "rPh"))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


def _attribute(element: Any, name: str) -> str | None:
    """An attribute of whatever namespace; one in a namespace comes first, for a sheet has an id of its own as well."""
    found = sorted(element.attrib.items(), key=lambda item: "}" not in item[0])
    return next((value for key, value in found if etree.QName(key).localname == name), None)


def _column(reference: str | None, following: int) -> int:
    """The place of a cell such as `C5`, from 0; the one after the last where it has none."""
    letters = _LETTERS.match(reference or "")
    if not letters:
        return following
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _kind(number: int, code: str) -> str:
    plain = _QUOTED.sub("", code).lower()
    if number in _DATES or (plain and "general" not in plain and set("ymdhs") & set(plain)):
        return "date"
    return "percent" if number in _PERCENT or "%" in plain else ""


def _number(value: str, kind: str) -> str:
    number = float(value)
    if kind == "date" and 0 <= number < 2_958_466:  # the year 10000
        return _moment(number)
    return f"{number * 100:.15g}%" if kind == "percent" else f"{number:.15g}"


def _moment(days: float) -> str:
    moment = (_EPOCH + dt.timedelta(days=days)).replace(microsecond=0)
    if days < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if days == int(days) else moment.isoformat(sep=" ")
