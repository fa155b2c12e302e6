"""Records on standard input and output: one after another, each ended by a byte, in bounded memory."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

PIECE = 1 << 20  # bytes read at once; memory holds a piece and the longest record


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


def rewrite(source: BinaryIO, target: BinaryIO, end: bytes, change: Callable[[str], str]) -> None:
    """Write every record as `change` makes it, ended as it was; nothing after the last end stays nothing."""
    for text, ended in records(source, end):
        if text or ended:
            target.write(change(text).encode("utf-8", "replace") + ended)
    target.flush()
