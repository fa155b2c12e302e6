"""What `evaluator retrieve` finds and prints."""

from dataclasses import dataclass
from typing import Any

from evaluator.listing import bars, console
from evaluator.retrieval.extractive import retriever_of
from evaluator.retrieval.guard import Own
from evaluator.retrieval.letters import plain, readable
from evaluator.retrieval.retriever import Hits
from storage.errors import UsageError

SHOWN = 400  # characters of a text that a person is shown


@dataclass(frozen=True)
class Wanted:
    """Which snapshot is searched, how, for how many pairs; `guard` leaves out those that are the question itself."""

    snapshot: str
    method: str = "bm25"
    k: int = 5
    guard: bool = False


def search(question: str, wanted: Wanted) -> Hits:
    """The similar pairs.

    Raises UsageError for names that do not exist and a question without a letter, MissingExtra where a method needs it.
    """
    if not plain(question):
        raise UsageError("the question holds no letter or digit to search by: ask in words")
    with bars() as progress:
        found_in = retriever_of(wanted.method, wanted.snapshot, progress)
        return found_in.search(question, wanted.k, Own(question) if wanted.guard else None)


def as_json(found: Hits) -> dict[str, Any]:
    """For `--json`."""
    return {"left_out": found.left_out, "pairs": [{**hit.source, **hit.pair._asdict()} for hit in found.hits]}


def print_hits(found: Hits) -> None:
    """Each pair in three lines."""
    out = console()
    if not found.hits:
        out.print("no training question has anything in common with it", highlight=False)
    for place, hit in enumerate(found.hits, 1):
        out.print(f"{place}. {hit.score:.4f}  {hit.pair.id}", highlight=False, markup=False)
        out.print(f"   {_short(hit.pair.question)}", highlight=False, markup=False)
        out.print(f"   {_short(hit.pair.answer)}", highlight=False, markup=False)
    if found.left_out:
        out.print(f"left out as the question itself: {found.left_out}", highlight=False)


def _short(text: str) -> str:
    """On one line, and without what a terminal would obey."""
    line = readable(text, SHOWN + 1)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"
