"""Numbers with a check digit: national ids, bank cards and shebas, by the validators of fa-redact."""

import re
from collections.abc import Iterator

from fa_redact import is_valid_bank_card_number, is_valid_iranian_iban, is_valid_national_id

from cleaning.alphabet import ZWNJ
from cleaning.privacy.shadow import GAP, HOLE, apart, digits, groups, without
from cleaning.record import Span

_SP = f"[ {ZWNJ}]?"
_NEAR = rf"[^\d\n{HOLE}]{{0,25}}?"
_NO_TOKEN = r"(?<![A-Za-z0-9_])"  # noqa: S105 - a pattern

_NATIONAL_ENGLISH = r"(?i:national[ _\-]?(?:id|code|no|number)|\bnid\b|(?:code[ _\-]?)?mell?i(?:[ _\-]?code)?\b)"
_NATIONAL_WORD = rf"(?:(?:کد|شماره|شناسه|ش\.?){_SP}(?:ی )?ملی|{_NATIONAL_ENGLISH})"
_NATIONAL_NAMED = re.compile(rf"{_NATIONAL_WORD}{_NEAR}(\d(?:{GAP}\d){{7,10}})(?!\d)")
_NATIONAL_AFTER = re.compile(
    r"(?<![\d.,/])(\d{10}|\d{3}[ \-]\d{6}[ \-]\d)"
    rf"[ )]{{0,2}}(?:هم |که |، ?)?{_NATIONAL_WORD}(?!\w{{0,20}}[ :]{{0,3}}\d)"
)
_NATIONAL = re.compile(
    rf"{_NO_TOKEN}(?<!\d[.,/:٫\-])(?<![+#])(?:\d{{10}}|\d{{3}}[ \-]\d{{6}}[ \-]\d)(?![A-Za-z0-9_])(?![.,/٫\-]\d)"
)
_CARD = re.compile(rf"{_NO_TOKEN}(?<!\d[.,/:٫])[2-9](?:{GAP}\d){{15}}(?!\d)")
_CARD_WORD = rf"(?:(?:شماره|به|عابر){_SP}کارت|کارت{_SP}(?:بانک\w{{0,4}}|ملی|ملت|شتاب|به شماره))"
_CARD_NAMED = re.compile(rf"{_CARD_WORD}{_NEAR}(\d(?:{GAP}\d){{15}})(?!\d)")
_IRANIAN = r"(?:50[2-5]|58[59]|60[36]|61[09]|62|63[69]|9919)"
_IRANIAN_CARD = re.compile(_IRANIAN)
_CARD_BESIDE = re.compile(
    rf"کارت{_NEAR}(?<!\d[.,/:٫])(?P<after>(?={_IRANIAN})\d(?:{GAP}\d){{15}})(?!\d)"
    rf"|{_NO_TOKEN}(?<!\d[.,/:٫])(?P<before>(?={_IRANIAN})\d(?:{GAP}\d){{15}})(?!\d){_NEAR}کارت"
)
_SHEBA = re.compile(
    rf"(?<![A-Za-z0-9])[Ii] ?[Rr]{GAP}\d(?:{GAP}\d){{23}}(?!\d)"
    rf"|(?<![A-Za-z0-9])(?<!\d[.,/])\d(?:{GAP}\d){{23}}(?:{GAP}[Ii][Rr])?(?!\d)"
)
_SHEBA_NAMED = re.compile(rf"(?:شبا|(?i:\bsheba\b|\biban\b)){_NEAR}(?i:((?:IR{GAP})?\d(?:{GAP}\d){{23}}))(?!\d)")
_CARD_GROUPS = {
    (16,),
    (4, 4, 4, 4),
    (6, 10),
    (8, 8),
    (4, 12),
    (4, 6, 6),
    (6, 4, 6),
    (6, 6, 4),
    (12, 4),
    (8, 4, 4),
    (4, 4, 8),
    (6, 2, 4, 4),
    (4, 2, 2, 4, 4),
    (1,) * 16,
}
# First digits of Iran's banks and of the two international networks: they tell four groups written from right to left.
_CARD_ISSUERS = re.compile(r"50[2-5]|58[59]|60[36]|61[09]|62|63[69]|9919|4|5[1-5]")

