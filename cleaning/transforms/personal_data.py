"""Phone numbers, addresses and identifiers become typed placeholders: nothing of the kind trains a model."""

import re
from functools import partial
from typing import Literal

from cleaning.alphabet import DIGITS, ZWNJ
from cleaning.steps import transform

Masked = Literal["url", "email", "handle", "national_id", "phone"]
PLACEHOLDERS: dict[str, str] = {
    "url": "[نشانی وب]",
    "email": "[ایمیل]",
    "handle": "[شناسه کاربری]",
    "national_id": "[کد ملی]",
    "phone": "[شماره تلفن]",
}

_D = f"[{DIGITS}]"
_0, _9, _8 = "[0۰٠]", "[9۹٩]", "[8۸٨]"
_AREA = "[1-8۱-۸١-٨]"
_GAP = f"[ .{ZWNJ}-]{{0,2}}"
_LONG_NUMBER = re.compile(f"[{DIGITS}][{DIGITS} .(){ZWNJ}-]{{6,30}}[{DIGITS}]")
_DOTTED = re.compile(r"://|[A-Za-z0-9]\.[A-Za-z]")
_NUMBER_WORD = f"(?:تلفن|تماس|شماره|همراه|موبایل|واتس{ZWNJ}?اپ|تلگرام|ایتا|نوبت)"
_PATTERNS = {
    "url": re.compile(
        r"(?:https?://|www\.)[^\s<>«»\"'\[\]،؛]{2,2000}"
        r"|(?<![\w.@/-])(?:[a-z0-9-]{1,63}\.){1,4}(?:com|ir|org|net|info|me|io)(?![\w.-])(?:/[^\s<>«»\"'\[\]،؛]{0,2000})?",
        re.ASCII | re.IGNORECASE,
    ),
    "email": re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])", re.ASCII | re.IGNORECASE
    ),
    "handle": re.compile(r"(?<![\w@.])@[a-z][\w.]{3,31}", re.ASCII | re.IGNORECASE),
    "national_id": re.compile(rf"(?:کد|شماره) ?ملی[^{DIGITS}\n]{{0,20}}({_D}{{3}}[ -]?{_D}{{6}}[ -]?{_D})(?!{_D})"),
    "phone": re.compile(
        rf"(?<![{DIGITS}.,/٫])(?:"
        rf"(?:(?:\+|{_0}{_0})?{_9}{_8}{_GAP}{_0}?|{_0}){_GAP}{_9}(?:{_GAP}{_D}){{9}}"  # mobile, with or without +98
        rf"|{_9}{_D}{{9}}"  # mobile without its zero
        rf"|\(?(?:(?:\+|{_0}{_0}){_9}{_8}{_GAP}|{_0}){_AREA}{_D}\)?(?:{_GAP}{_D}){{8}}"  # area code and landline
        rf")(?!{_D})"
    ),
    "local_phone": re.compile(rf"{_NUMBER_WORD}[^{DIGITS}\n]{{0,25}}({_D}{{4}}[ -]?{_D}{{4}})(?!{_D})"),
}


@transform()
def personal_data(text: str) -> str:
    """Replace URLs, e-mails, handles, national ids and phone numbers by their placeholders.

    Phones in all three digit scripts, with separators; eight digits alone count after a word like «تلفن».
    """
    kinds = (["url"] if _DOTTED.search(text) else []) + (["email", "handle"] if "@" in text else [])
    for kind in kinds + (["national_id", "phone", "local_phone"] if _LONG_NUMBER.search(text) else []):
        text = _PATTERNS[kind].sub(partial(_masked, PLACEHOLDERS[kind.removeprefix("local_")]), text)
    return text


def _masked(placeholder: str, match: re.Match[str]) -> str:
    """The match with its group, or all of it, replaced."""
    if not match.re.groups:
        return placeholder
    return match[0].replace(match[1], placeholder)
