"""Symbols of units after a number, and what they are called in words: 2 L is «۲ لیتر», 10 U are «۱۰ واحد»."""

import re

_PREFIXES = {
    **{"": "", "k": "کیلو", "M": "مگا|میلیون", "G": "گیگا", "m": "میلی|هزارم", "c": "سانتی", "d": "دسی"},
    **{"µ": "میکرو", "μ": "میکرو", "u": "میکرو", "mc": "میکرو", "n": "نانو", "p": "پیکو", "f": "فمتو"},
}
# Spaces and joiners are left out of a text that these are looked for in.
_NAMES = {
    **{"L": "لیتر|lit(?:er|re)", "U": "واحد|یونیت|unit", "IU": "واحد|unit", "M": "مولار|molar", "Hz": "هرتز|hertz"},
    **{"Osm": "اسمول|osmol", "Eq": "اکیوالان|equivalent", "Pa": "پاسکال|pascal", "J": "ژول|joule", "W": "وات|watt"},
    **{"V": "ولت|volt", "eV": "الکترونولت|electronvolt", "N": "نیوتن|newton", "Gy": "گری|gray", "Sv": "سیورت|sievert"},
    **{"Bq": "بکرل|becquerel", "Ci": "کوری|curie", "C": "درجه|سانتیگراد|سلسیوس|celsius|degree", "T": "تسلا|tesla"},
    **{"F": "فارنهایت|fahrenheit", "K": "کلوین|kelvin", "Da": "دالتون|dalton", "D": "دیوپتر|diopt", "B": "بل|bel"},
    **{"G": "گیج|گوس|شماره|gauge|gauss", "Fr": "فرنچ|french", "A": "آمپر|amp", "H": "ساعت|hour", "S": "ثانیه|sec"},
    **{"h": "ساعت|hour", "d": "روز|day", "s": "ثانیه|sec", "min": "دقیقه|minute", "m": "متر|met(?:er|re)"},
    **{"g": "گرم|gram", "mol": "مول|mol", "l": "لیتر|lit(?:er|re)", "cal": "کالری|calor", "Cal": "کالری|calor"},
    **{"PM": "بعدازظهر|عصر|شب|بظ", "AM": "صبح|بامداد|قبلازظهر|قظ", "Torr": "تور|torr", "RPM": "دور|rev"},
    **{"BPM": "ضربان|ضربه|beat", "Y": "سال|year", "Mo": "ماه|month"},
}
_BY_CASE = re.compile(r"[kmcuµμnp]?M|G|[Pp]M|pm")
_PARTS = re.compile(r"[-–/]")


def by_case(symbol: str) -> bool:
    """Whether it is no unit of length or weight, though its small letters are: 3 M, 20 G (gauge), 5 PM."""
    return _BY_CASE.fullmatch(symbol) is not None


def in_words(symbol: str, joined: str) -> bool:
    """Whether a text names every part of a unit's symbol: mOsm/L where it says «میلی‌اسمول در لیتر».

    `joined` is that text without spaces and joiners. Figures in the symbol (9/L, of 10^9/L) are told apart elsewhere.
    """
    parts = [part for part in _PARTS.split(symbol) if not part.isdigit()]
    return bool(parts) and all(_is_said(part.lstrip("0123456789"), joined) for part in parts)


def _is_said(part: str, joined: str) -> bool:
    ways = (f"(?:{_PREFIXES[part[:n]]})(?:{_NAMES[part[n:]]})" for n in range(3) if _is_unit(part[:n], part[n:]))
    return any(re.search(way, joined, re.IGNORECASE) for way in ways)


def _is_unit(prefix: str, name: str) -> bool:
    return prefix in _PREFIXES and name in _NAMES
