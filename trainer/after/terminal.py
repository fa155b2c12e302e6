"""Persian in a terminal: each line set right to left, and nothing in a text that the terminal would obey."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NOTICE = (
    "For research only: the model can be wrong and must not advise a patient. "
    "فقط برای پژوهش است؛ ممکن است اشتباه کند و نباید به بیمار توصیه کند."
)
PROMPT = "› "
# Letters are joined and reordered by the terminal itself. A mark says that the line runs right to left, as the Unicode
# Bidirectional Algorithm (UAX #9) reads it, and an isolate holds for a terminal that takes all lines for left to right.
LINE_BEGINS, LINE_ENDS = "\u200f\u2067", "\u2069"
# Lets a terminal choose each line's direction by its first letter; others ignore it (freedesktop's "BiDi in Terminal
# Emulators", mode 2501).
AUTODETECT_ON, AUTODETECT_OFF = "\x1b[?2501h", "\x1b[?2501l"
# Embeddings, overrides and isolates of the text's own would break out of the line's.
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def readable(text: str) -> str:
    """The text without what a terminal would take for a command: control characters and direction overrides."""
    kept = DIRECTION.sub("", text)
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) != "Cc")


class Lines:
    """Text in pieces, each of its lines marked as right to left where `marked`."""

    def __init__(self, marked: bool) -> None:
        self.marked, self._open = marked, False

    def feed(self, piece: str) -> str:
        """The piece as it is to be written."""
        return "".join(map(self._character_run, re.split("(\n)", readable(piece))))

    def close(self) -> str:
        """What ends the last line."""
        ended, self._open = (LINE_ENDS if self._open else "") + "\n", False
        return ended

    def _character_run(self, run: str) -> str:
        if run == "\n":
            return self.close()
        if not (run and self.marked) or self._open:
            return run
        self._open = True
        return LINE_BEGINS + run


def say(text: str) -> None:
    """Write to the output at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def note(line: str) -> None:
    """One line to the error stream."""
    sys.stderr.write(line + "\n")


@contextmanager
def right_to_left() -> Iterator[bool]:
    """Whether a person watches the output; their terminal finds each line's direction meanwhile."""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    watched = sys.stdout.isatty()
    if watched:
        say(AUTODETECT_ON)
    try:
        yield watched
    finally:
        if watched:
            say(AUTODETECT_OFF)


def questions(watched: bool) -> Iterator[str]:
    """The lines of the input until it ends, without empty ones; edited and kept like a shell's where a person types."""
    typed = watched and sys.stdin.isatty()
    if typed:
        with suppress(ImportError):
            import readline  # noqa: F401  being imported is what gives `input` its editing
    while True:
        try:
            line = input(PROMPT) if typed else next(sys.stdin).rstrip("\n")
        except (EOFError, StopIteration):
            say("\n" if typed else "")
            return
        if line.strip():
            yield line
