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
    return _UNCLOSED.sub(lambda m: html5[f"{m[1]};"], "".join(reader.pieces))


@dataclass
class _Reader:
    """Reads once from left to right: entities that decode to parts of others nest without end in hostile input.

    Of each ampersand that may begin an entity: where it stands among the pieces, and the name since.
    """

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def read(self, piece: str) -> None:
        waiting = [piece]
        while waiting:
            piece = waiting.pop()
            if piece == ";":
                waiting += reversed(self._closed())
                continue
            if piece == "&":
                self.starts.append(len(self.pieces))
                self.names.append("")
            elif self.names:
                self._name(piece)
            self.pieces.append(piece)

    def _name(self, piece: str) -> None:
        self.names[-1] += _IGNORED.sub("", piece).translate(_TO_ASCII)
        if not _NAME.fullmatch(self.names[-1]):
            self._give_up()

    def _closed(self) -> str:
        """What the entity that ends here stands for, still to be read; nothing where none does."""
        meaning = _meaning(self.names[-1]) if self.names else None
        if meaning is None:
            self._give_up()
            self.pieces.append(";")
            return ""
        self.names.pop()
        del self.pieces[self.starts.pop() :]
        return meaning

    def _give_up(self) -> None:
        """Nothing open is an entity: a name holds neither this character nor another ampersand."""
        self.starts.clear()
        self.names.clear()


def _meaning(name: str) -> str | None:
    if _NUMBER.fullmatch(name):
        code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        return html.unescape(f"&{name};") or chr(code)  # HTML forbids some; they part two numbers all the same
    return html5.get(f"{name};")
