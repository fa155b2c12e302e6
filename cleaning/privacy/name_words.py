"""Which words are parts of names, and which of them stand one after the other in a shadow."""

import re
from functools import cache

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.privacy.words import Table, listed

WORD = re.compile(f"[{LETTERS}]+(?:{ZWNJ}[{LETTERS}]+)*")
LETTER = f"[{LETTERS}{ZWNJ}]"
BETWEEN = re.compile(f"[ {ZWNJ}]{{1,3}}")
MOST = 4  # words of a name: two given names and a surname of two

_SURNAME_END = re.compile(
    r".{2,}(?:زاده|پور|نژاد|وند|نسب|منش|خواه|زایی|الدینی|آبادی|ابادی|اللهی|الهی)|.{3,}(?:نیا|فرد|یان|لو|مهر|کیا|فر|راد)"
)
_SURNAME_START = re.compile(r"(?:میر(?!ز|س|ف|یخ|و)|پور|حاج|عبدال|نیک|محمد|علی|حسین|حسن).{2,}(?:ی|یان|دست|دین|خان|مقدم)")
ENDS_NAME = re.compile(
    rf"[ {ZWNJ}]{{0,3}}(?:[.،,:؛!؟?)\n(»/–-]|$|متخصص|فوق|جراح|عزیز|گرامی|هستم|سلام|روانشناس|روانپزشک)"
)


def is_given(word: str) -> bool:
    """A given name that is nothing else."""
    return bool(SORTS[word] & _GIVEN)


def is_surname(word: str) -> bool:
    """A surname by the list or by its ending."""
    return bool(SORTS[word] & _SURNAME)


def is_name(word: str) -> bool:
    """What may be a part of a name: a given name, a surname, or a word that is also one."""
    return bool(SORTS[word])


def _sort(word: str) -> int:
    bare = word.replace(ZWNJ, "")
    return (
        (_GIVEN if bare in listed("given_names.txt") else 0)
        | (_SURNAME if bare in listed("surnames.txt") or _has_surnames_form(bare) else 0)
        | (_AMBIGUOUS if bare in listed("ambiguous_names.txt") else 0)
    )


def _has_surnames_form(bare: str) -> bool:
    if _SURNAME_START.fullmatch(bare):
        return True
    return bool(_SURNAME_END.fullmatch(bare)) and not bare.endswith(_other_endings())


@cache
def _other_endings() -> tuple[str, ...]:
    return tuple(listed("no_surname_ends_so.txt"))


_GIVEN, _SURNAME, _AMBIGUOUS = 1, 2, 4
SORTS = Table(_sort, 1 << 15)


def is_certain(word: str) -> bool:
    return is_given(word) or word in listed("also_given_names.txt")


def words_at(cast: str, start: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    while len(found) < MOST and (word := WORD.match(cast, start)):
        found.append((word[0], word.end()))
        between = BETWEEN.match(cast, word.end())
        if not between:
            break
        start = between.end()
    return found


def word_before(cast: str, start: int) -> str:
    words = WORD.findall(cast, max(0, start - 16), start)
    return words[-1] if words else ""


def known_in(words: list[tuple[str, int]]) -> int:
    """How many of the words, from the first on, are a name; what only praises or goes on is none."""
    known = 0
    while known < len(words) and is_name(words[known][0]):
        known += 1
    while known and words[known - 1][0] in listed("never_last.txt"):
        known -= 1
    return known


def stands_last(cast: str, word: tuple[str, int]) -> bool:
    """Nothing comes after the word that a sentence would go on with."""
    return ENDS_NAME.match(cast, word[1]) is not None
