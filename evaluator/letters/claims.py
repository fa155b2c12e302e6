"""Where a text says that what comes now is its answer: پاسخ صحیح گزینه [B] است, `Answer: B`, جواب: ۲."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from evaluator.letters.groups import rows, together
from evaluator.letters.mentions import Mention
from evaluator.letters.signs import ALONE, BEGINS, DIGIT, GAP, SIGN, called, spelt

REACH = 160
"""How far behind the word for an answer its option may stand, in characters."""
_LETTER = rf"(?:{SIGN}|{DIGIT}){ALONE}"
_RIGHT = "صحیح|درست|نهایی|نهائی|مناسب|متناسب|مورد نظر|دقیق|بهتر|برتر|منتخب|انتخابی|پیشنهادی|نزدیک"
_WRONG = "نادرست|غلط|اشتباه|ناصحیح"
_ASKED = r"به\s(?:این|آن|پرسش|سوال|سؤال|درستی|صورت|نظر|شرح|شما)|برای\s|سوال|سؤال|پرسش|از\s|بین\s|شما"
# A word for an answer also means any response, such as a muscle's: what comes next tells.
_MEANT = (
    spelt(
        rf"(?={GAP}{{0,4}}(?:{_RIGHT}|{_WRONG}|{_ASKED}|گزین|من{ALONE}|ما{ALONE}|این\s|در\s?گزین|عبارت|می\s?ب|باید|است|خواهد"
        r"|حرف|[=:：\[({<«\"-]|"
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
            spelt(rf"انتخاب{GAP}{{1,3}}(?:{_RIGHT}|من{ALONE})") + rf"|انتخاب{GAP}{{1,3}}(?={SIGN}{ALONE})",
            spelt(rf"عبارت{GAP}{{1,3}}(?:{_RIGHT}|{_WRONG})"),
            rf"بلکه{GAP}{{1,3}}(?=گز|\[|{_LETTER})",
            rf"nswer{_ENGLISH}",
            rf"NSWER{_ENGLISH}",
            r"Ans(?=[.: ])",
            rf"orrect (?:option|choice){_ENGLISH}",
            rf"est (?:option|choice){_ENGLISH}",
            r"hoose ",
            r"select ",
            "الإجابة",
            "答案",
            "选项是",
            "选择",
            r"\\boxed",
        ]
    )
)
_BETWEEN = spelt(
    "صحیح|درست|نهایی|نهائی|مناسب|این|است|که|من|شما|به|مورد|نظر|رسد|احتمالا|همان|پرسش|سوال|سؤال|عبارت|از|می|باشد|خواهد|بود|برابر|با|حرف|هي"
)
_BARE = re.compile(
    rf"(?:[\s\u200b-\u200f\u202a-\u202e*_$:：=،,«\"'(\[{{<\-–`>]|{_BETWEEN}|is|the|would|should|must|be|option|\\text|是){{0,16}}"
    rf"({SIGN}|{DIGIT}(?![.,٫/]\d)){ALONE}(?={GAP}{{0,4}}"
    + spelt(
        r"(?:[.:،,)\]»\"!؛;|<>(}。，]|\Z|است|می|هست|باشد|خواهد|پایان|is\s|corre|because|زیرا|چون|or\s|and\s|یا\s|و\s|-)|\s*\n)"
    )
)
_STOP = re.compile(
    spelt(
        r"[!?؟]|\.(?!\d)|(?<![:：\n])(?<![:：]\*\*)(?<![:：] )\n|\b(?:not|because|although|though|but)\b"
        rf"|کدام|کنید|{BEGINS}(?:نیست|نمی|در حالی که|برخلاف|زیرا|هر[\s\u200c]?چند|اگرچه|گرچه|اما\s|ولی\s)"
    )
)
_DENIED = re.compile(
    spelt(
        rf"{GAP}{{0,4}}(?:هم|نیز|پاسخ)?{GAP}{{0,3}}(?:صحیح|درست)?{GAP}{{0,3}}"
        rf"(?:نیست|نمی|نبود|نادرست|غلط|اشتباه|is (?:not|in|wrong)|isn't|不|(?:است|می\s?باشد)?[؟?])"
    )
)
_CALLED_WRONG = re.compile(spelt(_WRONG))
_MORE = re.compile(rf"{GAP}{{0,3}}(?:[،,/&]|و|یا|and|or){GAP}{{0,3}}({SIGN}){ALONE}")


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


def claims(text: str, named: Sequence[Mention], options: Sequence[str]) -> Claims:
    """All that a text declares."""
    found, place, reader = Claims([], [], set()), 0, _Following(text, named, options)
    for cue in _CUES.finditer(text):
        start, end = cue.span()
        if text.startswith("در ", start - 3) and cue[0] == "پاسخ":
            continue  # "in answer to"
        while place < len(named) and named[place].end <= end:
            place += 1
        places, last = reader.follows(end, place)
        if not places:
            found.silent.append(end)
        elif _DENIED.match(text, last):
            found.denied.update(places)
        else:
            found.declared.append(Claim(start, last, places, bool(_CALLED_WRONG.search(text, start, end + 12))))
    return found


class _Following:
    """What follows a word for an answer that ends at `end`; `first` is the first mention behind that."""

    def __init__(self, text: str, named: Sequence[Mention], options: Sequence[str]) -> None:
        self.text, self.named, self.options = text, named, options

    def follows(self, end: int, first: int) -> tuple[tuple[int, ...], int]:
        """The options it is followed by, by place, and where the last one's name ends."""
        text, named, mention = self.text, self.named, self._mention(end, first)
        bare = _BARE.match(text, end)
        if bare and (mention is None or bare.end(1) <= named[mention].start):
            return ((), end) if self._in_words(bare) else self._bare(bare)
        if mention is None:
            return (), end
        last = together(text, named, mention)
        if last == mention and "\n" in text[end : named[mention].start]:
            last = rows(text, named, mention)
        return tuple({m.place for m in named[mention : last + 1]}), named[last].end

    def _mention(self, end: int, first: int) -> int | None:
        """The first mention in the rest of the sentence; a letter in parentheses only where there is no better one."""
        aside = None
        for place in range(first, len(self.named)):
            start = self.named[place].start
            if start > end + REACH or _STOP.search(self.text, end, start):
                break
            if not self.named[place].aside:
                return place
            aside = place if aside is None else aside
        return aside

    def _in_words(self, bare: re.Match[str]) -> bool:
        """Whether a digit only begins an option's own words: `answer: 1 and 2`."""
        own = (option.strip() for option in self.options if bare[1].isdigit())
        return any(len(words) > 1 and self.text.startswith(words, bare.start(1)) for words in own)

    def _bare(self, bare: re.Match[str]) -> tuple[tuple[int, ...], int]:
        end, place = bare.end(1), called(bare[1], self.options)
        more = _MORE.match(self.text, end)
        return tuple({p for p in (place, called(more[1], self.options) if more else None) if p is not None}), end
