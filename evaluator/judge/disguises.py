"""Ways of writing a sentence so that a model reads what a search for words does not."""

import codecs
import html
import re
import unicodedata
from collections.abc import Iterator

from evaluator.judge.scripts import ALIKE, GREEK, JOINERS, LATIN, MARKS, UNSEEN

INVISIBLE = re.compile(rf"[{UNSEEN}]+")
UNWRITTEN = re.compile(rf"[{UNSEEN}{JOINERS}{MARKS}\u0640]")
CODED = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+)"
    # Base 64 and its like: no word has so many letters, and changes between cases and digits in them.
    r"|(?<![\w+/-])(?=(?:[A-Za-z0-9+/_-]*?(?:[0-9][A-Za-z]|[a-z][A-Z])){2})[A-Za-z0-9+/_-]{20,}={0,6}"
    # Signs by their numbers, in base 16 and 2, and Morse's, Braille's and flags' signs.
    r"|(?=(?:[0-9]{2}[\s:]+){0,30}[0-9a-fA-F]?[a-fA-F])(?:\b[0-9a-fA-F]{2}\b[\s:]*){8,}"
    r"|(?:(?:%|\\x|\\u00|0x)[0-9a-fA-F]{2}[\s,;]?){4,}"
    r"|(?:\b[01]{7,8}\b\s*){3,}"
    r"|(?<!\w)(?:[.\-–—−·•_]{1,6}[ /|]+){8,}"
    r"|[\u2800-\u28FF]{2,}|(?:[\U0001F1E6-\U0001F1FF]\s*){4,}"
    # Letters one by one, whatever stands between them.
    r"|(?<![^\W_])(?:[^\W\d_][\W_]{1,3}){8,}[^\W\d_](?![^\W_])"
)
"""What is no text, and reads as one; a `link` is none."""
MIXED = re.compile(rf"[{LATIN}][{ALIKE}]|[{ALIKE}][{LATIN}]|[a-z][{GREEK}][a-z]")
"""A word of two scripts that look alike."""
SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\W_]{1,3}){3,}[^\W\d_](?![^\W_])")
BETWEEN = re.compile(r"[\W_]")
FOR_LETTERS = str.maketrans("013457@$!", "oieastasi")
LETTERS = str.maketrans("يكۀة", "یکهه")


def readings(sentence: str) -> Iterator[str]:
    """What it may be read as: in plain letters, backwards, with letters for digits, unspaced, turned by 13 letters."""
    told = plain(sentence)
    yield told
    yield told[::-1]
    if (lettered := told.translate(FOR_LETTERS)) != told:
        yield lettered
    if (joined := SPACED.sub(lambda spaced: BETWEEN.sub("", spaced[0]), told)) != told:
        yield joined
    if (turned := codecs.encode(told, "rot13")) != told:
        yield turned


def plain(text: str) -> str:
    """In small letters without marks, as a keyboard writes them."""
    return UNWRITTEN.sub("", unicodedata.normalize("NFKC", html.unescape(text))).translate(LETTERS).lower()
