"""What a text without a declared answer still proves, family by family, in the order of how much each one proves."""

import re
from bisect import bisect
from collections.abc import Callable, Sequence

from evaluator.letters.claims import Claims
from evaluator.letters.dismissals import dismissed
from evaluator.letters.doubts import unsaid
from evaluator.letters.edges import ending, opening
from evaluator.letters.groups import listed, rows, together
from evaluator.letters.marks import excepted, headed, marked
from evaluator.letters.mentions import Mention
from evaluator.letters.quotes import fold, lettered, none_of_them, quoted, sweeping
from evaluator.letters.signs import GAP, PLACES, SIGNS, called, spelt
from evaluator.letters.ticks import ranked, ticked
from evaluator.letters.verdicts import (
    OTHER,
    RIGHT,
    WRONG,
    sentence_end,
    summed_up,
    summing_up,
    verdicts,
)

NONE_OF_THEM = "none of them"
_WITHIN = r"[\w\u200c]"
_TOLD = spelt(
    r"(?:(?:is|was)\s(?:also\s)?(?:the\s)?(?:correct|right|best|answer|true)"
    r"|(?:(?:هم|نیز)\s)?(?:صحیح|درست|بهترین|مناسب[\s\u200c]?ترین)(?!\s?(?:نیست|نمی|نبود))"
    rf"|(?:را|رو){GAP}{{1,2}}(?:به عنوان (?:پاسخ )?(?:صحیح |درست |نهایی )?)?"
    r"(?:انتخاب(?!\sن)|بر[\s\u200c]?می[\s\u200c]?گزین|ترجیح|برگزید|می[\s\u200c]?زنم))"
)
_SUBJECT = re.compile(rf"([{SIGNS}])(?={GAP})(?:(?<!{_WITHIN}.)|(?<=الف)){GAP}{{1,3}}{_TOLD}", re.DOTALL)
_JOINED = re.compile(r"(?:[\w\u200c]|\s(?:و|یا|and|or)\s)\Z")
"""What stands before a letter that is part of a word, or one of several."""
# A plain character first, then whether a word begins with it: so `re` skips to where one stands.
_CONTRAST = re.compile(
    rf"ن(?<!{_WITHIN}ن)ه\s|ب(?<!{_WITHIN}ب)(?:رخلاف|ه[\s\u200c]?جا)"
    r"|n(?<!\wn)ot\b|u(?<!\wu)nlike\b|r(?<!\wr)ather than\b|i(?<!\wi)nstead of\b"
)
_REASON = re.compile(r"زیرا\s|چون\s|چرا[\s\u200c]?که\s|because\b")
_LEAD, _FEW, _BEFORE, _JOIN = 300, 20, 40, 5


