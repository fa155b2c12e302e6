"""Terms found in a text however they are spelled: one dictionary of all written forms, asked once a text.

Texts and terms are compared as `cleaning.folding.fold` writes them, without ZWNJ, marks and punctuation. A term of
several words is found with or without the spaces between them, and a word with the endings that Persian glues to it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from cleaning.folding import fold

# Plural, ezafe, indefinite, possessives, copula, and the object marker of everyday writing.
ENDINGS = tuple(
    """
    ها های هایی هام هاش هامون هاشون هاتون هایم هایش هایت هایتان هایشان ی ای م ت ش مون تون شون مان تان شان ام ات اش
    و رو را هم ه
    """.split()  # noqa: SIM905 - a list of endings reads as text
)
SHORTEST_WITH_ENDINGS = 4
"""Letters. With endings a shorter word meets others: the disease سل and ام make the greeting سلام."""
LONGEST = 4
"""Words of a term whose spaces may be missing; each more doubles its forms."""

_GLUED = re.compile("[0-9](?:(?<=[ء-ی][0-9])|(?=[ء-ی]))")
_GAPS = re.compile("(?<=[0-9])(?=[ء-ی])|(?<=[ء-ی])(?=[0-9])")
"""Between a number and the Persian word written onto it: «2ماهه», «لووتیروکسین50»."""


class Terms:
    """A table of written forms, each with the key of what it means.

    Read from the left, the longest form wins: gestational diabetes is not counted as diabetes as well.
    """

    def __init__(self, spellings: Iterable[tuple[str, str]]) -> None:
        """`spellings` are pairs of a term as written and its key; the first key of a form stays."""
        self._single: dict[str, str] = {}
        self._several: dict[str, dict[str, str]] = {}
        for term, key in spellings:
            for form in _forms(fold(term)):
                first, *rest = form.split(" ", 2)
                forms = self._several.setdefault(" ".join([first, rest[0]]), {}) if rest else self._single
                forms.setdefault(form, key)
        self._longest = {start: max(form.count(" ") for form in forms) + 1 for start, forms in self._several.items()}
        self._starts = frozenset(start.partition(" ")[0] for start in self._several)
        self._firsts = self._starts | frozenset(self._single)

    def forms(self) -> Iterator[tuple[str, str]]:
        """Every form that `count` can meet, with its key."""
        for forms in (self._single, *self._several.values()):
            yield from ((form, key) for form, key in forms.items() if not _GLUED.search(form))

    def count(self, folded: str) -> Counter[str]:
        """How often each key is named in a folded text."""
        apart = _GAPS.sub(" ", folded) if _GLUED.search(folded) else folded
        return Counter([key for _, _, key in self.places(apart.split(" "))])

    def places(self, words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """Where forms begin and end among folded words, and what they mean, in order."""
        met = self._firsts.intersection(words)
        if not met:
            return
        words = [*words, ""]
        free = 0  # the first word that no longer form has taken
        for place in [place for place, word in enumerate(words) if word in met]:
            if place < free:
                continue
            if words[place] in self._starts:
                key, free = self._at(words, place)
            else:
                key, free = self._single[words[place]], place + 1
            if key is not None:
                yield place, free, key

    def _at(self, words: Sequence[str], place: int) -> tuple[str | None, int]:
        """The key of the longest form that begins here, and the place after it."""
        start = f"{words[place]} {words[place + 1]}"
        if start in self._several:
            forms = self._several[start]
            for end in range(place + self._longest[start], place + 1, -1):
                if (form := " ".join(words[place:end])) in forms:
                    return forms[form], end
        return self._single.get(words[place]), place + 1


def _forms(folded: str) -> Iterator[str]:
    """The term with each space kept or dropped, and with each ending on its last word."""
    words = folded.split(" ")
    gaps = product((" ", ""), repeat=len(words) - 1) if len(words) <= LONGEST else [(" ",) * (len(words) - 1)]
    for choice in gaps:
        form = words[0] + "".join(gap + word for gap, word in zip(choice, words[1:], strict=True))
        yield form
        if len(form) >= SHORTEST_WITH_ENDINGS and not form.isascii():
            yield from (form + ending for ending in ENDINGS)
