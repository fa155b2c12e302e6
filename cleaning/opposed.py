"""Words that no other of their sort may stand for: numbers, drugs, diseases, and what is said or denied.

«500» for «5», one drug for another and «ندارد» for «دارد» are each one word of many, and another content. A word string
hides its words, so these have ranges of characters of their own.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cleaning.folding import fold, word_string
from cleaning.medical.mentions import places
from cleaning.verbs import PARTICIPLES, VERBS

_RANGE = 1 << 16
_NUMBERS, _DRUGS, _DISEASES, _SAID = range(0xD0000, 0x110000, _RANGE)
_FIRST = chr(_NUMBERS)
_NUMBER_WORDS = {
    fold(word): str(value)
    for value, words in {
        0: "صفر",
        0.25: "ربع",
        0.5: "نیم نصف",
        1: "یک اول اولین یکبار",
        2: "دو دوم دومین دوبار",
        3: "سه سوم سومین سه‌بار",
        4: "چهار چهارم",
        5: "پنج پنجم",
        6: "شش ششم",
        7: "هفت هفتم",
        8: "هشت هشتم",
        9: "نهم",
        10: "ده دهم",
        11: "یازده",
        12: "دوازده",
        13: "سیزده",
        14: "چهارده",
        15: "پانزده",
        16: "شانزده",
        17: "هفده هیفده",
        18: "هجده هیجده",
        19: "نوزده",
        20: "بیست",
        24: "بیست‌وچهار",
        40: "چهل",
        50: "پنجاه",
        60: "شصت",
        70: "هفتاد",
        80: "هشتاد",
        90: "نود",
        100: "یکصد",
        1000: "هزار",
    }.items()
    for word in words.split()
}
"""Without those that are other words too: نه «no», سی «cc», صد «per cent»."""

_PERSONS = ("م", "ی", "یم", "ید", "ند")
_OPPOSITES = {
    fold(word): (said, denied)
    for said, words in {
        **{f"هست{person}": (f"هست{person}", f"نیست{person}") for person in _PERSONS},
        "هست": ("هست است", "نیست"),
        "می": ("می", "نمی"),
        "بله": ("بله آره آری", "نه خیر"),
        "با": ("با", "بدون"),
        "قبل": ("قبل", "بعد"),
        "مجاز": ("مجاز", "ممنوع غیرمجاز"),
        "افزایش": ("افزایش", "کاهش"),
        "بالا": ("بالا", "پایین"),
        "کم": ("کم", "زیاد"),
        "مفید": ("مفید", "مضر"),
        "راست": ("راست", "چپ"),
        "بیش": ("بیش بیشتر", "کمتر"),
        "دختر": ("دختر دخترم دخترش دخترک", "پسر پسرم پسرش پسرک"),
        "زن": ("زن خانم", "مرد آقا"),
        "مثبت": ("مثبت", "منفی"),
    }.items()
    for denied, side in enumerate(words)
    for word in side.split()
}
_FORMS = frozenset(map(fold, VERBS | {word for word in PARTICIPLES if not word.startswith("ن")}))
_PREFIXES = (("نمی", 1), ("می", 0), ("نی", 1), ("بی", 0), ("ن", 1), ("ب", 0))


def marked_string(folded: str) -> str:
    """`cleaning.folding.word_string` with these words in ranges of their own.

    Two spellings of a number, a drug, a disease, or of a verb but for its negation share a character; other words that
    differ do so once in 800,000.
    """
    words = folded.split()
    characters = [*map(_character, words)]
    for first, last, name in places(words):
        if last - first > 1:
            named = chr(_name_point(name))
            for place in range(first, last):
                if not _name(words[place]):  # «سرطان» in سرطان معده is as good without it
                    characters[place] = named
    return "".join(characters)


def numbers(marked: str) -> str:
    """The numbers among the words of a marked string."""
    return "".join(word for word in marked if _NUMBERS <= ord(word) < _DRUGS)


def opposed(here: str, there: str) -> int:
    """How many words of the one stand against words of the other, two pieces of marked strings with none in common.

    Pieces of one length are held against one another word by word.
    """
    if len(here) == len(there) == 1:
        return int(here >= _FIRST and there >= _FIRST and _against(ord(here), ord(there)))
    if max(here, default="") < _FIRST or max(there, default="") < _FIRST:
        return 0
    if len(here) == len(there):
        return sum(map(_against, map(ord, here), map(ord, there)))
    ours, theirs = set(map(ord, here)), set(map(ord, there))
    return max(sum(_against_any(map(ord, here), theirs)), sum(_against_any(map(ord, there), ours)))


def _against_any(points: Iterable[int], others: set[int]) -> Iterator[bool]:
    sorts = Counter(other // _RANGE for other in others)
    for point in points:
        if point >= _SAID:
            yield point ^ 1 in others
        else:
            yield point >= _NUMBERS and sorts[point // _RANGE] > (point in others)


def _against(one: int, other: int) -> bool:
    if one >= _SAID:
        return one ^ 1 == other
    return one >= _NUMBERS and one // _RANGE == other // _RANGE and one != other


@lru_cache(maxsize=1 << 16)
def _character(word: str) -> str:
    return chr(_point(word))


def _point(word: str) -> int:
    if (number := _number(word)) is not None:
        return _NUMBERS + _hash(number, _RANGE)
    if name := _name(word):
        return _name_point(name)
    if said := _said(word):
        return _SAID + 2 * _hash(said[0], _RANGE // 2) + said[1]
    return ord(word_string(word)) * _NUMBERS // 0x110000


def _number(word: str) -> str | None:
    digits = "" if word.isalpha() else "".join(letter for letter in word if letter.isdigit())
    return digits or _NUMBER_WORDS.get(word)


def _said(word: str) -> tuple[str, int] | None:
    """What a word says, the same for its negation, and 1 for that."""
    if found := _OPPOSITES.get(word):
        return found
    if word in _FORMS:
        return word, 0
    for prefix, denied in _PREFIXES:
        if word.startswith(prefix) and (form := word[len(prefix) :]) in _FORMS:
            return form, denied
    return None


@lru_cache(maxsize=1 << 16)
def _name(word: str) -> str | None:
    """The drug or disease that the word names by itself."""
    return next((name for _, _, name in places([word])), None)


def _name_point(name: str) -> int:
    return (_DRUGS if name.startswith("drugs/") else _DISEASES) + _hash(name, _RANGE)


def _hash(text: str, size: int) -> int:
    return zlib.crc32(text.encode("utf-8", "replace")) % size
