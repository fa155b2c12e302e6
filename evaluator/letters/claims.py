"""Where a text says that what comes now is its answer: پاسخ صحیح گزینه [B] است, `Answer: B`, جواب: ۲."""

import re
from bisect import bisect
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from evaluator.letters.doubts import called_wrong, taken_back, unsaid
from evaluator.letters.groups import MOST, rows, together
from evaluator.letters.mentions import NAMELESS, PLAIN, Mentions
from evaluator.letters.signs import (
    ALONE,
    COUNTED,
    COUNTED_IN_ENGLISH,
    DIGIT,
    GAP,
    PLACES,
    SIGN,
    called,
    spelt,
)

REACH = 160
"""How far behind the word for an answer its option may stand, in characters."""
_LETTER = rf"(?:{SIGN}|{DIGIT}){ALONE}"
_RIGHT = "صحیح|درست|نهایی|نهائی|مناسب|متناسب|مورد نظر|دقیق|بهتر|برتر|منتخب|انتخابی|پیشنهادی|نزدیک"
_WRONG = "نادرست|غلط|اشتباه|ناصحیح"
_HEDGED = r"احتمال(?!ی)|قطع|حتم|مسلم|یقین|شاید|بدون\s"
_ASKED = r"به\s(?:این|آن|پرسش|سوال|سؤال|درستی|صورت|نظر|شرح|شما)|برای\s|سوال|سؤال|پرسش|از\s|بین\s|شما"
# A word for an answer also means any response, such as a muscle's: what comes next tells.
_MEANT = (
    spelt(
        rf"(?={GAP}{{0,4}}(?:{_RIGHT}|{_WRONG}|{_ASKED}|{_HEDGED}|گزین|مورد|شماره|من{ALONE}|ما{ALONE}|این\s"
        r"|در\s?گزین|عبارت|می\s?ب|باید|است|خواهد|حرف|[=:：\[({<«\"-]|"
    )
    + rf"{_LETTER}))"
)
_IS = (
    r"(?:is|'s|would|should|must|will|was|choice|option|به|است|گز"
    r"|(?:to|for|in) (?:this|the|your)[^.\n]{0,40}?\b(?:is|would))"
)
_ENGLISH = rf"(?={GAP}{{0,3}}(?:{_IS}|[:=\[({{<\]–-]|{_LETTER}))"
# Every alternative begins with a plain character: only then does `re` skip to where one of those stands.
_CUES = re.compile(
    "|".join(
        [
            rf"پاسخ{_MEANT}",
            rf"جواب{_MEANT}",
            spelt(rf"گزین[هۀة]ٔ?[\s\u200c]?ی?{GAP}{{0,3}}(?:{_RIGHT}|{_WRONG}|باید)"),
            spelt(rf"خاب(?<=انتخاب){GAP}{{1,3}}(?:{_RIGHT}|من{ALONE})"),
            rf"خاب(?<=انتخاب){GAP}{{1,3}}(?={SIGN}{ALONE})",
            spelt(rf"عبارت{GAP}{{1,3}}(?:{_RIGHT}|{_WRONG})"),
            rf"لکه(?<=بلکه){GAP}{{1,3}}(?=گز|\[|{_LETTER})",
            rf"nswer(?:[\"'](?=\s?[:=]))?{_ENGLISH}",
            rf"NSWER{_ENGLISH}",
            r"Ans(?=[.: ])",
            rf"orrect (?:option|choice){_ENGLISH}",
            rf"rong (?:option|choice){_ENGLISH}",
            r"orrect(?<!ncorrect):",
            rf"ot(?<=\b[Nn]ot){GAP}{{1,3}}(?:option )?{SIGN},?{GAP}{{1,3}}but (?:rather )?",
            rf"eant{GAP}{{1,3}}(?={_LETTER}|option)",
            rf"est (?:option|choice){_ENGLISH}",
            r"hoose ",
            r"select ",
            "إجابة",
            "答案",
            "选项是",
            "选择",
            r"\\boxed",
        ]
    )
)
# Of words that begin alike the longer one comes first: none is gone back to.
_BETWEEN = spelt(
    "صحیح|درست|نهایی|نهائی|مناسب|این|است|که|من|شماره\u200c?ی?|شما|به|مورد|نظر|رسد|احتمالا|همان|پرسش|سوال|سؤال|عبارت|از|می|باشد|خواهد|بود|برابر"
    "|با|حرف|هي|احتمال|زیاد|قطعا|حتما|شاید"
)
# No option is named in these, no sentence ends, and none is or begins an option's letter or number.
_LEAD = rf"(?:[ :：\u200c]|{_BETWEEN}|is |the ){{0,12}}+"
_LEADS, _PLAIN, _NAMELESS = re.compile(_LEAD), re.compile(_LEAD + PLAIN), re.compile(NAMELESS)
_BETWEEN_SIGNS = r"[\s\u200b-\u200f\u202a-\u202e\u064b\u0654*_$:：=،,«\"'(\[{<\-–`>]"
_BETWEEN_ENGLISH = r"is|the|would|should|must|be|option|number|most|[a-z]{2,9}ly|\\text|是"
_NOUN = "(?: option| choice| one| answer| گزینه| مورد)?"
_IN_WORDS = rf"(?:{COUNTED}|{COUNTED_IN_ENGLISH})(?=(?:ین)?{_NOUN}{GAP}{{0,4}}(?:\.|\Z|\n|است|صحیح|درست|می|باشد))"
_BARE = re.compile(
    rf"(?:{_BETWEEN_SIGNS}|{_BETWEEN}|{_BETWEEN_ENGLISH}){{0,16}}+"
    rf"({SIGN}|{DIGIT}(?![.,٫/]\d)|{_IN_WORDS})(?:ین)?{ALONE}(?={_NOUN}{GAP}{{0,4}}"
    + spelt(
        r"(?:[.:،,)\]»\"!؛;|<>(}。，]|\Z|است|می|هست|باشد|بود|خواهد|پایان|is\s|over\s|corre|because|زیرا|چون|or\s|and\s|یا\s|و\s|-)|\s*\n)"
    )
)
_STOPS = ("نیست", "نمی", "در حالی که", "برخلاف", "زیرا", r"هر[\s\u200c]?چند", "اگرچه", "گرچه", r"اما\s", r"ولی\s")
_STOP = re.compile(
    spelt(
        "|".join(
            [
                *("!", r"\?", "؟", r"\.(?!\d)", "دام(?<=کدام)", "نید(?<=کنید)"),
                r"\n(?<![:：\n]\n)(?<![:：]\*\*\n)(?<![:：] \n)",
                *(
                    rf"{word[0]}(?<!\w{word[0]}){word[1:]}\b"
                    for word in ("not", "because", "although", "though", "but")
                ),
                *(rf"{word[0]}(?<![\w\u200c]{word[0]}){word[1:]}" for word in _STOPS),
            ]
        )
    )
)
_CALLED_WRONG = re.compile(spelt(_WRONG))
_MAYBE = "(?:(?:شاید|احتمالا|هم|maybe|perhaps|possibly|even) )?"
_MORE = re.compile(
    rf"(?:{GAP}{{0,3}}(?:(?:[،,/&]|و|یا|and|or|تا|to){GAP}{{0,3}}){{1,2}}|[–-]){_MAYBE}(?:option )?"
    rf"(?:({SIGN})(?! [a-z])|({DIGIT})(?![.,٫/]?\d)){ALONE}"
)
_END = attrgetter("end")


