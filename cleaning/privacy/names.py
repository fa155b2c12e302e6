"""Names of patients and doctors: after a title, where somebody gives a name or signs, and given name with surname."""

import re
from collections.abc import Iterator

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.privacy.called import NO_NAME_HERE, honoured, introduced_in_one_word, of_parent
from cleaning.privacy.hints import (
    ALSO_GIVEN,
    DOTTED_TITLE,
    GIVEN,
    GIVEN_AM,
    INTRODUCED,
    LATIN_TITLE,
    SIGNED,
    TITLE,
    TITLES,
    TOLD,
    any_given,
)
from cleaning.privacy.name_words import (
    BETWEEN,
    LETTER,
    WORD,
    is_certain,
    is_given,
    is_name,
    is_surname,
    known_in,
    stands_last,
    word_before,
    words_at,
)
from cleaning.privacy.words import listed
from cleaning.record import Span

_DOCTORS = ("دکتر", "پروفسور", "پرفسور")
_DOTTED = re.compile(rf"(?<!{LETTER})د\. ?(?={LETTER})")
_OPTION = re.compile(rf"(?<!{LETTER})ج ?[.)\-]")
_OPTIONS = 400  # characters before the last of four answers to choose from that hold the third
_MY_DOCTOR = re.compile(
    rf"(?<!{LETTER})پزشک(?:{ZWNJ}?(?:م|ام|مون|مان)| معالج(?:{ZWNJ}?(?:م|ام|مون|مان|ش|شون|شان))?| من| ما| بنده)"
    rf"[ ،:]{{1,2}}(?={LETTER})"
)
_TITLE = re.compile(rf"(?:(?:{'|'.join(TITLES)})(?:استاد)?[ .:{ZWNJ}]{{0,3}}){{1,3}}(?={LETTER})")
_APART = re.compile(rf"(?:^|[^{LETTERS}{ZWNJ}])(?:و|از|با|به|ب|پیش|نزد|سلام)?$")
_LATIN = re.compile(
    r"(?<![A-Za-z])(?:(Dr|Prof)|Mrs?|Ms|Miss)(?:\. ?| )([A-Z][a-z]{2,15}(?:[ \-][A-Z][a-z]{2,15}){0,2})(?![A-Za-z])"
)
_KIN = (
    "دختر|پسر|همسر|شوهر|خانم|زن|مادر|مامان|پدر|بابا|برادر|داداش|خواهر|آبجی|فرزند|نوه|بچه|کودک|نوزاد|"
    "خواهر ?زاده|برادر ?زاده|عمو|عمه|خاله|دایی|مادر ?بزرگ|پدر ?بزرگ|مادر ?شوهر|پدر ?شوهر|"
    "مادر ?زن|پدر ?زن|عروس|داماد|نامزد|دوست"
).replace(" ?", f"[ {ZWNJ}]?")
_MY = f"(?:{ZWNJ}?(?:ام|مان|مون|ی?م)| (?:من|بنده|(?:کوچک|کوچیک|بزرگ|عزیز)(?:تر)?م))"
_TOLD = re.compile(
    rf"(?<!{LETTER})(?:اسم(?:م|{ZWNJ}م|ش|{ZWNJ}ش| من| بنده| بیمار)|نام(?: من| بنده| بیمار| پزشک)|"
    rf"(?:اسم|نام) (?:{_KIN}){_MY}|نام و نام خانوادگی|نام خانوادگی)(?: هم)?[ :«\"]{{1,3}}(?={LETTER})"
)
_OF_KIN = re.compile(
    rf"(?<!{LETTER})(?:{_KIN}){_MY}(?: (?:کوچک|کوچیک|بزرگ|عزیز)م?)?[ ،:«(\"]{{1,3}}"
    rf"(?:(?:آقا|خانم|سید|سیده|حاج) )?(?={LETTER})"
)
_THANKS = r"(?:با ?تشکر|با سپاس|ارادتمند|با احترام|ممنونم?|متشکرم?|مرسی|تشکر|احترام)"
_SIGNED = re.compile(rf"{_THANKS}[ .،,!:\n-]{{1,4}}({LETTER}+(?: {LETTER}+){{0,2}})[ .!\n]{{0,3}}$")
_SIGNATURE = 100  # characters at the end that may hold one
_THANKING = ("تشکر", "سپاس", "ارادتمند", "احترام", "ممنون", "مرسی")
_SPECIALITY = re.compile(
    rf"[ {ZWNJ}]{{0,2}}(?::|[ ،,(–-]{{1,3}}(?:متخصص|فوق|جراح|روان{ZWNJ}?شناس|روان{ZWNJ}?پزشک|مشاور|مشاوره تغذیه|دکترای|"
    rf"استاد|عضو|بورد|کارشناس|رئیس|نورولوژیست)(?!{LETTER}))"
)
_NO_SURNAME = re.compile(r".*(?:لوژی|گرافی|تراپی|سکو?پی|شناسی|پزشکی|درمانی|جراحی|تومی|پاتی)")
_GOES_ON = re.compile(
    rf"[ {ZWNJ}]{{1,2}}(?:گفت|گفتن|گفتند|گفته|میگه|میگن|فرمود|تعیین|در|از|رو|را|بهم|بهش|عزیز|بزرگوار|گرامی|"
    rf"که|دیدن|رفتم|رفتیم|بودم|هستم|تجویز|نوشت|داد|راجع|سلام|با|مراجعه|دوباره|"
    rf"بی زحمت|و|ایا|آیا|لطفا|ممنون|خسته|من|صحبت)(?!{LETTER})"
)


