"""What was crawled, as it may be shown on a terminal, which obeys control characters and shows none of them."""

import re

from cleaning.alphabet import INVISIBLE

UNSEEN = f"{INVISIBLE}\t-\r\x85\u2028\u2029"
"""A regular-expression class: signs that show nothing, but spaces and joiners; line breaks are among them."""

_UNSEEN = re.compile(f"[{UNSEEN}]")


def code_points(text: str, unseen: re.Pattern[str] = _UNSEEN) -> str:
    """The text in one line, signs that show nothing written as their code points."""
    return unseen.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
