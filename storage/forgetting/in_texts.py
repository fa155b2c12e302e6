"""Finding a text whatever digits and letters it is written with, and pages that quote one."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, func

from storage.errors import UsageError
from storage.models import Document

DIGITS = {chr(zero + n): str(n) for zero in (0x6F0, 0x660) for n in range(10)}
LETTERS = dict(zip("يىكةأإآٱؤئۀ\u00a0", "ییکهااااویه ", strict=True))
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u0640\u00ad" + (
    "".join(map(chr, (*range(0x64B, 0x653), 0x654, 0x655, 0x670)))
)
"""Joiners, direction marks, tatweel, vowel signs, hamzas that stand alone: a text reads the same without them."""
_GONE, _FOLD = str.maketrans(dict.fromkeys(UNSEEN, "")), str.maketrans(DIGITS | LETTERS)
SHORTEST, LONGEST = 3, 200
NUMBER = re.compile(r"\+?[0-9](?:[ ./()-]{0,3}[0-9]){6,24}")
"""Seven digits or more with what people put between them: found with other separators too, not inside a longer one."""
WINDOW = 8
OPENING = 40


def folded(text: str) -> str:
    """The text as the database's `search_folded` makes it, with single spaces: what is typed for each other is one."""
    seen = unicodedata.normalize("NFKC", text).translate(_GONE).lower()
    return " ".join(seen.replace("ؤو", "یو").translate(_FOLD).split())


def holds(pattern: str) -> ColumnElement[bool]:
    """Whether a document holds the pattern, literally. Raises UsageError for one of less than SHORTEST letters."""
    wanted = folded(pattern)
    if not SHORTEST <= len(wanted) <= LONGEST:
        raise UsageError(f"--text takes {SHORTEST} letters or digits at the least, {LONGEST} at the most")
    columns = (Document.title, Document.question, Document.answer, Document.text, Document.doctor)
    lists = (func.array_to_string(each, "\n") for each in (Document.tags, Document.categories))
    return func.search_folded(func.concat_ws("\n", *columns, *lists)).op("~")(expression(wanted))


def expression(wanted: str) -> str:
    """PostgreSQL's regular expression for a folded text in folded ones; of a number, with other separators."""
    if NUMBER.fullmatch(wanted):
        digits = [each for each in wanted if each.isdigit()]
        return f"(^|[^0-9]){'[ ./()-]{0,3}'.join(digits)}($|[^0-9])"
    return "".join(map(_written, wanted))


def _written(letter: str) -> str:
    if letter == " ":
        return r"\s+"
    return letter if letter.isalnum() else f"\\{letter}"


class Quotes:
    """Runs of WINDOW words of some texts, and their short titles as a whole: what a page is held against."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.runs: dict[int, set[str]] = {}
        for text in texts:
            words = folded(text).split()
            size = min(WINDOW, len(words))
            if size >= SHORTEST:  # one or two words name no record
                self.runs.setdefault(size, set()).update(_runs(words, size))

    def among(self, body: bytes) -> bool:
        """Whether a page's bytes quote one of the texts."""
        words = folded(html.unescape(re.sub(r"<[^<>]*>", " ", _decoded(body)))).split()
        return any(not runs.isdisjoint(_runs(words, size)) for size, runs in self.runs.items())


def _runs(words: list[str], size: int) -> Iterable[str]:
    return (" ".join(words[n : n + size]) for n in range(len(words) - size + 1))


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1256", "replace")  # what Persian pages are in that are not in UTF-8
