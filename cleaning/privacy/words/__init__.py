"""Lists of words, a name to a file; lines that begin with # are remarks. And what was found out about words."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

_LONGEST = 30  # letters; longer ones hardly come again


class Table(dict[str, int]):
    """What a function says of each word, kept while there is room: most words of a text were met before.

    A word takes some 110 to 160 bytes.
    """

    def __init__(self, ask: Callable[[str], int], most: int) -> None:
        self._ask = ask
        self._most = most

    def __missing__(self, word: str) -> int:
        found = self._ask(word)
        if len(word) <= _LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[word] = found
        return found


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a list beside this file."""
    lines = (files(__name__) / name).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
