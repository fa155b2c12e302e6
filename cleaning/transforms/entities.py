"""HTML entities left in a text, also those escaped several times over."""

import html
import re
from dataclasses import dataclass, field
from html.entities import html5

from cleaning.alphabet import (
    ARABIC_DIGITS,
    ASCII_DIGITS,
    INVISIBLE,
    JOINERS,
    MARK_FORMS,
    MARKS,
    PERSIAN_DIGITS,
    TATWEEL,
    ZERO_WIDTH_SPACE,
)
from cleaning.steps import transform

_TOKEN = re.compile("[&;]|[^&;]+")
_IGNORED = re.compile(f"[{INVISIBLE}{MARKS}{MARK_FORMS}{JOINERS}{TATWEEL}{ZERO_WIDTH_SPACE}]")
_TO_ASCII = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS, ASCII_DIGITS * 2)
_NAME = re.compile("#?[0-9A-Za-z]{0,32}")  # the longest name HTML knows has 31 letters
_NUMBER = re.compile("#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})")
_UNCLOSED = re.compile(r"&(nbsp|zwnj)(?![A-Za-z0-9;=])")


@transform(spelling=True)
def entities(text: str) -> str:
    """Replace HTML entities by what they stand for; a bare ampersand (R&D, Q&A) stays.

    Characters that show nothing and digits in Persian do not hide a name: other steps would bring it to light.
    """
    if "&" not in text:
        return text
    reader = _Reader()
    for piece in _TOKEN.findall(text):
        reader.read(piece)
    return _UNCLOSED.sub(lambda m: html5[f"{m[1]};"], reader.end())


@dataclass
class _Open:
    """What stands since an ampersand that may begin an entity."""

    raw: list[str]
    name: str = ""


@dataclass
class _Reader:
    """Reads once from left to right: entities that decode to parts of others nest without end in hostile input."""

    done: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def read(self, piece: str) -> None:
        waiting = [piece]
        while waiting:
            piece = waiting.pop()
            if piece == "&":
                self.open.append(_Open(["&"]))
            elif piece == ";":
                waiting += reversed(self._closed())
            else:
                self._write(piece)

    def end(self) -> str:
        """The decoded text."""
        self._give_up()
        return "".join(self.done)

    def _closed(self) -> str:
        """What the entity that ends here stands for, still to be read; nothing where none does."""
        meaning = _meaning(self.open[-1].name) if self.open else None
        if meaning is None:
            self._give_up()
            self.done.append(";")
            return ""
        self.open.pop()
        return meaning

    def _write(self, piece: str) -> None:
        if not self.open:
            self.done.append(piece)
            return
        last = self.open[-1]
        last.raw.append(piece)
        last.name += _IGNORED.sub("", piece).translate(_TO_ASCII)
        if not _NAME.fullmatch(last.name):
            self._give_up()

    def _give_up(self) -> None:
        """Nothing open is an entity: a name holds neither this character nor another ampersand."""
        self.done += [piece for part in self.open for piece in part.raw]
        self.open.clear()


def _meaning(name: str) -> str | None:
    if _NUMBER.fullmatch(name):
        return html.unescape(f"&{name};")
    return html5.get(f"{name};")
