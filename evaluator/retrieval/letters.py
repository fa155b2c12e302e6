"""Texts in one script, so that spelling keeps no two from being found alike."""

import unicodedata

LONGEST = 20_000
"""Characters that are read of a text; the longest of 17,130 published questions has 3,074."""
_SAME = dict(zip("يىك", "ییک", strict=True))
_LETTERS = _SAME | dict(zip("ےڪةۀہھەأإآٱؤ", "یک" + "ههههه" + "اااا" + "و", strict=True))


def plain(text: str) -> str:
    """Letters and digits in one script and lower case, a space between words: no marks, joiners or punctuation.

    A zero-width non-joiner parts words here: the same ending stands joined, half-joined and apart in what users write.
    """
    return " ".join(text[:LONGEST].translate(_PLAIN).split())


def readable(text: str, longest: int) -> str:
    """As it is written, on one line of so many characters, in letters that no normaliser takes for more than one."""
    return " ".join(text[:LONGEST].translate(_READABLE).split())[:longest]


class _Table(dict[int, str]):
    """What a character becomes, found out when it is first met: linear whatever stands in a text."""

    def __missing__(self, point: int) -> str:
        # One character at a time: normalising a long run of combining marks takes the square of its length.
        found = "".join(map(self.folded, unicodedata.normalize("NFKC", chr(point))))
        self[point] = found
        return found

    def folded(self, char: str) -> str:
        """What one normal character becomes."""
        unread = unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn")
        return " " if unread else _SAME.get(char, char)


class _PlainTable(_Table):
    """The same for letters alone."""

    def folded(self, char: str) -> str:
        """See `plain`."""
        return "".join(map(_folded, char.lower()))


def _folded(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    if char == "\u0640" or unicodedata.category(char).startswith("M"):
        return ""
    if (value := unicodedata.decimal(char, None)) is not None:
        return str(value)
    return char if char.isalnum() else " "


_PLAIN, _READABLE = _PlainTable(), _Table()