# Serials, goods and money have ten or sixteen digits too, and every tenth of them passes a check digit by chance;
# an ISBN of ten digits nearly always passes the national id's.
_THINGS = re.compile(
    r"(?:ISBN|شابک|IRC|GTIN|UPC|EAN|NDC|DOI|PMID|ISSN|UID|LOT|BATCH|S/?N|SERIAL|REF|بارکد|بار کد|سریال|سری ساخت|"
    r"شماره ساخت|"
    r"کد ?(?:دارو|محصول|کالا|ژنریک|فرآورده|فراورده)\w{0,4})[^\d\n]{0,20}$|(?:مبلغ|قیمت|هزینه|پروانه)[^\d\n]{0,3}$",
    re.IGNORECASE,
)
_PER = f"(?:در|بر)[ {ZWNJ}](?:هر[ {ZWNJ}])?(?:میلی|دسی|میکرو|لیتر|سی)"
_AMOUNT = re.compile(
    rf"[ {ZWNJ}]{{0,2}}(?:{_PER}|واحد|عدد|میلی|میکرو|نانو|گرم|ریال|تومان|تومن|درصد|نفر|سلول|سال|متر|لیتر|[٪%×^]"
    r"|(?i:iu|mg|ml|cc|copies|cells|cfu))"
)
_BEFORE = 40  # characters in which a word such as ISBN makes the number a thing's


def identifiers(cast: str) -> list[Span]:
    """Shebas, bank cards and national ids named as such, in a shadow, in order and without overlaps.

    A sheba or card without its name needs its check digits; with its name it may be mistyped.
    """
    found: list[Span] = []
    for kind, search in (("sheba", _shebas), ("card", _cards), ("national_id", _named_nationals)):
        spans = apart(kind, search(cast))
        found += spans
        cast = without(cast, spans)
    return sorted(found, key=lambda span: span.start)


def bare_national_ids(cast: str) -> list[Span]:
    """Ten digits with a national id's check digit, in order; no serial, no amount."""
    found = (match for match in _NATIONAL.finditer(cast) if is_valid_national_id(digits(match[0])))
    return apart("national_id", (match.span() for match in found if not _is_thing(cast, match)))


def _shebas(cast: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _SHEBA.finditer(cast) if is_valid_iranian_iban(f"IR{digits(match[0])}"))
    if "شبا" in cast or "heba" in cast or "SHEBA" in cast or "IBAN" in cast or "iban" in cast:
        yield from (match.span(1) for match in _SHEBA_NAMED.finditer(cast))


def _cards(cast: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(cast):
        if _is_card(match[0]) and not _is_thing(cast, match):
            yield match.span()
    if "کارت" in cast:
        yield from (match.span(1) for match in _CARD_NAMED.finditer(cast) if _is_written_as_card(match[1]))
        for match in _CARD_BESIDE.finditer(cast):
            side = match.lastgroup or "after"
            whole = len(groups(match[side])) == 1 and side == "after"  # a ticket's or a machine's as well
            if _is_written_as_card(match[side]) and not whole:
                yield match.span(side)


def _is_written_as_card(number: str) -> bool:
    return tuple(len(part) for part in groups(number)) in _CARD_GROUPS and not _is_list(groups(number))


def _is_card(number: str) -> bool:
    parts = groups(number)
    if not _is_written_as_card(number):
        figures = digits(number)
        return len(parts) <= 3 and bool(_IRANIAN_CARD.match(figures)) and is_valid_bank_card_number(figures)
    backwards = "".join(reversed(parts))
    if len(parts) == 4 and _CARD_ISSUERS.match(backwards) and is_valid_bank_card_number(backwards):
        return True
    return is_valid_bank_card_number("".join(parts))


def _is_list(parts: list[str]) -> bool:
    """Four years, or four round numbers."""
    return len(parts) == 4 and all(part[:2] in ("13", "14", "19", "20") or part.endswith("00") for part in parts)


def _named_nationals(cast: str) -> Iterator[tuple[int, int]]:
    if not ("ملی" in cast or re.search("(?i)national|nid|melli|meli", cast)):
        return
    for pattern in (_NATIONAL_NAMED, _NATIONAL_AFTER):
        for match in pattern.finditer(cast):
            figures = digits(match[1])
            if not (figures.startswith("09") and len(figures) == 11):
                yield match.span(1)


def _is_thing(cast: str, match: re.Match[str]) -> bool:
    before = cast[max(0, match.start() - _BEFORE) : match.start()]
    return bool(_THINGS.search(before) or _AMOUNT.match(cast, match.end()))
