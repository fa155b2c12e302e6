"""Searching documents by words, whatever letters and digits they are written with: Arabic or Persian, joined or not."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from storage.errors import UsageError
from storage.models import Document, SearchText

SHORTEST = 3  # letters of a trigram: an index of these knows nothing of less
LONGEST = 200
MOST_WORDS = 8
JOINED = "\u200c"
MARK = "\ue000"  # of private use: folding leaves it


def conditions(session: Session, words: str) -> list[ColumnElement[bool]]:
    """What a query of documents has to meet so that each holds every word, in whatever place, edited texts included.

    Raises UsageError, in Persian, where no word has SHORTEST letters, and for more than MOST_WORDS or LONGEST letters.
    """
    wanted = patterns(session, words)
    holds = select(SearchText.document_id).where(
        *(or_(*(SearchText.folded.like(each) for each in ways)) for ways in wanted)
    )
    return [Document.id.in_(holds)]


def patterns(session: Session, words: str) -> Sequence[Sequence[str]]:
    """Each word as LIKE takes it, folded by the very function that folded the texts.

    One with half-spaces in two ways, joined and apart: the texts have both.
    """
    if len(words) > LONGEST or "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        raise UsageError(f"جست‌وجو حداکثر {LONGEST} نویسه دارد و نویسهٔ ناقص نمی‌پذیرد.")
    marked = words.replace(MARK, "").replace(JOINED, MARK)
    split = [word.split(MARK) for word in (session.scalar(select(func.search_folded(marked))) or "").split()]
    folded = [[part for part in parts if part] for parts in split if any(parts)]
    if max((len("".join(parts)) for parts in folded), default=0) < SHORTEST:
        raise UsageError(f"دست‌کم یک واژهٔ {SHORTEST} حرفی بنویسید.")
    if len(folded) > MOST_WORDS:
        raise UsageError(f"حداکثر {MOST_WORDS} واژه بنویسید.")
    ways = [("".join(parts), " ".join(parts))[: len(parts)] for parts in folded]
    return [[f"%{_literal(each)}%" for each in word] for word in ways]


def found(session: Session, words: str, most: int = 100) -> list[uuid.UUID]:
    """The ids of documents that hold every word, in the order of ids."""
    query = select(Document.id).where(*conditions(session, words)).order_by(Document.id)
    return list(session.scalars(query.limit(most)))


def _literal(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
