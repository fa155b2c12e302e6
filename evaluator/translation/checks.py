"""What a translation may not do, looked for in each item; every finding names its place and shows its evidence.

Nothing here knows what a word means: a translation without findings may still be wrong. Thresholds were measured on 403
Persian exam questions that two systems of the paper's authors had translated into English, gemma-2b and parsinlu's mT5.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from evaluator.lint.finding import shown
from evaluator.lint.quantities import same, same_amount
from evaluator.lint.words import ARABIC, LATIN, blank, plain, share
from evaluator.translation import amounts, codes
from evaluator.translation.chrf import chrf
from evaluator.translation.wording import Way

CHRF = 30.0
"""chrF from 0 to 100 of source and back-translation below which they are hardly the same text: 95 % of pairs of
different Persian questions have less than 28, a quarter of two translations of one question less than 29."""
LENGTH = 25
"""Characters from which on a text's length and its chrF tell anything."""
USUAL = 1.2
"""Length of an English text over that of the Persian one; the medians of the two systems are 1.18 and 1.23."""
SHORTER, LONGER = 0.5, 2.0
"""Times the usual length: 99 % of mT5's translations lie within 0.55 and 1.45, of gemma's, which talks, 93 %."""
SPARE = 40
"""Characters that a short option's translation may be longer than twice its source."""
SHARES = {"en": 0.9, "fa": 0.3}
"""The least share of letters that are of the language's script. English: 1 % of the 806 translations have less.
Persian: 4 of 3,023 published questions have less."""
EMPTY, EQUAL = "empty", "equal_options"
_SCRIPTS = {"en": LATIN, "fa": ARABIC}
_PROSE = re.compile(
    r"\b(?:as an ai|i cannot|i can't|i am unable|i'm sorry|i apologi[sz]e)\b|\bthe (?:text|question|sentence|passage) "
    r"(?:is asking|asks|is about|means|indicates)\b|"
    r"\btranslat(?:ed|ion|e)\b[^\n]{0,40}\b(?:text|persian|english|farsi)\b|"
    r"(?:^|\n)\W{0,4}(?:note|explanation|answer|translation)\s?:|(?:^|\n)\W{0,4}(?:توضیح|نکته|پاسخ|ترجمه)\s?:|"
    r"ترجمه(?:‌ی|ٔ|ی)? (?:متن|این|فارسی|انگلیسی)|متأسفم|متاسفم|به عنوان یک (?:مدل|هوش)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*[>{]|```|\*\*|</?\w{1,20}>")


@dataclass(frozen=True)
class Field:
    """A text and what became of it; `finish` tells how the reply ended, `prose` that it also announced itself."""

    source: str
    text: str
    back: str | None = None
    finish: str = "stop"
    prose: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is seen of the translation, where its source says something."""
        return bool(self.source.strip()) and (blank(self.text) if not blank(self.source) else not self.text.strip())

    @property
    def ratio(self) -> float | None:
        """Length of the translation over that of the source."""
        return len(self.text) / len(self.source) if self.source and self.text else None

    @property
    def chrf(self) -> float | None:
        """Of the back-translation against the source; None where there is none."""
        return None if self.back is None or not self.text else chrf(self.back, self.source)

    def script(self, way: Way) -> float | None:
        """The share of the translation's letters that are of its language's script; None where it has no letters."""
        return share(_SCRIPTS[way.target], self.text) if any(map(str.isalpha, self.text)) else None


@dataclass(frozen=True)
class Flag:
    """What is wrong, in one place of an item: `said` is one line."""

    place: str
    kind: str
    said: str


def of_item(fields: Mapping[str, Field], way: Way, key: str | None = None) -> list[Flag]:
    """All findings of an item; `key` is the place of the right option, where it has options."""
    found = [flag for place, field in fields.items() for flag in of_field(place, field, way)]
    options = {place: field for place, field in fields.items() if len(place) == 1}
    return found + list(distinct(options, key))


def of_edit(fields: Mapping[str, Field], key: str | None = None) -> list[Flag]:
    """What a person's texts may not do either: be empty, lose or add a number, a unit or a code, make options equal."""
    kept = [flag for place, field in fields.items() for flag in (*_empty(place, field), *_kept(place, field))]
    return [*distinct({place: field for place, field in fields.items() if len(place) == 1}, key), *kept]


def of_field(place: str, field: Field, way: Way) -> Iterator[Flag]:
    """The findings in one text."""
    yield from _empty(place, field)
    if not field.text.strip():
        return
    if field.finish == "length":
        yield Flag(place, "cut", f"{place} was cut at the longest reply: «… {shown(field.text[-40:])}»")
    if _echoed(field):
        yield Flag(place, "echo", f"{place} was not translated: «{shown(field.text)}»")
        return
    yield from _kept(place, field)
    yield from _spoken(place, field)
    yield from _measured(place, field, way)


