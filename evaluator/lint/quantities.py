"""Numbers with their units, whatever language and size they are written in: 1 g, ۱۰۰۰ میلی‌گرم and 1000 mg are one."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from evaluator.lint.numerals import figured, read
from evaluator.lint.words import folded, plain

# A unit's name, Latin or Persian, with what it measures and how many of the base unit it is.
_PREFIXES: dict[str, int | Fraction] = {
    **{"": 1, "k": 1000, "کیلو": 1000, "d": Fraction(1, 10), "دسی": Fraction(1, 10), "c": Fraction(1, 100)},
    **{"سانتی": Fraction(1, 100), "m": Fraction(1, 1000), "میلی": Fraction(1, 1000), "µ": Fraction(1, 10**6)},
    **{"μ": Fraction(1, 10**6), "mc": Fraction(1, 10**6), "میکرو": Fraction(1, 10**6), "n": Fraction(1, 10**9)},
    **{"نانو": Fraction(1, 10**9), "p": Fraction(1, 10**12), "پیکو": Fraction(1, 10**12)},
}
_SCALED = {
    **{"g": "g", "gram": "g", "grams": "g", "گرم": "g", "l": "l", "liter": "l", "liters": "l", "litre": "l"},
    **{"litres": "l", "لیتر": "l", "m": "m", "meter": "m", "metre": "m", "meters": "m", "متر": "m", "mol": "mol"},
    **{"مول": "mol", "s": "s", "sec": "s", "second": "s", "seconds": "s", "ثانیه": "s", "ms": "s", "ev": "ev"},
}
_PLAIN: dict[str, tuple[str, Fraction | int]] = {
    **{"min": ("s", 60), "mins": ("s", 60), "minute": ("s", 60), "minutes": ("s", 60), "دقیقه": ("s", 60)},
    **{"h": ("s", 3600), "hr": ("s", 3600), "hrs": ("s", 3600), "hour": ("s", 3600), "hours": ("s", 3600)},
    **{"ساعت": ("s", 3600), "day": ("day", 1), "days": ("day", 1), "روز": ("day", 1), "week": ("day", 7)},
    **{"weeks": ("day", 7), "هفته": ("day", 7), "month": ("month", 1), "months": ("month", 1), "ماه": ("month", 1)},
    **{"year": ("month", 12), "years": ("month", 12), "سال": ("month", 12), "%": ("%", 1), "percent": ("%", 1)},
    **{"درصد": ("%", 1), "mmhg": ("mmhg", 1), "میلیمترجیوه": ("mmhg", 1), "میلیمتر جیوه": ("mmhg", 1)},
    **{"gauge": ("gauge", 1), "گیج": ("gauge", 1), "kcal": ("kcal", 1), "کیلوکالری": ("kcal", 1)},
    **{"°c": ("°c", 1), "درجه": ("°", 1), "degree": ("°", 1), "degrees": ("°", 1), "°": ("°", 1), "°f": ("°f", 1)},
    **{"meq": ("meq", 1), "میلیاکیوالان": ("meq", 1), "kg": ("g", 1000), "bpm": ("bpm", 1)},
}
_NUMBER_WORDS: dict[str, int | Fraction] = {
    **{"یکی": 1, "دوتا": 2, "سهتا": 3, "once": 1, "twice": 2, "نیم": Fraction(1, 2), "نصف": Fraction(1, 2)},
    **{"half": Fraction(1, 2), "ثلث": Fraction(1, 3), "ربع": Fraction(1, 4), "quarter": Fraction(1, 4)},
    **{"third": Fraction(1, 3), "سوم": Fraction(1, 3), "چهارم": Fraction(1, 4)},
}
"""What is no whole number, and whole ones in other words; the rest is read by `numerals`."""
_TOKEN = re.compile(r"\d{1,30}(?:\.\d{1,30})?|(?<!\w)\.\d{1,30}|°[cf]?|%|[^\W\d_]+|[^\w\s]")
_QUANTITY = re.compile(
    r"(?:[<>=~≤≥±+-]|از|حدود|تقریبا|کمتر|بیش|بیشتر|حداقل|حداکثر|about|less|more|than|at|least|most|every|هر|تا|بین)*"
)
_BROKEN = re.compile(r"(?<![\d/.])0/(\d{1,6})(?![\d/.])")
_UNTIL, _PER = {"تا", "to", "الی"}, {"/", "بر", "در", "per"}
LONGEST = 4
"""Words beside its numbers that an option may have and still be nothing but a quantity."""


def numbers(text: str) -> list[Fraction]:
    """The numbers that stand in figures, in order."""
    return [Fraction(token) for token in _TOKEN.findall(plain(text)) if _figure(token)]


def spelled(text: str) -> set[Fraction]:
    """The numbers that stand in words."""
    told = _TOKEN.findall(plain(text).lower())
    return read(text) | {Fraction(_NUMBER_WORDS[word]) for word in told if word in _NUMBER_WORDS}


class Amount(NamedTuple):
    """A number as it stands, what it comes to in the base unit of what it measures, and the unit that stands there."""

    number: Fraction
    value: Fraction
    unit: str
    said: str = ""

    def __str__(self) -> str:
        figure = f"{float(self.number):g}"
        return f"{figure} ({self.said})" if self.said else figure


def measured(text: str) -> tuple[object, ...]:
    """The text with each number and the unit after it as one amount of its base unit: equal for equal amounts.

    0/5 is 0.5, as Persian writes it; mg/dl and «میلی گرم در دسی لیتر» are one, and so are 5-10 and «۵ تا ۱۰».
    """
    return tuple(part if isinstance(part, str) else (part.value, part.unit) for part in _parts(text))


def amounts(text: str) -> list[Amount]:
    """The amounts of a text, in order, as `measured` reads them."""
    return [part for part in _parts(text) if isinstance(part, Amount)]


def same(one: str, other: str) -> bool:
    """Whether two texts say the same, but for what typists do each in their own way."""
    return folded(one) == folded(other)


def same_amount(one: str, other: str) -> bool:
    """Whether two texts say the same amounts: 1 g and 1000 mg, «هفت روز» and «۷ روز»."""
    first, second = figured(one), figured(other)
    return bool(numbers(first)) and measured(first) == measured(second)


def _parts(text: str) -> Iterator[str | Amount]:
    tokens = _TOKEN.findall(_BROKEN.sub(r"0.\1", plain(text).lower()))
    place = 0
    while place < len(tokens):
        token, place = tokens[place], place + 1
        if not _figure(token):
            yield "-" if token in _UNTIL and place > 1 and _figure(tokens[place - 2]) else token
            continue
        unit, length = _rate(tokens[place : place + 5])
        said = " ".join(tokens[place : place + length]).replace(" / ", "/")
        place += length
        number = Fraction(token)
        yield Amount(number, number * unit[1], unit[0], said) if unit else Amount(number, number, "")


def units(text: str) -> set[str]:
    """What the numbers of a text measure, by base unit."""
    return {part[1] for part in measured(text) if isinstance(part, tuple) and part[1]}


def is_quantity(text: str) -> bool:
    """Whether an option is a number, with its unit and few words: 350 میلی‌لیتر, about 20 %, صفر."""
    tokens = _TOKEN.findall(plain(figured(text)).lower())
    told = [t for t in tokens if _figure(t) or t in _NUMBER_WORDS]
    others = [t for t in tokens if t[0].isalpha() and t not in _NUMBER_WORDS and not _QUANTITY.fullmatch(t)]
    begins = bool(tokens) and not _before_number(tokens)
    return bool(told) and begins and len(others) <= LONGEST


def _figure(token: str) -> bool:
    return token[-1].isdecimal()  # as `\d` has it: ፩ is a digit, and no number can be read from it


def has_number(text: str) -> bool:
    """Whether a number stands in it, in figures or in words."""
    return any(_figure(t) or t in _NUMBER_WORDS for t in _TOKEN.findall(plain(figured(text)).lower()))


def _before_number(tokens: list[str]) -> list[str]:
    """The words before the first number that say more than how exact it is."""
    head: list[str] = []
    for token in tokens:
        if _figure(token) or token in _NUMBER_WORDS:
            break
        if not _QUANTITY.fullmatch(token) and not (token[0].isalpha() and _unit([token])[1]):
            head.append(token)
    return [token for token in head if token[0].isalpha()]


def _unit(tokens: list[str]) -> tuple[tuple[str, Fraction] | None, int]:
    """The unit that the tokens begin with, and how many of them it takes; Persian prefixes may stand apart."""
    for length in (2, 1):
        name = "".join(tokens[:length])
        if len(tokens) >= length and (found := _named(name)):
            return found, length
    return None, 0


def _rate(tokens: list[str]) -> tuple[tuple[str, Fraction] | None, int]:
    """The same with what the unit is counted by: mg/dl."""
    unit, length = _unit(tokens[:2])
    if unit and tokens[length : length + 1] and tokens[length] in _PER:
        by, more = _unit(tokens[length + 1 : length + 3])
        if by:
            return (f"{unit[0]}/{by[0]}", unit[1] / by[1]), length + 1 + more
    return unit, length


def _named(name: str) -> tuple[str, Fraction] | None:
    if name in _PLAIN:
        base, factor = _PLAIN[name]
        return base, Fraction(factor)
    for length in range(min(5, len(name)) + 1):
        prefix, rest = name[:length], name[length:]
        if prefix in _PREFIXES and rest in _SCALED:
            return _SCALED[rest], Fraction(_PREFIXES[prefix])
    return None