class Undeclared:
    """A text, the options that it names, and what it says of them; options by place."""

    def __init__(self, text: str, options: Sequence[str], named: Sequence[Mention], negative: bool) -> None:
        self.text, self.options, self.named, self.negative = text, options, named, negative
        self.strong = [m for m in named if not m.aside]
        self.told: dict[str, set[int]] = {RIGHT: set(), WRONG: set(), OTHER: set(), "": set()}
        for mention, verdict in zip(self.strong, verdicts(text, self.strong), strict=True):
            said = verdict != RIGHT or not unsaid(text, mention.start)
            self.told[verdict if said else ""].add(mention.place)
        self.against: set[int] = set()

    def proved(self, said: Claims) -> tuple[str, set[int]]:
        """The first family that proves anything, and the options it names; nothing of `said` is a letter to take."""
        self.told[WRONG].update(said.denied, *(claim.places for claim in said.declared))
        self.against = self.told[OTHER] if self.negative else self.told[OTHER] | self.told[WRONG]
        if found := self.own_words(said.silent):
            return "own words", found
        for by, family in _FAMILIES:
            if (found := family(self)) and (by == "verdict" or not found <= said.denied):
                return by, found
        return "", {m.place for m in self.strong}

    def own_words(self, silent: Sequence[int]) -> set[int]:
        """The option whose words follow a word for an answer; several where the text says otherwise of it."""
        for cue in silent:
            end = sentence_end(self.text, cue + 3)
            place = bisect(self.strong, cue, key=lambda mention: mention.start)
            if place < len(self.strong) and self.strong[place].start < end:
                continue
            passage = self._said(cue, end)
            found = quoted(passage, self.options, 1) or sweeping(passage, self.options)
            if any(self._words_dismissed(place, cue) for place in found):
                return set()
            if len(found) == 1:
                denied = found & (self.told[WRONG] | self.told[OTHER])
                return found | self.told[RIGHT] if denied else found
        return set()

    def marked(self) -> set[int]:
        """The option marked right where all are marked; the one that is headed so, or that all others are unlike."""
        return (
            ranked(self.text, self.options)
            or ticked(self.text, self.options, self.negative)
            or marked(self.text, self.options, self.negative)
            or headed(self.text, self.options)
            or excepted(self.text, self.options, self.negative)
        )

    def ending(self) -> set[int]:
        """The option whose letter the text ends on."""
        place = ending(self.text, self.options)
        return set() if place is None else {place}

    def conclusion(self) -> set[int]:
        """The one option that is named where the text sums up."""
        found = summed_up(self.text, self.strong)
        found = found if self.negative else found - self.told[WRONG]
        last = [m for m in self.strong if {m.place} == found][-1:]
        return set() if len(found) != 1 or any(map(self._dismissed, last)) else found

    def verdict(self) -> set[int]:
        """The one option told right, or told wrong where that is asked for; the first told where there are both."""
        right, wrong = (
            self.told[RIGHT] - self.told[WRONG],
            self.told[WRONG] - self.told[RIGHT],
        )
        alone = [found for found in ((right, wrong) if self.negative else (right,)) if len(found) == 1]
        if len(alone) < 2:
            return alone[0] if alone else set()
        return next({m.place} for m in self.strong if {m.place} in alone)

    def refused(self) -> set[int]:
        """All options, where the text says that none of them is right; the option that says so, where there is one."""
        if not none_of_them(self.text):
            return set()
        return sweeping(self.text, self.options) or set(range(len(self.options)))

    def opening(self) -> set[int]:
        """The option whose letter the text opens with, or is."""
        place = opening(self.text, self.options)
        return set() if place is None or self._goes_on({place}) else {place}

    def mention(self) -> set[int]:
        """The options in the first sentence that names any, unless the text goes on to others in the same way."""
        named = self.strong or [m for m in self.named if self._backed(m)]
        if not named:
            return set()
        end = sentence_end(self.text, named[0].end)
        reason = _REASON.search(self.text, named[0].end, end)
        found = {m.place for m in named if m.start <= (reason.start() if reason else end)} - self.against
        rest = {m.place for m in self.strong} - found - self.told[OTHER] - self.told[WRONG]
        if self._dismissed(named[0]):
            return set()
        return found if len(rest) < 2 and not rest & self.told[RIGHT] and not self._goes_on(found) else set()

    def lettered(self) -> set[int]:
        """The options whose bare letter stands before their own words, where none is named otherwise."""
        return set() if self.strong else lettered(self.text[:_LEAD], self.options)

    def subject(self) -> set[int]:
        """The options that a letter alone stands for where one is told right early: `B is correct`."""
        places = set[int | None]()
        for match in _SUBJECT.finditer(self.text, 0, _LEAD):
            sign = "الف" if self.text.startswith("الف", match.start() - 2) else match[1]
            begin = match.end(1) - len(sign)
            joined = _JOINED.search(self.text, max(0, begin - _JOIN), begin)
            if sign in PLACES and not joined and not unsaid(self.text, begin):
                places.add(called(sign, self.options))
        return {place for place in places if place is not None}

    def exclusion(self) -> set[int]:
        """The one option that nothing is said against, where something is said against all others."""
        left = set(range(len(self.options))) - self.against
        return left if len(left) == 1 and not self.negative else set()

    def quote(self) -> set[int]:
        """The option whose words stand where it sums up, else those in its first sentence if no list follows it."""
        if (last := summing_up(self.text)) is not None:
            found = quoted(self._said(last, sentence_end(self.text, last)), self.options)
            if len(found) == 1:
                return found
        found = quoted(self._said(0, min(_LEAD, sentence_end(self.text, _FEW))), self.options)
        if self._goes_on(found) or any(self._words_dismissed(place) for place in found):
            return set()
        return found

    def _dismissed(self, mention: Mention) -> bool:
        return not self.negative and dismissed(self.text, mention.start, mention.end)

    def _words_dismissed(self, place: int, start: int = 0) -> bool:
        """Whether an option's own words are named only to turn it down."""
        own = self.options[place].strip(" .").lower()
        start += max(0, self.text[start : start + _LEAD].lower().find(own))
        return not self.negative and dismissed(self.text, start, start + len(own))

    def _said(self, start: int, end: int) -> str:
        """The passage up to what it sets its answer against: `the spleen, not the liver`."""
        against = _CONTRAST.search(self.text, start, end)
        return self.text[start : against.start() if against else end]

    def _backed(self, aside: Mention) -> bool:
        """Whether the words before a letter in parentheses are its option's: `the spleen (C)`."""
        before = fold(self.text[max(0, aside.start - _BEFORE) : aside.start]).split()[-2:]
        return not set(before).isdisjoint(fold(self.options[aside.place]).split())

    def _goes_on(self, found: set[int]) -> bool:
        """Whether the options are gone through one by one, or others belong to the first that is named."""
        if listed(self.text, self.strong):
            return True
        last = max(together(self.text, self.strong, 0), rows(self.text, self.strong, 0)) if self.strong else 0
        return bool({m.place for m in self.strong[: last + 1]} - found - self.against)


_FAMILIES: tuple[tuple[str, Callable[[Undeclared], set[int]]], ...] = (
    ("verdict", Undeclared.marked),
    ("ending", Undeclared.ending),
    ("conclusion", Undeclared.conclusion),
    ("verdict", Undeclared.verdict),
    (NONE_OF_THEM, Undeclared.refused),
    ("opening", Undeclared.opening),
    ("mention", Undeclared.mention),
    ("mention", Undeclared.lettered),
    ("verdict", Undeclared.subject),
    ("exclusion", Undeclared.exclusion),
    ("quote", Undeclared.quote),
)
