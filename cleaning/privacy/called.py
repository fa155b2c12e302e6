"""Names of persons who are spoken to or spoken of: before «خانم» or «جان», after a parent, with the verb «-ام»."""

import re
from collections.abc import Iterator

from cleaning.alphabet import ZWNJ
from cleaning.privacy.hints import any_also_given, any_given, without_am
from cleaning.privacy.name_words import (
    BETWEEN,
    LETTER,
    WORD,
    is_certain,
    is_given,
    known_in,
    stands_last,
    word_before,
    words_at,
)
from cleaning.privacy.words import listed

_PARENT = re.compile(rf"(?<!{LETTER})(?:مامان|مادر|بابا|پدر)[هی]? {{1,2}}(?={LETTER})")
_HONOUR = re.compile(rf" {{1,2}}(?:(جان|جون)|خانم|خانوم|آقا|اقا)(?!{LETTER})")
_I_AM = re.compile(rf"(?<!{LETTER})(?:من|بنده|اینجانب) {{1,2}}({LETTER}{{2,20}})(?!{LETTER})")
# Given names that say as well what somebody is like, or who comes in a tale.
_ALSO_WORDS = frozenset(
    ["فرشته", "سلطان", "شجاع", "رشید", "عادل", "فاضل", "نیکو", "بینا", "تابان", "عابد", "رحمان", "عظیم", "همتا"]
)
NO_NAME_HERE = re.compile(rf"(?:رضا|پیمان)[ {ZWNJ}](?:ن?می|ن|ب)?[ {ZWNJ}]?(?:ده|دا|بند|بست)")


def of_parent(cast: str) -> Iterator[tuple[int, int]]:
    """«مامان پرهام», «مادر آرش»: a child's name right after the parent."""
    for match in _PARENT.finditer(cast):
        words = words_at(cast, match.end())
        if (
            _is_only_given(words[0][0] if words else "")
            and word_before(cast, match.start()) not in listed("before_no_name.txt")
            and not NO_NAME_HERE.match(cast, match.end())
        ):
            yield match.end(), words[max(1, known_in(words)) - 1][1]


def honoured(cast: str) -> Iterator[tuple[int, int]]:
    """«زهرا خانم», «علی آقا», «سارا جان»: the given names right before."""
    if not (any_given(cast) or any_also_given(cast)):
        return
    for match in _HONOUR.finditer(cast):
        kept: list[re.Match[str]] = []
        for word in reversed([*WORD.finditer(cast, max(0, match.start() - 40), match.start())][-2:]):
            beside = BETWEEN.fullmatch(cast, word.end(), kept[0].start()) if kept else word.end() == match.start()
            if not (beside and (is_given(word[0]) if kept else is_certain(word[0]))):
                break
            kept.insert(0, word)
        if not kept or word_before(cast, kept[0].start()) in listed("before_no_name.txt"):
            continue
        if match[1] or any(_is_only_given(word[0]) for word in kept) or stands_last(cast, ("", match.end())):
            yield kept[0].start(), match.start()


def introduced_in_one_word(cast: str) -> Iterator[tuple[int, int]]:
    """«من سارام»: the name with the verb in one word."""
    for match in _I_AM.finditer(cast):
        bare = without_am(match[1])
        if bare and _is_only_given(bare):
            yield match.start(1), match.start(1) + len(bare)


def _is_only_given(word: str) -> bool:
    return is_given(word) and word not in _ALSO_WORDS
