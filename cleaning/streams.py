"""Records on standard input and output: one after another, each ended by a byte, in bounded memory."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

PIECE = 1 << 20  # bytes read at once; memory holds a piece and the longest record

_BREAKS = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")


def records(source: BinaryIO, end: bytes) -> Iterator[tuple[str, bytes]]:
    """Every record and what ended it: `end`, or nothing for the last one. Bytes that are no UTF-8 become U+FFFD."""
    pending: list[bytes] = []
    while piece := source.read(PIECE):
        first, *rest = piece.split(end)
        pending.append(first)
        for record in rest:
            yield b"".join(pending).decode("utf-8", "replace"), end
            pending = [record]
    yield b"".join(pending).decode("utf-8", "replace"), b""


def in_one_line(change: Callable[[str], str]) -> Callable[[str], str]:
    """`change` for records that end with a line feed: the breaks in what it makes become one space, at its ends none.

    What a space brings together is changed once more, so that a second pass finds nothing to do.
    """

    def changed(text: str) -> str:
        text = change(text)
        return _joined(change(_joined(text))) if _BREAKS.search(text) else text

    return changed


def _joined(text: str) -> str:
    return " ".join(filter(None, _BREAKS.split(text)))


def rewrite(source: BinaryIO, target: BinaryIO, end: bytes, change: Callable[[str], str]) -> None:
    """Write every record as `change` makes it, ended as it was; nothing after the last end stays nothing."""
    for text, ended in records(source, end):
        if text or ended:
            target.write(change(text).encode("utf-8", "replace") + ended)
    target.flush()
