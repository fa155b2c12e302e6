"""Latin letters that a translation keeps: HbA1c, FGFR3, DNA, vitamin C."""

import re
import unicodedata
from collections.abc import Iterator

from evaluator.lint.quantities import units
from evaluator.translation import symbols

# A Latin letter's name in Persian: DNA is also دی‌ان‌ای, vitamin C ویتامین ث or سی.
_NAMES = {
    **{"a": "ای|آ|ا", "b": "بی|ب", "c": "سی|ث|س", "d": "دی|د", "e": "ایی|ای|ئی|ا", "f": "اف", "g": "جی"},
    **{"h": "اچ|اِیچ", "i": "آی|ای", "j": "جی|جِی", "k": "کی|کا|ک", "l": "ال", "m": "ام", "n": "ان", "o": "او|اُ"},
    **{"p": "پی|پ", "q": "کیو", "r": "آر", "s": "اس", "t": "تی|ت", "u": "یو", "v": "وی", "w": "دبلیو", "x": "ایکس"},
    **{"y": "وای", "z": "زد|زِد"},
}
_TOKEN = re.compile(r"[A-Za-z0-9]{1,40}(?:[-–/][A-Za-z0-9]{1,40}){0,4}")
_ROMAN = re.compile(r"(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})")
_COUNTED = re.compile(
    r"\d+(?:st|nd|rd|th|s|[a-z]{1,6}|[A-Z]|mL|dL|mmHg|mEq|kDa|kPa|[kM]?Hz|[mk]?Pa|(?:[-–][a-z]{1,40}){1,4})", re.ASCII
)
_NUMBER = re.compile(r"\d ?°? ?\Z")
_JOINS = re.compile("[\\s\u200c\u200d.،,-]+")
MOST = 200
"""Codes of one text that are looked for."""
MOST_SPELLED = 6
"""Letters of an abbreviation that is looked for by the names of its letters."""


def codes(text: str) -> list[str]:
    """The tokens that are no words, in order: letters with digits, several capitals, a capital alone but A and I.

    Figures with a unit (5mg, 2 L, 3rd) are amounts, II and IV numbers, and neither is here.
    """
    return [code for code, _ in _codes(text)]


def romans(text: str) -> set[int]:
    """The numbers in Roman figures: type II is also «نوع ۲»."""
    return {_value(token) for token in _tokens(text) if _ROMAN.fullmatch(token)}


def lost(source: str, text: str) -> list[str]:
    """The codes of a text that its translation has neither as they are nor by the Persian names of their letters."""
    here = {_folded(token) for token in _tokens(text)}
    here |= {_folded(part) for token in _tokens(text) for part in re.split(r"[-–/]", token)}
    joined = _JOINS.sub("", text)
    found = []
    for code, counted in list(dict.fromkeys(_codes(source)))[:MOST]:
        parts = {_folded(part) for part in re.split(r"[-–/]", code)}
        kept = _folded(code) in here or parts <= here or _spelled(code, joined)
        if not kept and not (counted and symbols.in_words(code, joined)):
            found.append(code)
    return found


def _codes(text: str) -> Iterator[tuple[str, bool]]:
    """Each code, and whether a number stands before it: then it may be a unit, as in 10 U or 10^9/L."""
    told = unicodedata.normalize("NFKC", text)
    for match in _TOKEN.finditer(told):
        code, before = match[0], told[max(0, match.start() - 3) : match.start()]
        counted = code[0].isdigit() or bool(_NUMBER.search(before))
        measures = counted and units(f"1 {code}") and not symbols.by_case(code)
        if _is_code(code) and not measures:
            yield code, counted


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFKC", text))


def _is_code(token: str) -> bool:
    capitals = sum(map(str.isupper, token))
    if _ROMAN.fullmatch(token) or _COUNTED.fullmatch(token) or not any(map(str.isalpha, token)):
        return False
    if len(token) == 1:
        return capitals == 1 and not set("AI") & set(token)
    return capitals >= 2 or any(map(str.isdigit, token))


def _spelled(code: str, joined: str) -> bool:
    letters = [c for c in code.lower() if c.isalnum()]
    if not 1 <= len(letters) <= MOST_SPELLED or not all(c in _NAMES for c in letters):
        return False
    if len(letters) == 1:
        return re.search(rf"(?:{_NAMES[letters[0]]})", joined) is not None
    return re.search("".join(f"(?:{_NAMES[c]})" for c in letters), joined) is not None


def _folded(token: str) -> str:
    return re.sub(r"[-–/]", "", token).lower()


def _value(roman: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[c] for c in roman]
    return sum(-v if n + 1 < len(values) and v < values[n + 1] else v for n, v in enumerate(values))
