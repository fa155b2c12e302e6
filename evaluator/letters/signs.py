"""What an option is called by: letters of several scripts, digits, ordinals; and pieces of patterns that read them."""

from collections.abc import Iterable, Sequence

LATIN = "ABCDEFGHIJ"
_ALIKE = (
    ("A", "aＡａАаΑأإآاﺍ"),
    ("B", "bＢｂВΒبﺏ"),
    ("C", "cＣｃСсϹجپﺝﭖ"),
    ("D", "dＤｄدتﺩﺕ"),
    ("E", "eＥｅЕеΕه"),
)
"""Lower case, full width, Cyrillic and Greek look-alikes, and the Persian letters: exams go الف ب ج د or الف ب پ ت."""
_ORDINALS = (
    ("اول", "یکم", "نخست", "first", "1st", "one", "یک", "يك", "يک", "یك"),
    ("دوم", "دو", "second", "2nd", "two"),
    ("سوم", "سه", "third", "3rd", "three"),
    ("چهارم", "چهار", "fourth", "4th", "four"),
    ("پنجم", "پنج", "fifth", "5th", "five"),
)
_ONE = ("one", "یک", "يك", "يک", "یك")
_COMMON = " یکيىكاردنهوتمبسلشزعخفگحپقجصطeaionrtschlumdpygfbv"
"""Letters, the commonest first, as the published answers have them; before them those that `spelt` makes several."""
_LONG = 9  # digits: an option of more is no single one
_DIGITS = ("123456789", "۱۲۳۴۵۶۷۸۹", "١٢٣٤٥٦٧٨٩")

PLACES: dict[str, int] = {letter: place for place, letter in enumerate(LATIN)}
"""The place of an option among all, from 0, by what it may be called."""
PLACES |= {letter.lower(): place for place, letter in enumerate(LATIN)}
PLACES |= {sign: PLACES[letter] for letter, signs in _ALIKE for sign in signs} | {"الف": 0}
PLACES |= {word: place for place, words in enumerate(_ORDINALS) for word in words}
PLACES |= {"آخر": -1, "last": -1}  # counted from the end
PLACES |= {digit: place for digits in _DIGITS for place, digit in enumerate(digits)}

GAP = r"[\s\u200b-\u200f\u202a-\u202e\u2060*_`~$]"
"""What may stand around a letter and means nothing: spaces, joiners, marks of direction and of markup."""
_LETTERS = "".join(sign for sign in PLACES if len(sign) == 1 and not sign.isdigit())
SIGN = f"(?:الف|[{_LETTERS}])"
SIGNS = f"{_LETTERS}ف"
"""The last characters of all of these."""
DIGIT = f"[{''.join(_DIGITS)}]"
_ENDS = rf"(?={GAP}{{0,4}}(?:[.،,:؛;!)»\]\"]|\Z|\n|است|صحیح|درست|می|باشد|is\s))"
# یک and "one" are no number where a word follows.
COUNTED = (
    f"(?:{'|'.join(w for words in _ORDINALS for w in words if not w.isascii() and w not in _ONE)}|[یي][کك]{_ENDS}|آخر)"
)
COUNTED_IN_ENGLISH = (
    f"(?:{'|'.join(w for words in _ORDINALS for w in words if w.isascii() and w not in _ONE)}|one{_ENDS}|last)"
)
"""An option's number in words."""
ALONE = r"(?![\w\u200c\u0640])"
"""No word goes on here."""
BEGINS = r"(?<![\w\u200c])"
"""A word begins here: آنمی is no نمی, and آگونیست no نیست."""


def called(sign: str, options: Sequence[str]) -> int | None:
    """The place of the option that is called so: the one whose own text a digit is, else by its letter or number."""
    if sign.isdigit():
        for place, option in enumerate(options):
            if _number(option.strip(" .")) == _number(sign):
                return place
    place = PLACES[sign]
    return (place if place >= 0 else len(options) - 1) if place < len(options) else None


def _number(text: str) -> str:
    return str(int(text)) if text.isdecimal() and len(text) < _LONG else text


def sought(word: str) -> str:
    """The word's pattern, from its rarest letter on, with a look back at what stands before: `re` skips to where one of
    the plain characters stands that its alternatives begin with, and the rarer they are, the fewer there are to try.

    For where no match's start is looked at, and no part of the word stands before what is searched.
    """
    rarest = max(range(len(word)), key=lambda place: _rarity(word[place]))
    return f"{word[rarest]}(?<={word[: rarest + 1]}){word[rarest + 1 :]}" if rarest else word


def rarest_first(letters: Iterable[str]) -> str:
    """Letters in the order in which to look for them, where a text that lacks one needs no further look."""
    return "".join(sorted(letters, key=_rarity, reverse=True))


def _rarity(letter: str) -> int:
    return _COMMON.find(letter) % len(_COMMON)


def spelt(pattern: str) -> str:
    """The pattern with every Persian yeh and kaf standing for the Arabic ones too: none may be inside brackets."""
    return pattern.replace("ی", "[یيى]").replace("ک", "[کك]")
