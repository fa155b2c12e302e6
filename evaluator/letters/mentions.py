"""Where a text names an option: `[B]`, گزینه ب, option 2, `**C:**`, گزینه‌های A و B, (D)."""

import re
from typing import NamedTuple

from evaluator.letters.signs import ALONE, COUNTED, COUNTED_IN_ENGLISH, DIGIT, GAP, PLACES, SIGN, spelt

_LOOSE = rf"(?:(?:{GAP}|[:،«\"'(\[ٔ-]|شماره(?:\u200c?ی)?|number){{1,8}}+|(?=[A-J]))"
# In mixed writing a Latin letter is often written together with the Persian word before or after it.
_TOKEN = rf"[A-J](?![A-Za-z0-9_])|(?:{SIGN}|{DIGIT}(?![.,٫/]?\d)|%s){ALONE}"
_CALLED = rf"{_LOOSE}({_TOKEN})(?:{GAP}{{0,2}}[\])»\"］）】])?"
_PERSIAN, _ENGLISH = _CALLED % COUNTED, _CALLED % COUNTED_IN_ENGLISH
_CAPITAL = "A-Jبجدپته"
_AND = rf"{GAP}{{0,3}}(?:[،,&]|و|یا|and|or){GAP}{{0,3}}"
_LIST = rf"({SIGN}{ALONE}(?:{_AND}(?:{_AND})?{SIGN}{ALONE}){{1,9}})"
# Every alternative begins with a plain character: only then does `re` skip to where one of those stands.
_FORMS = {
    "letter": [
        *(
            rf"{opened}{GAP}{{0,3}}(?:(?:گزینه|[Oo]ption){GAP}{{0,3}})?({SIGN}){GAP}{{0,3}}[\])）］】]"
            for opened in (r"\[", "［", "【")
        ),
        rf"\*\*{GAP}{{0,2}}[(\[«\"]?({SIGN}){ALONE}(?={GAP}{{0,2}}(?:\*\*|[:)\]،.»\"])|[ ]-)",
    ],
    "word": [
        spelt(r"گزین[هةۀ]ٔ?(?:[\s\u200c]?ی(?=[\s\u200c*«\"(\[]))?") + _PERSIAN,
        *(rf"{word}(?!{GAP}{{1,3}}a\s){_ENGLISH}" for word in ("option", "Option", "choice", "Choice", "选项")),
    ],
    "list": [
        spelt(rf"{word}{GAP}{{0,3}}") + _LIST
        for word in (
            r"گزینه[\s\u200c]?هایی?",
            r"پاسخ\u200c?هایی?",
            "options",
            "Options",
            "choices",
        )
    ],
    "aside": [rf"\({GAP}{{0,2}}({SIGN}){GAP}{{0,2}}\)"],
}
_KINDS = ["", *(kind for kind, forms in _FORMS.items() for _ in forms)]
_NAMED = re.compile("|".join(form for forms in _FORMS.values() for form in forms))
_JOINS = rf"{GAP}{{0,3}}(?:[،,&]|و|یا|and|or)"
# Up to where a sentence ends no option is named; but for `A)` on a line of its own, where nothing else names any.
NAMELESS = (
    r"(?:[^.؛!؟\[［【(*گپoOcC选]|گ(?!زین)|پ(?!اسخ\u200c?ها)|[oO](?!ption)|[cC](?!hoice)|\*(?!\*)){0,200}+"
    r"(?:[؛!؟]|\.(?!\d)|\Z)"
)
# One option in the plainest forms, with no other one behind it that might belong to it.
PLAIN = rf"(?:(?:گزینه ?)?\[({SIGN})\]|\*\*({SIGN})(?=\*\*))(?!{_JOINS})(?=[ *]{{0,3}}است|{NAMELESS})"
_NEXT = re.compile(rf"{_AND}([{_CAPITAL}]|الف){ALONE}")
_EACH = re.compile(rf"(?<!\w){SIGN}{ALONE}")
_ROW = re.compile(rf"\n[ \t*-]{{0,4}}\(?({SIGN})[).:](?=[ \t*])")
_ROWS = 3
"""Options that begin a line each, from which on their letters alone name them."""


class Mention(NamedTuple):
    """An option named in a text, by its place among the options; `aside` where it is a letter in parentheses only."""

    start: int
    end: int
    place: int
    aside: bool


class Mentions:
    """The options that a text names; they are sought only when they are asked for."""

    def __init__(self, text: str, options: int) -> None:
        self._text, self._options = text, options
        self._all: list[Mention] | None = None

    def all(self) -> list[Mention]:
        """All of them in their order; what names no option that there is, is none."""
        if self._all is None:
            found = [mention for mention in self._found() if mention.place < self._options]
            weak = all(mention.aside for mention in found)
            self._all = (_rows(self._text, self._options) or found) if weak else found
        return self._all

    def _found(self) -> list[Mention]:
        text, found = self._text, list[Mention]()
        for match in _NAMED.finditer(text):
            form = match.lastindex or 0
            kind = _KINDS[form]
            if kind == "list":
                each = _EACH.finditer(text, *match.span(form))
                found += [Mention(*e.span(), PLACES[e[0]], False) for e in each]
                continue
            (start, end), place = match.span(), PLACES[match[form]]
            found.append(Mention(start, end, place if place >= 0 else self._options - 1, kind == "aside"))
            after = _NEXT.match(text, end) if kind == "word" else None
            while after:
                found.append(Mention(*after.span(1), PLACES[after[1]], False))
                after = _NEXT.match(text, after.end())
        return found


def _rows(text: str, options: int) -> list[Mention]:
    """The options that a text without any other name for them goes through line by line: `A) ...`, `B) ...`."""
    rows = [(match, PLACES[match[1]]) for match in _ROW.finditer(f"\n{text}")]
    found = [Mention(match.start(1) - 1, match.end() - 1, place, False) for match, place in rows if place < options]
    return found if len({mention.place for mention in found}) >= _ROWS else []
