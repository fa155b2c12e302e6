"""Ways of writing a sentence so that a model reads what a search for words does not."""

import codecs
import html
import re
import unicodedata
from string import ascii_lowercase

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
APART = re.compile(rf"(?<=[^\W\d_])[{UNSEEN}{JOINERS}_·•∙⋅|/\\~*+=-]{{1,3}}(?=[^\W\d_])")
"""What may stand for the space between two words."""
FOR_LETTERS = str.maketrans("013457@$!", "oieastasi")
LETTERS = str.maketrans("يكۀة", "یکهه") | {
    first + n: sign
    for signs, starts in ((ascii_lowercase, (0x1F150, 0x1F170)), ("123456789", (0x2776, 0x2780, 0x278A)))
    for first in starts
    for n, sign in enumerate(signs)
}
"""Letters of Arabic keyboards, and the letters and digits in black circles and squares, which NFKC leaves."""
CODE = r"\b[Uu]\+[0-9a-fA-F]{4}\b"
ESCAPED = re.compile(rf"(?:(?:\\u|%u)\{{?[0-9a-fA-F]{{4}}\}}?)+|{CODE}(?:[\s,;]{{0,2}}{CODE})*")
SIGN = re.compile(r"[uU+{]([0-9a-fA-F]{4})")
DEPTH = 3  # escapes of escapes


def decoded(text: str) -> str:
    """With the signs themselves for HTML's entities and for numbers as in JSON (`\\u0627`) and Unicode (`U+0627`)."""
    for _ in range(DEPTH):
        told = ESCAPED.sub(lambda run: _signs(run[0]), html.unescape(text))
        if told == text:
            break
        text = told
    return text


def _signs(run: str) -> str:
    return bytes.fromhex("".join(SIGN.findall(run))).decode("utf-16-be", "replace").replace("\0", "")


def readings(sentence: str) -> tuple[str, ...]:
    """What it may be read as, in plain letters.

    As it is, backwards, with each word backwards, with letters for digits, unspaced, with spaces for what joins
    words, and turned by 13 letters.
    """
    told = plain(sentence)
    backwards = told[::-1]
    return tuple(
        dict.fromkeys(
            (
                told,
                backwards,
                " ".join(reversed(backwards.split())),
                told.translate(FOR_LETTERS),
                SPACED.sub(lambda spaced: BETWEEN.sub("", spaced[0]), told),
                plain(APART.sub(" ", sentence)),
                codecs.encode(told, "rot13"),
            )
        )
    )


def plain(text: str) -> str:
    """In small letters without marks, as a keyboard writes them, with one space for all blanks in a row.

    Patterns that meet two `\\s*` would try each division of a longer run.
    """
    told = UNWRITTEN.sub("", unicodedata.normalize("NFKC", text)).translate(LETTERS).lower()
    return " ".join(told.split())
