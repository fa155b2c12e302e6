"""Pages of items: each with its options and its key, and what every system chose and wrote, side by side.

A page holds ITEMS items, so that a benchmark of twenty thousand can be read. What is to be seen of a page is chosen by
radio buttons and CSS alone: no page of the report runs a script.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from evaluator.benchmark import named, names
from evaluator.choice import Item, MultipleChoice
from evaluator.report.paper import words
from evaluator.report.paper.exams import Exam, Gathered
from evaluator.report.paper.sheets import title
from storage import answers
from storage.models import Answer
from storage.report.page import page

ITEMS = 100
LONGEST = 20_000  # characters of a reply that are shown


@dataclass(frozen=True)
class Said:
    """What one system gave for an item; `weights` are its votes or likelihoods by letter.

    `text` is its reply; behind a pipeline's stands the English one, in which its letter was read.
    """

    system: str
    choice: str | None
    look: str
    text: str
    weights: str


@dataclass(frozen=True)
class Shown:
    """An item as it is shown; `looks` are the classes that it is chosen by. Without a file `options` are none."""

    id: str
    topic: str
    question: str
    options: Sequence[tuple[str, str, bool]]
    said: Sequence[Said]
    looks: str


@dataclass(frozen=True)
class ItemPage:
    """One file of a benchmark's items, the `number`th of `of`; `shown` tells which items by their numbers."""

    file: str
    benchmark: str
    items: Sequence[str]
    number: int
    of: int
    first: int

    @property
    def shown(self) -> str:
        """Which items."""
        return f"{self.first}–{self.first + len(self.items) - 1}"

    @property
    def name(self) -> str:
        """The file without its folder."""
        return self.file.rpartition("/")[2]

    def beside(self, by: int) -> str:
        """The name of the page so many further."""
        return self.name.replace(f"-{self.number}.html", f"-{self.number + by}.html")


def item_pages(exams: Sequence[Exam]) -> list[ItemPage]:
    """The pages there will be."""
    found, taken = list[ItemPage](), set[str]()
    for exam in exams:
        stem = _stem(exam.name, taken)
        items = exam.items
        of = -(-len(items) // ITEMS)
        for n in range(of):
            own = items[n * ITEMS : (n + 1) * ITEMS]
            found.append(ItemPage(f"items/{stem}-{n + 1}.html", exam.name, own, n + 1, of, n * ITEMS + 1))
    return found


def html(session: Session, gathered: Gathered, of: ItemPage) -> str:
    """One page as HTML."""
    exam = next(exam for exam in gathered.exams if exam.name == of.benchmark)
    systems = [s.name for s in gathered.systems if exam.given.get(s.name)]
    rows = {
        s.name: {row.item: row for row in answers.of(session, s.sat[exam.name], of.items)}
        for s in gathered.systems
        if s.name in systems
    }
    shown = [_shown(exam, item, {name: rows[name].get(item) for name in systems}) for item in of.items]
    session.expunge_all()  # the texts of a page are not wanted again
    english = exam.name in names() and isinstance(b := named(exam.name), MultipleChoice) and b.language == "en"
    return page(
        "evaluator.report.paper/items.html.jinja",
        sheets=["evaluator.report.paper/wide.css", "evaluator.report.paper/items.css"],
        title=title(exam.name),
        of=of,
        items=shown,
        filters=_filters(systems, shown),
        script={"lang": "en", "dir": "ltr"} if english else {"lang": "fa", "dir": "rtl"},
        sections=[],
        tiles=[],
    )


def _shown(exam: Exam, item: str, rows: dict[str, Answer | None]) -> Shown:
    own = exam.opened.by_id.get(item) if exam.opened else None
    said = [_said(words.name(system), row) for system, row in rows.items()]
    return Shown(
        item,
        (own.topic or "") if own else "",
        own.question if own else next((row.prompt for row in rows.values() if row), ""),
        _options(own) if own else (),
        said,
        " ".join(_looks(list(rows.values()))),
    )


def _options(item: Item) -> list[tuple[str, str, bool]]:
    return [(letter, text, letter == item.answer) for letter, text in item.lettered.items()]


def _looks(rows: Sequence[Answer | None]) -> Iterator[str]:
    """What the item is chosen by."""
    given = [row for row in rows if row]
    if len({row.choice for row in given}) > 1:
        yield "differ"
    if not any(row.correct for row in given):
        yield "nobody"
    if len(given) < len(rows) or any(row.choice is None for row in given):
        yield "unread"
    yield from (f"wrong{n}" for n, row in enumerate(rows) if row and not row.correct)


def _said(system: str, row: Answer | None) -> Said:
    if row is None:
        return Said(system, None, "none", "", "no answer")
    written = row.output.get("text")
    text = written if isinstance(written, str) else ""  # likelihoods of the options' texts have that name too
    through = row.output.get("through")
    if isinstance(through, dict):
        text += f"\n\n{through.get('answer', '')}"
    more = f" … ({len(text) - LONGEST:,} more characters)" if len(text) > LONGEST else ""
    look = "right" if row.correct else "wrong"
    return Said(system, row.choice, look, text[:LONGEST] + more, _weights(row.output))


def _weights(output: dict[str, object]) -> str:
    """Votes, or how likely each letter was beside the others."""
    votes, letters = output.get("votes"), output.get("letter")
    if isinstance(votes, dict):
        return " · ".join(f"{letter} {count}" for letter, count in votes.items())
    if not isinstance(letters, dict):
        return ""
    nats = {letter: float(value) for letter, value in letters.items() if isinstance(value, int | float)}
    highest = max(nats.values(), default=0.0)
    shares = {letter: math.exp(value - highest) for letter, value in nats.items()}
    return " · ".join(f"{letter} {100 * share / sum(shares.values()):.0f} %" for letter, share in shares.items())


def _filters(systems: Sequence[str], shown: Sequence[Shown]) -> list[tuple[str, str, int]]:
    """What may be chosen: (class, words, how many items of the page)."""
    said = {"differ": "systems differ", "nobody": "nobody is right", "unread": "someone has no letter"}
    said |= {f"wrong{n}": f"{words.name(system)} is wrong" for n, system in enumerate(systems)}
    return [(look, label, sum(look in item.looks.split() for item in shown)) for look, label in said.items()]


def _stem(benchmark: str, taken: set[str]) -> str:
    """A file's name from a benchmark's, which may be anything."""
    stem = re.sub(r"[^A-Za-z0-9-]+", "-", benchmark)[:60].strip("-") or "benchmark"
    while stem.casefold() in taken:
        stem += "-x"
    taken.add(stem.casefold())
    return stem
