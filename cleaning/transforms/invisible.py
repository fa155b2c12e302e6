"""Characters that show nothing: control characters, marks of direction, soft hyphens, tatweel."""

import re

from cleaning.alphabet import DIGITS, FORMS, INVISIBLE, JOINERS, LETTERS, MARKS, TATWEEL, ZERO_WIDTH_SPACE, ZWNJ
from cleaning.steps import transform
from cleaning.urls import outside_urls

_LETTERS = LETTERS + FORMS
# Each pattern begins with the character sought and looks back from there: that is what makes a search quick.
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_UNSEEN = f"[{INVISIBLE}{ZERO_WIDTH_SPACE}]"
_UNSEEN_OR_JOINER = f"[{INVISIBLE}{ZERO_WIDTH_SPACE}{JOINERS}]"
_ANY = re.compile(_UNSEEN)
_IN_DIGITS = re.compile(rf"(?<!\d)\d++(?:{_UNSEEN_OR_JOINER}++\d++)+")
_RUN_OF_UNSEEN = re.compile(f"{_UNSEEN_OR_JOINER}+")
_SOMEBODYS = 10  # digits: a national id or a telephone number has so many, no dose or value has
# Marks of direction, the soft hyphen and those that forbid a break or join: what they stand in is one word, one number.
_PARTS_NOTHING = re.compile(f"[\u00ad\u061c\u200e\u200f\u2060\ufeff{JOINERS}]+")
_NO_LETTERS = rf"\W\d_{TATWEEL}²³¹¼-¾\u2070\u2074-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u249b"  # fractions, exponents
_BETWEEN_LETTERS = re.compile(
    rf"{_UNSEEN}(?<=[^{_NO_LETTERS}].|[\u0300-\u036f{MARKS}].){_UNSEEN}*(?=[^{_NO_LETTERS}])", re.DOTALL
)
_EMBEDDING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides, isolates and what ends them
_IN_WORD = re.compile(f"[{INVISIBLE}](?<=[{_LETTERS}].)[{INVISIBLE}]*(?=[{_LETTERS}])", re.DOTALL)
_SPACE_IN_WORD = re.compile(f"(?<=[{_LETTERS}]){ZERO_WIDTH_SPACE}+(?=[{_LETTERS}])")
_PREFIX = re.compile(f"(?:^|[^{_LETTERS}])(?:ن|بر|برن|در|درن|باز|بازن)?(?:م|ب)[یي]$")
_PLURAL_OR_COMPARED = "ها(?:[یي]{1,2}|[یي]?(?:م|ت|ش|مان|تان|شان))?|تر(?:[یي]|[یي]ن|ها|ها[یي])?"
_AFTER_HEH = "ا(?:م|[یي]|[یي]م|[یي]د|ند|ش)|[یي]"
_ENDING = re.compile(f"(?:{_PLURAL_OR_COMPARED})(?![{_LETTERS}])")
_ENDING_OF_HEH = re.compile(f"(?:{_PLURAL_OR_COMPARED}|{_AFTER_HEH})(?![{_LETTERS}])")
_LONGEST_PREFIX = 8

_TATWEEL = re.compile(f"{TATWEEL}+")
_JOINING = re.compile(f"[{_LETTERS}{MARKS}{JOINERS}]")
_NOT_JOINING = re.compile(f"[{DIGITS}A-Za-z]")


@transform(spelling=True)
def invisible(text: str) -> str:
    """Drop control characters, marks of direction and stretched letters.

    A zero-width space inside a word stands where a ZWNJ is meant; so does a mark of direction or a soft hyphen
    after می or before an ending. A tatweel beside a digit, a Latin letter or no letter at all is somebody's dash.
    A number with a mark of direction, a soft hyphen, a word joiner or a byte order mark inside is one number. For
    anything else between two digits a space is left, lest two numbers become one: a zero-width space is a border, a
    control character may be. Ten digits in all are no doses but somebody's number, whatever is inside. Between two
    letters one is left for an embedding, which is put around whole words.
    """
    if _ANY.search(text):
        text = outside_urls(text, _apart)
        text = _INVISIBLE.sub("", _IN_WORD.sub(_divider, text))
    if ZERO_WIDTH_SPACE in text:
        text = _SPACE_IN_WORD.sub(ZWNJ, text).replace(ZERO_WIDTH_SPACE, "")
    return _TATWEEL.sub(_dash, text) if TATWEEL in text else text


def _apart(text: str) -> str:
    text = _IN_DIGITS.sub(_one_or_more_numbers, text)
    if _EMBEDDING.search(text):
        text = _BETWEEN_LETTERS.sub(lambda m: " " if _EMBEDDING.search(m[0]) else m[0], text)
    return text


def _one_or_more_numbers(match: re.Match[str]) -> str:
    one = _RUN_OF_UNSEEN.sub("", match[0])
    if len(one) >= _SOMEBODYS:
        return one
    return _RUN_OF_UNSEEN.sub(lambda m: "" if _PARTS_NOTHING.fullmatch(m[0]) else " ", match[0])


def _divider(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    ending = _ENDING_OF_HEH if text[start - 1] == "ه" else _ENDING
    divides = ending.match(text, end) or _PREFIX.search(text[max(0, start - _LONGEST_PREFIX) : start])
    return ZWNJ if divides else ""


def _dash(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    around = before + match.string[match.end() : match.end() + 1]
    return "" if _JOINING.search(around) and not _NOT_JOINING.search(around) else match[0]
