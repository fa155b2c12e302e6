"""HTML entities left in a text, also those escaped several times over."""

import html
import re
from html.entities import html5

from cleaning.alphabet import INVISIBLE, JOINERS, MARK_FORMS, MARKS, TATWEEL, ZERO_WIDTH_SPACE
from cleaning.steps import transform
from cleaning.transforms.invisible import invisible

ROUNDS = 8  # &amp;amp;… nests without end in hostile input; the real data shows two levels at most
_REFERENCE = re.compile(r"&([^&;\s]{1,40});")
_IGNORED = re.compile(f"[{INVISIBLE}{MARKS}{MARK_FORMS}{JOINERS}{TATWEEL}{ZERO_WIDTH_SPACE}]")
_NUMBER = re.compile(r"#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})")


@transform(spelling=True)
def entities(text: str) -> str:
    """Replace HTML entities by what they stand for; a bare ampersand (R&D, Q&A) stays."""
    for _ in range(ROUNDS):
        if "&" not in text:
            break
        decoded = _REFERENCE.sub(_decode, text)
        if decoded == text:
            break
        text = invisible(decoded)
    return text


def _decode(match: re.Match[str]) -> str:
    name = _IGNORED.sub("", match[1])
    known = f"{name};" in html5 or _NUMBER.fullmatch(name)
    return html.unescape(f"&{name};") if known else match[0]
