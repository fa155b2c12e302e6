"""Whether a text names an option only to turn it down: `[A] را رد می‌کنم`, `Rule out B`, `the distractor is C`."""

import re
from collections.abc import Iterator

from evaluator.letters.doubts import CUT, clause, unsaid
from evaluator.letters.signs import sought, spelt

_LATIN = re.compile("[a-z]")
_FAR = 70
"""How far behind an option's name what turns it down may stand, in characters."""


def _begun(*words: str) -> str:
    """English words so begun, small or capital; each pattern itself begins with a plain character, to be quick."""
    return "|".join(rf"{w[1:]}(?<=\b[{w[0].upper()}{w[0]}]{w[1:]})" for w in words)


def _whole(*words: str) -> str:
    return rf"(?:{_begun(*words)})\b"


_LATIN_BAD = "|".join(
    [
        *(_whole(word) for word in ("not", "nor", "neither", "never", "cannot", "least", "trap", "mistake", "hardly")),
        _begun("wrong", "incorrect", "false", "worst", "worse", "weakest", "unlikely", "distractor", "decoy", "nobody"),
        _begun("eliminat", "exclud", "reject", "discard", "dismiss", "refus", "avoid", "ruled", "tempting"),
        "n['’]t",
    ]
)
_OUT = _begun(
    "rule", "ruling", "strike", "omit", "drop", "skip", "forget", "except", "decline", "hesitate", "cross out"
)
_CALLED = "|".join(
    [
        *(rf"{sought(word)}(?![\s\u200c]?(?:نیست|نمی))" for word in ("نادرست", "ناصحیح", "غلط", "اشتباه")),
        *map(sought, ("بدترین", "نامحتمل", "منتفی", "مردود", "بعید", "وسوسه", "نباید")),
        *(rf"{sought(word)}[\s\u200c]?ترین" for word in ("ضعیف", "دور")),
        rf"{sought('کم')}(?:ترین)?[\s\u200c]?احتمال",
        r"خط\s(?:می|زد|بزن)",
        rf"{sought('نمی')}[\s\u200c]?(?:توان|زن)",
    ]
)
_NO = r"\s(?:(?:هم|نیز|من|ما)\s)?(?:نیست|نمی|نبود|نباشد)"
_PERSIAN_BAD = spelt(
    "|".join(
        [
            _CALLED,
            *(rf"{sought(word)}(?<![\w\u200c]{word})(?!\w)" for word in ("دام", "رد", "حذف", "کنار")),
            *(rf"{sought(word)}(?<!نا{word}){_NO}" for word in ("درست", "صحیح", "مناسب")),
            *(f"{sought(word)}{_NO}" for word in ("پاسخ", "جواب", "گزینه")),
            *"❌✗✘✖",
        ]
    )
)
_ALL_BUT = r"جز\s(?<=به جز\s)|جز\s(?<=\u200cجز\s)|همه (?:[^.\n]{0,20}\s)?جز\s"
_SAID_NO = spelt(
    "|".join(
        [
            *(rf"{word}\s(?:نمی|انتخاب\sن|قبول\sن)" for word in ("را", "رو")),
            "صرف[\\s\u200c]?نظر",
            *(f"{sought(word)}ی[^.\\n]{{0,20}}ندارد" for word in ("ربط", "نقش", "ارتباط", "جا")),
            *(
                rf"{word}(?<!رست\s{word})(?<!صحیح\s{word})(?<!غلط\s{word})(?<!شتباه\s{word})"
                for word in ("نیست", "نبود")
            ),
            "نمی[\\s\u200c]?باشد",
            r"نه\Z(?<=\sنه)",
        ]
    )
)
_BEFORE = re.compile(f"{_LATIN_BAD}|{_OUT}|thing but"), re.compile(f"{_PERSIAN_BAD}|{_ALL_BUT}")
_BEHIND = re.compile(rf"{_LATIN_BAD}|{_whole('out')}"), re.compile(f"{_PERSIAN_BAD}|{_SAID_NO}")
_STOPS = re.compile(
    r"[.!?؟؛;\n،,(\s](?:(?<!\s)|(?<=\n)|(?:(?:that|which|who|because|since|as|and|but|so|than|instead|rather|over)\s"
    + spelt(r"|(?:این گزاره|که(?!\sنیست)|زیرا|چون|چرا|اما|ولی|و|بلکه|نه)\s))")
)


def dismissed(text: str, start: int, end: int) -> bool:
    """Whether the option that is named from `start` to `end` is turned down, or named by others, in its own clause."""
    before = clause(text, start)
    if any(not CUT.search(before, found.end()) for found in _all(_BEFORE, before)) or unsaid(text, start):
        return True
    stop = _STOPS.search(text, end, end + _FAR)
    return next(_all(_BEHIND, text[end : stop.start() if stop else end + _FAR]), None) is not None


def _all(patterns: tuple[re.Pattern[str], re.Pattern[str]], passage: str) -> Iterator[re.Match[str]]:
    """All that is found of the Latin pattern, and of the Persian one where there is Persian."""
    if _LATIN.search(passage):
        yield from patterns[0].finditer(passage)
    if not passage.isascii():
        yield from patterns[1].finditer(passage)
