"""Characters that show nothing: control characters, marks of direction, soft hyphens, tatweel."""

import re

from cleaning.alphabet import FORMS, INVISIBLE, JOINERS, LETTERS, MARKS, TATWEEL, ZERO_WIDTH_SPACE, ZWNJ
from cleaning.steps import transform

_LETTERS = LETTERS + FORMS
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_STRETCHED = re.compile(f"(?<=[{_LETTERS}{MARKS}{JOINERS}]){TATWEEL}+|{TATWEEL}+(?=[{_LETTERS}{MARKS}{JOINERS}])")
_SPACE_IN_WORD = re.compile(f"(?<=[{_LETTERS}]){ZERO_WIDTH_SPACE}+(?=[{_LETTERS}])")


@transform(spelling=True)
def invisible(text: str) -> str:
    """Drop control characters, marks of direction and stretched letters.

    A zero-width space inside a word stands where a ZWNJ is meant. A tatweel that stretches no letter
    stays: between digits it is somebody's dash.
    """
    text = _INVISIBLE.sub("", text)
    if ZERO_WIDTH_SPACE in text:
        text = _SPACE_IN_WORD.sub(ZWNJ, text).replace(ZERO_WIDTH_SPACE, "")
    return _STRETCHED.sub("", text) if TATWEEL in text else text
