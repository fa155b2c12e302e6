"""Numbers and units that a translation keeps: in any digits, with any decimal sign, as figures or as words."""

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from evaluator.lint import quantities
from evaluator.lint.numerals import figured
from evaluator.lint.quantities import Amount, is_quantity, numbers, spelled, units
from evaluator.lint.words import plain
from evaluator.translation.codes import romans
from evaluator.translation.symbols import by_case

_SLASHED = re.compile(r"(?<![\d/.])(\d{1,6})/(\d{1,6})(?![\d/.])")
_HYPHEN = re.compile(r"(?<=\d)-(?=[^\W\d_])")
# What is written in several ways, brought to the one that `quantities` reads.
_SPELT = (
    (re.compile(r"(?<=متر) (?=جیوه)|(?<=اکی) (?=والان)"), ""),
    (re.compile(r" (?:به ازا[یء]?|در|بر|برای) هر "), "/"),
    (re.compile(r"گیج(?: شماره)? (\d{1,6})"), r"\1 گیج"),
    (re.compile(r" ?(?:درجه|degrees?) (?:ی )?(?:فارنهایت|fahrenheit)"), "°f"),
    (re.compile(r" ?(?:درجه|degrees?) (?:ی )?(?:سانتی ?گراد|سلسیوس|celsius|centigrade)| ?°C"), "°"),
)
_AFTER = re.compile(r"(?<=\d)(\s?)([^\W\d_]{1,30})")
_ENDINGS = ("های", "گی", "ای", "ه", "ی")  # of an adjective: ساله‌ای, سالگی, ساله, کیلوگرمی
SHOWN = 6


class Difference(NamedTuple):
    """What stands in one text alone; `changed` are numbers that stand in both with another unit."""

    lost: list[Amount]
    added: list[Amount]
    changed: list[Amount]


def difference(source: str, text: str) -> Difference:
    """The amounts that two texts do not share. Equal amounts (1 g, 1000 mg) are the same, and words are figures.

    As often as a number stands in the one it stands in the other: a number that was dropped is not made good by an
    equal one elsewhere.
    """
    there, here = _amounts(source, text), _amounts(text, source)
    gone, new = _without(there, here), _without(here, there)
    units_of: dict[Fraction, set[str]] = {}
    for amount in new:
        units_of.setdefault(amount.number, set()).add(amount.unit)
    same = {amount.number for amount in gone} & units_of.keys()
    # A number may have lost its unit or have another; one more may have stood elsewhere: weeks 11.
    changed = [a for a in gone if a.number in same and (a.unit or "%" in units_of[a.number])]
    words_here, words_there = _in_words(text), _in_words(source)
    lost = [a for a in gone if a.number not in same and a.number not in words_here]
    added = [a for a in new if a.number not in same and a.number not in words_there]
    return Difference(lost, added, changed)


def said(amounts: list[Amount]) -> str:
    """Amounts for a line of evidence."""
    return ", ".join(map(str, amounts[:SHOWN])) + (", …" if len(amounts) > SHOWN else "")


def _amounts(text: str, other: str) -> list[Amount]:
    option = is_quantity(text) and is_quantity(other)
    told = _decimals(plain(figured(text, weak=option)), set(numbers(figured(other))))
    for spelt, read in _SPELT:
        told = spelt.sub(read, told)
    told = _AFTER.sub(_unit, _HYPHEN.sub(" ", told))
    return quantities.amounts(told)


def _unit(after: re.Match[str]) -> str:
    """The word after a number without the ending that makes an adjective of a unit."""
    space, word = after[1], after[2]
    if by_case(word):
        return " gauge" if word == "G" else " ·"
    bare = (word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending))
    return space + (word if units(f"1 {word}") else next((unit for unit in bare if units(f"1 {unit}")), word))


def _decimals(text: str, other: set[Fraction]) -> str:
    """37/2 is how Persian writes 37.2, and 2/37 how that comes out of a wrong direction: so where the other has it."""

    def read(slashed: re.Match[str]) -> str:
        tried = (f"{slashed[1]}.{slashed[2]}", f"{slashed[2]}.{slashed[1]}")
        return next((number for number in tried if Fraction(number) in other), slashed[0])

    return _SLASHED.sub(read, text)


def _without(amounts: list[Amount], others: list[Amount]) -> list[Amount]:
    left = Counter((a.value, a.unit) for a in others)
    return list(_unmatched(amounts, left))


def _unmatched(amounts: list[Amount], left: Counter[tuple[Fraction, str]]) -> Iterator[Amount]:
    for amount in amounts:
        if left[amount.value, amount.unit]:
            left[amount.value, amount.unit] -= 1
        else:
            yield amount


def _in_words(text: str) -> set[Fraction]:
    return spelled(text) | set(map(Fraction, romans(text)))
