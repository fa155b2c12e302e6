"""What each word of a text gives away: which searches can find anything there, told before one of them runs."""

import re
from collections.abc import Iterable
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.privacy.shadow import DIGITS, closed, shadow
from cleaning.privacy.words import Table, listed

(
    LONG_NUMBER,
    NUMBER,
    UNSEEN,
    ODD_PHONE,
    NAMED_NUMBER,
    ADDRESS,
    HOST,
    APART_HOST,
    SCHEME,
    AT,
    DOCTORS_HANDLE,
    NAMED_HANDLE,
    LATIN_TITLE,
    DOTTED_TITLE,
    TOLD,
    INTRODUCED,
    SIGNED,
    GIVEN,
    ALSO_GIVEN,
    GIVEN_AM,
) = (1 << bit for bit in range(20))
WEB = HOST | APART_HOST | SCHEME | AT | DOCTORS_HANDLE | NAMED_HANDLE
_TITLES = ("دکتر", "خانم", "خانوم", "آقای", "اقای", "جناب", "سرکار", "پروفسور", "پرفسور", "مهندس")
TITLES = {title: 1 << bit for bit, title in enumerate(_TITLES, 20)}
TITLE = sum(TITLES.values())
NAMES = TITLE | LATIN_TITLE | DOTTED_TITLE | TOLD | INTRODUCED | SIGNED | GIVEN | ALSO_GIVEN | GIVEN_AM

# What the searches' patterns cannot do without, in one word: where they have a space, the word ends. These begin with a
# letter, and look behind only after it, so that one table of first letters serves them all. Before «اسم»
# and «نام» may stand what is masked, so nothing is asked of that.
_LETTERS = {
    ODD_PHONE: rf"صفر(?![{LETTERS}]) صد(?<![^ه]صد)(?:{ZWNJ}|$)",
    NAMED_NUMBER: (
        rf"شماره شناسه رقم سریال کد(?!ام|وم) ش\. ش(?<![آ-ی{ZWNJ}]ش)(?![ا-ی]) پ(?<![آ-ی]پ)(?![ا-ی]) نپ(?![ا-ی]) "
        "نظام بیمه اجتماعی دفترچه پستی پرونده پروندم شناسنامه گذرنامه گواهینامه پاسپورت حساب"
    ),
    ADDRESS: "خیابان پلاک کوچه بلوار نبش آدرس ادرس نشانی",
    AT: rf"ا(?<![{LETTERS}]ا)(?:ت|د|دساین)(?![{LETTERS}])",
    NAMED_HANDLE: (
        "آیدی ایدی دی(?<!.دی)(?![گروسف]|د[^ک]|اب) یوزرنیم کاربری تلگرام اینستا واتس ایتا روبیکا سروش پیج کانال بله ایمو"
    ),
    DOTTED_TITLE: rf"د(?<![{LETTERS}{ZWNJ}]د)\.",
    TOLD: rf"اسم(?:{ZWNJ}?[مش])?(?:[:«\"]|$) نام$",
    INTRODUCED: "هستم",
    SIGNED: "تشکر سپاس ارادتمند احترام ممنون مرسی",
} | {bit: title for title, bit in TITLES.items()}
_OTHERS = {
    LONG_NUMBER: "[0-9]",
    NUMBER: r"[0-9][0-9\-/]{2}",
    ODD_PHONE: "09|98",
    NAMED_NUMBER: (
        r"MR#|HN(?:$|:)|(?i:zip|postal|passport|mrn|uhid|m\.r\.n|encounter|patient|visit|admission|accession|case|"
        "chart|file|record|order|specimen|sample|lab|study|reception|tracking)"
    ),
    HOST: r"[A-Za-z0-9\-]\.(?i:[a-z])|(?i:[a-z]\.[a-z])",
    APART_HOST: r"(?:^|\.)(?i:me|com)(?:/|$)",
    SCHEME: "(?i:h(?:tt|xx)p|ftp|www)",
    AT: r"@|(?:^|[\[({«<])(?i:at)(?:$|[\])}»>])",
    DOCTORS_HANDLE: "(?:dr|doctor)[._][a-z]",
    NAMED_HANDLE: "(?i:telegram|insta|whatsapp|eitaa|username)|(?<![A-Za-z])(?i:id)(?:$|[:=])",
    LATIN_TITLE: r"(?:Dr|Prof|Mrs?|Ms|Miss)(?:\.|$)",
}
_PLAIN = re.compile(f"[ءآؤئابپت-غف-قکگل-هوی{ZWNJ}.،؟!:؛()«»]*")  # is its own shadow and has none of the others