class Claim(NamedTuple):
    """Options called the answer, by place; `start` and `end` of the word for it and of what names the last of them.

    `wrong` where the text calls them the wrong answer, as it must if that was asked for.
    """

    start: int
    end: int
    places: tuple[int, ...]
    wrong: bool


class Claims(NamedTuple):
    """What is declared in a text, in its order; where the words for an answer end that no option's letter follows, and
    the options that are declared to be no answer."""

    declared: list[Claim]
    silent: list[int]
    denied: set[int]


def claims(text: str, named: Mentions, options: Sequence[str]) -> Claims:
    """All that a text declares."""
    found, reader = Claims([], [], set()), _Following(text, named, options)
    for cue in _CUES.finditer(text):
        start, end = cue.span()
        if cue[0] == "پاسخ" and text.startswith("در ", start - 3):
            continue  # "in answer to"
        places, last = reader.follows(start, end)
        if not places:
            found.silent.append(end)
        elif taken_back(text, last) or unsaid(text, start):
            found.denied.update(places)
        else:
            wrong = (
                called_wrong(text, start)
                if cue[0].isascii()
                else _CALLED_WRONG.search(text, start, end + 12) is not None
            )
            found.declared.append(Claim(start, last, places, wrong))
    return found


class _Following:
    """What follows a word for an answer that stands from `start` to `end`."""

    def __init__(self, text: str, named: Mentions, options: Sequence[str]) -> None:
        self.text, self.named, self.options = text, named, options

    def follows(self, start: int, end: int) -> tuple[tuple[int, ...], int]:
        """The options it is followed by, by place, and where the last one's name ends."""
        text = self.text
        plain = _PLAIN.match(text, end)
        if plain and (place := PLACES[plain[plain.lastindex or 1]]) < len(self.options):
            return (place,), plain.end()
        bare = _BARE.match(text, end)
        if bare and _LEADS.fullmatch(text, end, bare.start(1)):
            return ((), end) if self._in_words(bare) else self._bare(bare)
        if not bare and (rest := _NAMELESS.match(text, start)) and "\n" not in rest[0]:
            return (), end
        named, mention = self.named.all(), self._mention(end)
        if bare and (mention is None or bare.end(1) <= named[mention].start):
            return ((), end) if self._in_words(bare) else self._bare(bare)
        if mention is None:
            return (), end
        last = together(text, named, mention)
        if last == mention and "\n" in text[end : named[mention].start]:
            last = rows(text, named, mention)
        places = (named[last].place,) if last == mention else tuple({m.place for m in named[mention : last + 1]})
        return places, named[last].end

    def _mention(self, end: int) -> int | None:
        """The first mention in the rest of the sentence; a letter in parentheses only where there is no better one."""
        aside, named = None, self.named.all()
        for place in range(bisect(named, end, key=_END), len(named)):
            start = named[place].start
            if start > end + REACH or _STOP.search(self.text, end, start):
                break
            if not named[place].aside:
                return place
            aside = place if aside is None else aside
        return aside

    def _in_words(self, bare: re.Match[str]) -> bool:
        """Whether a digit only begins an option's own words: `answer: 1 and 2`."""
        own = (option.strip() for option in self.options if bare[1].isdigit())
        return any(len(words) > 1 and self.text.startswith(words, bare.start(1)) for words in own)

    def _bare(self, bare: re.Match[str]) -> tuple[tuple[int, ...], int]:
        signs, end = [bare[1]], bare.end(1)
        while len(signs) < MOST and (more := _MORE.match(self.text, end)):
            if more[2] and not signs[0].isdigit():
                break
            signs.append(more[1] or more[2])
            end = more.end()
        places = {called(sign, self.options) for sign in signs}
        return tuple(place for place in places if place is not None), end
