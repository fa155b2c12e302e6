"""An inspected stage on a terminal, in colour where that is wanted, or as JSON for a machine."""

from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trainer.inspection import Document, Inspected

# On a terminal each line of text is said to run from right to left: a mark for terminals that take a line's direction
# from its first strong character, an isolate for those that take all for left to right (UAX #9). In the table an
# isolate keeps a Persian token from turning the figures beside it.
LINE_BEGINS, ISOLATE, ENDS = "\u200f\u2067", "\u2068", "\u2069"
WITHIN_A_CHARACTER = "…"
ZERO_WIDTH_NON_JOINER = "\u200c"  # part of Persian spelling
MARGIN = 2
NAMES = {True: "trained", False: "given"}
STYLES = {True: "bold green", False: "dim"}


def as_json(inspected: Inspected) -> dict[str, Any]:
    """Rows of documents of tokens: index in the row, id, piece, text, position in the document, trained or not."""
    rows = [
        [
            {"start": document.start, "end": document.start + len(document.tokens), "tokens": _tokens(document)}
            for document in row
        ]
        for row in inspected.rows
    ]
    return {"stage": inspected.stage.name, "told": inspected.told, "rows": [{"documents": row} for row in rows]}


def show(inspected: Inspected, console: Console | None = None) -> None:
    """Print each row: a heading a document, its text in runs of one kind, then every token of it."""
    console = console or Console(highlight=False)
    console.print(inspected.told, markup=False, soft_wrap=True)
    for number, row in enumerate(inspected.rows):
        tokens = [token for document in row for token in document.tokens]
        trained = sum(token.trained for token in tokens)
        told = f"row {number}: {len(row)} document(s), {len(tokens)} tokens, {trained} trained"
        console.print(Text(told, "bold"))
        for order, document in enumerate(row):
            last = document.start + len(document.tokens) - 1
            console.print(Text(f"document {order}: tokens {document.start}–{last}", "bold cyan"))
            _show_text(document, console)
            console.print(_table(document))


def _tokens(document: Document) -> list[dict[str, Any]]:
    return [asdict(token) for token in document.tokens]


def _show_text(document: Document, console: Console) -> None:
    """The document's text, a paragraph for each run of given or of trained tokens; the name says it without colour."""
    begins, ends = (LINE_BEGINS, ENDS) if console.is_terminal else ("", "")
    for trained, run in groupby(document.tokens, key=lambda token: token.trained):
        console.print(Text(f"{NAMES[trained]}:", STYLES[trained]))
        text = "\n".join(map(_visible, "".join(token.text for token in run).split("\n")))
        for line in Text(text).wrap(console, console.width - MARGIN):
            marked = Text(begins + line.plain.rstrip() + ends, STYLES[trained], justify="right")
            console.print(marked, overflow="ignore", no_wrap=True)


def _table(document: Document) -> Table:
    table = Table("token", "position", "id", "", "text", box=None, padding=(0, 2, 0, 0))
    for token in document.tokens:
        text = ISOLATE + (_visible(token.text) or WITHIN_A_CHARACTER) + ENDS
        cells = (str(token.index), str(token.position), str(token.id), NAMES[token.trained], text)
        table.add_row(*(Text(cell) for cell in cells), style=STYLES[token.trained])
    return table


def _visible(text: str) -> str:
    """No text commands the terminal: control characters and marks of direction are written out."""
    return "".join(c if c.isprintable() or c == ZERO_WIDTH_NON_JOINER else f"\\u{ord(c):04x}" for c in text)