_UNSEEN_BESIDE = re.compile(f"[0-9]{ZWNJ}|{ZWNJ}[0-9]")
_WORD = re.compile(f"[{LETTERS}{ZWNJ}]+")

_Searches = list[tuple[int, re.Pattern[str]]]


def _first_letter_first(alternatives: Iterable[str]) -> str:
    """The alternatives in one pattern that asks for each first letter once."""
    grouped = groupby(sorted(alternatives), key=itemgetter(0))
    return "|".join(f"{first}(?:{'|'.join(each[1:] for each in group)})" for first, group in grouped)


_ANY_LETTERS = re.compile(_first_letter_first(" ".join(_LETTERS.values()).split()))
_ANY_OTHERS = re.compile("[0-9A-Za-z@]")
_EACH_LETTERS: _Searches = [(bit, re.compile(hints.replace(" ", "|"))) for bit, hints in _LETTERS.items()]
_EACH_OTHER: _Searches = [(bit, re.compile(hints)) for bit, hints in _OTHERS.items()]
_SEVEN_DIGITS = re.compile(rf"[{DIGITS}](?:[^{DIGITS}]{{0,3}}[{DIGITS}]){{6}}")


def hints_of(text: str) -> int:
    """The hints of all words of a text, as bits; none means that nothing is personal there.

    A hint is only a may be. It holds as well for what is left of the text once some of it is masked.
    """
    found = reduce(or_, set(map(_KNOWN.__getitem__, text.split())), 0)
    if found & LONG_NUMBER and not found & UNSEEN and not _SEVEN_DIGITS.search(text):
        found ^= LONG_NUMBER
    return found if found & ~(NUMBER | UNSEEN) else 0  # a short number tells nothing but beside its name


def any_given(cast: str) -> bool:
    """Whether a word of a shadow is a given name that is nothing else."""
    return not listed("given_names.txt").isdisjoint(_bare_words(cast))


def any_also_given(cast: str) -> bool:
    """Whether a word of a shadow is a given name and something else."""
    return not listed("also_given_names.txt").isdisjoint(_bare_words(cast))


def _bare_words(cast: str) -> list[str]:
    return cast.replace("(", " ").replace("،", " ").replace(".", " ").replace(ZWNJ, "").split()


def without_am(word: str) -> str | None:
    """The given name in «سارام», «فاطمه‌ام»; None where what is before the verb is no given name."""
    for ending in (f"{ZWNJ}ام", "م"):
        bare = word.removesuffix(ending)
        if bare != word and bare.replace(ZWNJ, "") in listed("given_names.txt"):
            return bare
    return None


def _of_word(word: str) -> int:
    plain = _PLAIN.fullmatch(word)
    cast = word if plain else shadow(word)
    if not plain and _UNSEEN_BESIDE.search(cast):
        bare, _ = closed(cast)
        return UNSEEN | _of_cast(cast) | _of_cast(bare)
    return _of_cast(cast, plain=bool(plain), alone=word.isalpha())


def _of_cast(cast: str, *, plain: bool = False, alone: bool = False) -> int:
    found = _of_given(cast, [cast] if alone else _bare_words(cast))
    if _ANY_LETTERS.search(cast):
        found |= _asked(cast, _EACH_LETTERS)
    if not plain and _ANY_OTHERS.search(cast):
        found |= _asked(cast, _EACH_OTHER)
    return found


def _of_given(cast: str, bare: list[str]) -> int:
    found = GIVEN if not listed("given_names.txt").isdisjoint(bare) else 0
    if not listed("also_given_names.txt").isdisjoint(bare):
        found |= ALSO_GIVEN
    if "م" in cast and any(map(without_am, _WORD.findall(cast))):
        found |= GIVEN_AM
    return found


def _asked(cast: str, searches: _Searches) -> int:
    return reduce(or_, (bit for bit, pattern in searches if pattern.search(cast)), 0)


_KNOWN = Table(_of_word, 1 << 17)
