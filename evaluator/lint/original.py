"""A translation held against its original, item by item: what was lost, added or moved on the way."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median

from evaluator.lint.finding import Finding, shown
from evaluator.lint.numerals import figured
from evaluator.lint.quantities import amounts, is_quantity, numbers, same, spelled, units
from evaluator.lint.words import ARABIC, LATIN, folded, plain
from evaluator.published import Draft

SHORTER, LONGER, LENGTH = 0.35, 4.0, 25
"""Times the usual ratio of lengths outside of which a text lost or won something, and characters from which on an
original's length says anything."""
MATCHED = 0.5
"""Share of items that must have the original's key for the two files to be held together item by item."""
_CODE = re.compile(r"\b(?:[A-Z]{2,}\d*|[A-Z][a-z]?\d+[A-Za-z]?|[A-Z]+-\d+)\b")
_SLASHED = re.compile(r"(?<![\d/.])(\d{1,6})/(\d{1,6})(?![\d/.])")
_ROMAN = re.compile(r"[IVX]+")
WORDY = 12
"""Whole numbers up to here are written as words in running text, some joined to the next: «دوماهه», two months old."""


class Unlike(Exception):
    """The two files do not hold the same items."""


def against(benchmark: str, items: Sequence[Draft], originals: Sequence[Draft]) -> Iterator[Finding]:
    """Every difference that a translation may not make. Raises Unlike where the files do not belong together.

    Of the 1,089 MMLU items in Persian it tells 16: two pairs of options that became one word and one number lost from
    an option, all right; of 13 questions that lost a number, 10 did (8 are Fahrenheit or pounds beside metric figures)
    and 3 have it in words.
    """
    by_id = {each.id: each for each in originals}
    pairs = [(item, by_id[item.id]) for item in items if item.id in by_id]
    same = sum(item.answer == original.answer for item, original in pairs)
    if not pairs or same < MATCHED * len(items):
        raise Unlike(f"{same} of {len(items)} items have the key of the original's item of the same id")
    ratio = _usual_ratio([two for pair in pairs for two in _texts(*pair).values()])
    for item, original in pairs:
        yield from _shape(benchmark, item, original)
        for where, (text, source) in _texts(item, original).items():
            yield from _numbers(benchmark, item.id, where, (text, source))
            yield from _words(benchmark, item.id, where, (text, source))
            yield from _length(benchmark, (item.id, where), (text, source), ratio)


def _texts(item: Draft, original: Draft) -> dict[str, tuple[str, str]]:
    """Translation and original, by where they stand."""
    options = zip(item.lettered.items(), original.options, strict=False)
    return {"question": (item.question, original.question)} | {
        letter: (text, source) for (letter, text), source in options
    }


def _usual_ratio(texts: Sequence[tuple[str, str]]) -> float:
    """The median length of a translation over its original's; 1 where no original is long enough to tell."""
    ratios = [len(text) / len(source) for text, source in texts if text and len(source) >= LENGTH]
    return median(ratios) if ratios else 1.0


def _shape(benchmark: str, item: Draft, original: Draft) -> Iterator[Finding]:
    if len(item.options) != len(original.options):
        said = f"has {len(item.options)} options, the original {len(original.options)}"
        yield Finding(benchmark, item.id, "original_options", "error", said)
    elif item.answer != original.answer:
        key = original.lettered.get(str(original.answer), "")
        said = f"its key is {item.answer}, the original's {original.answer} «{shown(key, 40)}»"
        yield Finding(benchmark, item.id, "original_key", "error", said)
    told = [folded(option) for option in item.options]
    for place, option in enumerate(told):
        first = told.index(option)
        sources = original.options[first : first + 1] + original.options[place : place + 1]
        if first < place and len(sources) == 2 and not same(*sources):
            both = f"«{shown(sources[0], 40)}» and «{shown(sources[1], 40)}»"
            said = f"{both} were both made «{shown(item.options[place], 40)}»"
            yield Finding(benchmark, item.id, "merged_in_translation", "error", said)


def _numbers(benchmark: str, item: str, where: str, texts: tuple[str, str]) -> Iterator[Finding]:
    """Numbers that stand in one text and neither as figures, as words nor as an equal amount in the other."""
    text, source = texts
    running = where == "question" or not is_quantity(source)
    made, given = (figured(each, weak=not running) for each in texts)
    there = set(numbers(given))
    here = _read_as(made, there)
    lost = there - here - spelled(text) - _made_of(given, made)
    added = here - there - spelled(source) - _made_of(made, given)
    for what, which in (("lost", lost), ("added", added)):
        told = sorted(n for n in which if not (running and n <= WORDY and n.denominator == 1))
        if told:
            figures = ", ".join(f"{float(n):g}" for n in told[:6])
            at = _around(source if what == "lost" else text, told[0])
            said = (
                f"{where} has {what} {figures}: {at}"
                if running
                else f"{where} «{shown(source)}» became «{shown(text)}»"
            )
            yield Finding(benchmark, item, f"number_{what}", "warning" if where == "question" else "error", said)
    bare = not any(map(str.isalpha, text)) and "%" not in plain(text)
    if not running and here and bare and (gone := units(source)):
        said = f"{where} has lost its unit, {', '.join(sorted(gone))}: «{shown(source)}» became «{shown(text)}»"
        yield Finding(benchmark, item, "unit_lost", "warning", said)


def _made_of(text: str, other: str) -> set[Fraction]:
    """The numbers of a text whose amounts the other has in another unit: 1.25 mg and 1250 µg."""
    have = {(amount.value, amount.unit) for amount in amounts(other) if amount.unit}
    return {amount.number for amount in amounts(text) if (amount.value, amount.unit) in have}


def _read_as(text: str, there: set[Fraction]) -> set[Fraction]:
    """The numbers of a translation; 37/2, as Persian writes 37.2, and 2/37, as that comes out of a wrong direction,
    are that number where the original has it."""
    here = set(numbers(text))
    for whole, rest in _SLASHED.findall(plain(text)):
        meant = {Fraction(f"{whole}.{rest}"), Fraction(f"{rest}.{whole}")} & there
        if meant:
            here = here - {Fraction(whole), Fraction(rest)} | meant
    return here


def _around(text: str, number: Fraction) -> str:
    """The place of a number in a text."""
    told, figure = plain(text), f"{float(number):g}"
    place = max(told.find(figure), 0)
    return f"«… {shown(told[max(0, place - 40) : place + 40], 80)} …»"


def _words(benchmark: str, item: str, where: str, texts: tuple[str, str]) -> Iterator[Finding]:
    """An option that is nothing but a code, such as FGFR3, in whose place stands a word."""
    text, source = texts
    codes = [code for code in _CODE.findall(source) if not _ROMAN.fullmatch(code)]
    left = _CODE.sub("", source).strip(" .,;()-/")
    if where != "question" and codes and not left and ARABIC.search(text) and not LATIN.search(text):
        said = f"{where} «{shown(source)}» became «{shown(text)}», without its letters"
        yield Finding(benchmark, item, "letters_lost", "note", said)


def _length(benchmark: str, place: tuple[str, str], texts: tuple[str, str], usual: float) -> Iterator[Finding]:
    (item, where), (text, source) = place, texts
    if len(source) < LENGTH:
        return
    times = len(text) / len(source) / usual
    if not SHORTER <= times <= LONGER:
        what = "cut" if times < 1 else "blown up"
        said = f"{where} was {what}, {times:.1f} times the usual length: «{shown(source)}» became «{shown(text)}»"
        yield Finding(benchmark, item, "original_length", "warning", said)