def distinct(options: Mapping[str, Field], key: str | None) -> Iterator[Flag]:
    """Options that were different and say the same now, in any spelling or as equal amounts."""
    for (one, first), (other, second) in combinations(options.items(), 2):
        if blank(first.text) or blank(second.text):
            continue
        if _same(first.text, second.text) and not _same(first.source, second.source):
            kind = "key_twin" if key in (one, other) else EQUAL
            sources = f"«{shown(first.source, 40)}» and «{shown(second.source, 40)}»"
            told = f"{one} and {other}, {sources}, were both made «{shown(first.text, 40)}»"
            yield Flag(other, kind, f"{told}, and {key} is the key" if kind == "key_twin" else told)


def _same(one: str, other: str) -> bool:
    return same(one.lower(), other.lower()) or same_amount(one, other)


def _echoed(field: Field) -> bool:
    """Whether the source was given back; what holds nothing but codes and figures is the same in both languages."""
    same = plain(field.text).lower() == plain(field.source).lower()
    return same and (bool(ARABIC.search(field.source)) or bool(re.search(r"[A-Za-z][a-z]{2}", field.source)))


def _empty(place: str, field: Field) -> Iterator[Flag]:
    if field.empty:
        why = "" if field.finish == "stop" else f" ({field.finish})"
        yield Flag(place, EMPTY, f"{place} has no translation{why}: «{shown(field.source)}»")


def _kept(place: str, field: Field) -> Iterator[Flag]:
    found = amounts.difference(field.source, field.text)
    both = f"«{shown(field.source)}» became «{shown(field.text)}»"
    if found.lost:
        yield Flag(place, "number_lost", f"{place} has lost {amounts.said(found.lost)}: {both}")
    if found.added:
        yield Flag(place, "number_added", f"{place} has {amounts.said(found.added)} more: {both}")
    if found.changed:
        yield Flag(place, "unit", f"{place} has another unit than {amounts.said(found.changed)}: {both}")
    if lost := codes.lost(field.source, field.text):
        yield Flag(place, "letters_lost", f"{place} has lost {', '.join(lost[:6])}: {both}")


def _spoken(place: str, field: Field) -> Iterator[Flag]:
    """A reply that talks about the text, or dresses it up, instead of translating it."""
    talks = _PROSE.search(field.text)
    dressed = _FENCE.search(field.text) and not _FENCE.search(field.source)
    broken = field.text.count("\n\n") > field.source.count("\n\n")
    if field.prose or (talks and not _PROSE.search(field.source)) or dressed or broken:
        yield Flag(place, "prose", f"{place} holds more than a translation: «{shown(field.text)}»")


def _measured(place: str, field: Field, way: Way) -> Iterator[Flag]:
    usual = USUAL if way.target == "en" else 1 / USUAL
    ratio, script = field.ratio or 0.0, field.script(way)
    both = f"«{shown(field.source)}» became «{shown(field.text)}»"
    if len(field.source) >= LENGTH and not SHORTER <= ratio / usual <= LONGER:
        what = "shorter" if ratio < usual else "longer"
        yield Flag(place, "length", f"{place} is {what} than a translation is, {ratio:.1f} times its source: {both}")
    elif len(field.source) < LENGTH and len(field.text) > 2 * len(field.source) + SPARE:
        yield Flag(place, "length", f"{place} is longer than a translation is: {both}")
    if script is None and _wordy(field, way):
        yield Flag(place, "script", f"{place} has no letters: {both}")
    elif script is not None and script < SHARES[way.target] and _wordy(field, way):
        yield Flag(place, "script", f"{script:.0%} of {place}'s letters are of its language: «{shown(field.text)}»")
    if field.chrf is not None and len(field.source) >= LENGTH and field.chrf < CHRF:
        back = f"came back as «{shown(field.back or '')}»"
        yield Flag(place, "chrf", f"{place} «{shown(field.source)}» {back}, chrF {field.chrf:.0f}")


def _wordy(field: Field, way: Way) -> bool:
    """Whether the source holds words, which should be of the other script now, beside codes and names.

    Figures, signs and ratios (7.40, 30:2) are the same in both languages.
    """
    if way.target == "en" or not any(map(str.isalpha, field.text)):
        return any(map(str.isalpha, field.source))
    return len(re.findall(r"(?<![A-Za-z])[a-z]{3,}", field.source)) >= 2
