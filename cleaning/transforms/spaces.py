"""Spaces and line breaks of every kind."""

import re

from cleaning.steps import transform

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_ODD = re.compile("[\t\r\x0b\x0c\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]")
_RUN = re.compile("  +")
_EMPTY_LINES = re.compile("\n\n\n+")


@transform(spelling=True)
def spaces(text: str) -> str:
    """Make runs of spaces one space, trim lines, and leave at most one empty line between two.

    Spaces are folded before line ends are trimmed, so that no pattern meets a long run of them.
    """
    if _ODD.search(text):
        text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    if "  " in text:
        text = _RUN.sub(" ", text)
    if "\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text.replace(" \n", "\n").replace("\n ", "\n"))
    return text.strip(" \n")