def names(cast: str, hints: int) -> list[Span]:
    """Names of persons in a shadow, in order and without overlaps; the titles before them stay."""
    found: list[Span] = []
    for span in sorted(_all(cast, hints), key=lambda span: (span.start, -span.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
    return found


def _all(cast: str, hints: int) -> Iterator[Span]:
    if hints & TITLE:
        yield from _titled(cast, hints)
    if hints & LATIN_TITLE:
        for match in _LATIN.finditer(cast):
            yield Span("doctor_name" if match[1] else "person_name", *match.span(2))
    for hint, search in ((DOTTED_TITLE, _dotted), (GIVEN | ALSO_GIVEN, _of_my_doctor)):
        if hints & hint:
            yield from (Span("doctor_name", *found) for found in search(cast))
    for hint, search in (
        (TOLD, _told),
        (INTRODUCED, _introduced),
        (SIGNED, _signed),
        (GIVEN, _beside_given),
        (GIVEN | ALSO_GIVEN, honoured),
        (GIVEN_AM, introduced_in_one_word),
    ):
        if hints & hint:
            yield from (Span("person_name", *found) for found in search(cast))


def _titled(cast: str, hints: int) -> Iterator[Span]:
    last = 0
    for start in sorted(_positions(cast, hints)):
        match = _TITLE.match(cast, start) if start >= last else None
        if (
            not match
            or not _APART.search(cast[max(0, start - 5) : start])
            or word_before(cast, start) in listed("before_no_name.txt")
        ):
            continue
        titles, last = match[0], match.end()
        doctor = any(title in titles for title in _DOCTORS)
        end = _name_end(cast, last, doctor=doctor, glued=titles[-1] not in f" .:{ZWNJ}")
        if end:
            yield Span("doctor_name" if doctor else "person_name", last, end)


def _dotted(cast: str) -> Iterator[tuple[int, int]]:
    """«د.کریمی», «د. مریم رضایی»; not the last of four answers to choose from."""
    for match in _DOTTED.finditer(cast):
        words = words_at(cast, match.end())
        known = known_in(words)
        listed_before = _OPTION.search(cast, max(0, match.start() - _OPTIONS), match.start())
        if known and _is_sure(words[0][0]) and not listed_before:
            yield match.end(), words[known - 1][1]


def _of_my_doctor(cast: str) -> Iterator[tuple[int, int]]:
    """«پزشک معالجم نرگس قاسمی»: a given name with a surname, right after."""
    if "پزشک" not in cast:
        return
    for match in _MY_DOCTOR.finditer(cast):
        words = words_at(cast, match.end())
        known = known_in(words)
        if known > 1 and is_certain(words[0][0]) and any(is_surname(word) for word, _ in words[1:known]):
            yield match.end(), words[known - 1][1]


def _positions(cast: str, hints: int) -> Iterator[int]:
    for title, hint in TITLES.items():
        at = cast.find(title) if hints & hint else -1
        while at >= 0:
            yield at
            at = cast.find(title, at + 1)


def _name_end(cast: str, start: int, *, doctor: bool, glued: bool) -> int | None:
    """Where the name that begins at `start` ends; None where there is none."""
    first, placed = WORD.match(cast, start), doctor and not glued
    if not first or not (is_name(first[0]) or (placed and first[0] not in listed("never_names.txt"))):
        return None
    words = words_at(cast, start)
    if placed and (end := _in_place(cast, words)):
        return end
    known = known_in(words)
    if known and (known > 1 or _is_sure(words[0][0]) or (placed and _stands(cast, words[0]))):
        return words[known + _unknown_after(cast, words, known, doctor) - 1][1]
    if not known and placed and _is_nisba(words[0][0]) and _stands(cast, words[0]):
        return words[0][1]
    return None


def _in_place(cast: str, words: list[tuple[str, int]]) -> int | None:
    """The end of two words or more between «دکتر» and a speciality or a colon: a name, whatever the words are."""
    for count, (word, end) in enumerate(words, 1):
        if word in listed("never_names.txt"):
            return None
        if count > 1 and _SPECIALITY.match(cast, end):
            return end
    return None


def _unknown_after(cast: str, words: list[tuple[str, int]], known: int, doctor: bool) -> int:
    """How many unknown words belong to the name still: a surname that no list has, in a name's place."""
    if known == len(words) or not (doctor or is_given(words[known - 1][0])):
        return 0
    word, after = words[known], words[known + 1 :]
    if is_given(words[known - 1][0]) and doctor and word[0] not in listed("never_names.txt"):
        if after and is_surname(after[0][0]):
            return 2
        return int(stands_last(cast, word))
    return int(_is_nisba(word[0]) and stands_last(cast, word))


def _is_sure(word: str) -> bool:
    return is_given(word) or is_surname(word)


def _is_nisba(word: str) -> bool:
    """An unknown word of a surname's form."""
    return (
        word.endswith("ی") and len(word) > 4 and not (word in listed("never_names.txt") or _NO_SURNAME.fullmatch(word))
    )


def _stands(cast: str, word: tuple[str, int]) -> bool:
    """What comes after the word is what comes after a person's name."""
    return stands_last(cast, word) or _GOES_ON.match(cast, word[1]) is not None


def _told(cast: str) -> Iterator[tuple[int, int]]:
    for match in _TOLD.finditer(cast):
        words = words_at(cast, match.end())
        known = known_in(words)
        if known < len(words) and (bare := _without_is(words[known][0])):
            yield match.end(), words[known][1] - len(words[known][0]) + len(bare)
        elif known and ("ش" not in match[0] or is_given(words[0][0])):  # a drug has a name too
            yield match.end(), words[known - 1][1]


def _without_is(word: str) -> str | None:
    """The name in «زهراست», «الهامه»; None where what is before the verb is no given name."""
    for ending in ("ست", "س", "ه"):
        bare = word.removesuffix(ending)
        if bare != word and is_certain(bare) and (ending == "ه" or bare.endswith("ا")):
            return bare
    return None


def _signed(cast: str) -> Iterator[tuple[int, int]]:
    tail = cast[-_SIGNATURE:]
    if not any(thanks in tail for thanks in _THANKING):
        return
    match = _SIGNED.search(cast, max(0, len(cast) - _SIGNATURE))
    if match:
        words = words_at(cast, match.start(1))
        if all(is_name(word) for word, _ in words) and any(is_certain(word) for word, _ in words):
            yield match.span(1)


def _introduced(cast: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer("هستم", cast):
        yield from _before_am(cast, match.start())


def _before_am(cast: str, end: int) -> Iterator[tuple[int, int]]:
    """«آرش هستم», «من مریم رضایی هستم»: the one to three names right before the verb."""
    kept: list[re.Match[str]] = []
    for word in reversed([*WORD.finditer(cast, max(0, end - 40), end)][-3:]):
        after = kept[0].start() if kept else end
        if not (is_name(word[0]) and BETWEEN.fullmatch(cast, word.end(), after)):
            break
        kept.insert(0, word)
    if kept and any(is_certain(match[0]) for match in kept):
        yield kept[0].start(), kept[-1].end()


def _beside_given(cast: str) -> Iterator[tuple[int, int]]:
    """What a given name that is nothing else gives away."""
    if any_given(cast):
        yield from _of_kin(cast)
        yield from of_parent(cast)
        yield from _pairs(cast)


def _of_kin(cast: str) -> Iterator[tuple[int, int]]:
    """«دخترم نازنین زهرا», «پسرم امیرعلی»: the names right after a relative."""
    for match in _OF_KIN.finditer(cast):
        words = words_at(cast, match.end())
        known = known_in(words)
        if any(is_given(word) for word, _ in words[:known]) and not NO_NAME_HERE.match(cast, match.end()):
            yield match.end(), words[known - 1][1]


def _pairs(cast: str) -> Iterator[tuple[int, int]]:
    """A given name and, right after it, a surname; not of a saint, a street or a hospital."""
    last = 0
    for match in [word for word in WORD.finditer(cast) if is_given(word[0])]:
        if match.start() < last:
            continue
        words = words_at(cast, match.start())
        known = known_in(words)
        if any(is_surname(word) for word, _ in words[1:known]) and word_before(cast, match.start()) not in listed(
            "before_no_name.txt"
        ):
            last = words[known - 1][1]
            yield match.start(), last
