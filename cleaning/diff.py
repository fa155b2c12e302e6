"""What another recipe would change: both over the same documents, compared end by end. No verdict is written."""

import random
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from cleaning.alphabet import JOINERS
from cleaning.judge import rule
from cleaning.recipe import Recipe
from cleaning.run import rulings
from cleaning.terminal import UNSEEN, code_points
from storage import measurements
from storage.models import Outcome
from storage.verdicts import PASSED, Ruling, Survivor

DROPPED = Outcome.DROPPED.value
SEED = 7  # of the samples: the same corpus shows the same ones
SHOWN = 600  # characters of a text; what a doctor writes is seldom longer
CHANGED, AROUND = 80, 30  # characters of what differs, and of the text on both sides of it
_UNSEEN_OR_JOINER = re.compile(f"[{UNSEEN}{JOINERS}]")


class Ending(NamedTuple):
    """Where a document ends under a recipe, the measurement its cleaned texts are in, and a digest of these."""

    source: str
    outcome: str
    reason: str | None
    measurement_id: int
    texts: str

    @property
    def end(self) -> tuple[str, str | None]:
        """What of it is compared."""
        return self.outcome, self.reason


class Change(NamedTuple):
    """Documents that end otherwise: how many, per source, and some of them with their texts before and after.

    `differs` names the first of outcome, reason and text that is not the same.
    """

    before: tuple[str, str | None]
    after: tuple[str, str | None]
    differs: str
    sources: dict[str, int]
    samples: list[dict[str, Any]]


def diff(session: Session, recipes: tuple[Recipe, Recipe], samples: int) -> list[Change]:
    """Every change from the first recipe to the second, the most frequent first; both must have measured all.

    A document whose end is the same and whose cleaned texts differ counts as the change from that end to itself.
    """
    first, second = (endings(session, recipe) for recipe in recipes)
    changed: defaultdict[tuple[Any, Any], list[uuid.UUID]] = defaultdict(list)
    for document in first.keys() & second.keys():  # one that another process holds is measured by neither or one
        before, after = first[document], second[document]
        rewritten = before.texts != after.texts and before.outcome != DROPPED
        if before.end != after.end or rewritten:
            changed[before.end, after.end].append(document)
    rows = []
    for (old, new), documents in sorted(changed.items(), key=lambda item: (-len(item[1]), str(item[0]))):
        sources = Counter(first[document].source for document in documents)
        chosen = random.Random(SEED).sample(sorted(documents), min(samples, len(documents)))  # noqa: S311  samples to read
        shown = [_sample(session, document, first[document], second[document]) for document in chosen]
        differs = "outcome" if old[0] != new[0] else "reason" if old != new else "text"
        rows.append(Change(old, new, differs, dict(sources), shown))
    return rows


def endings(session: Session, recipe: Recipe) -> dict[uuid.UUID, Ending]:
    """Where each measured document ends under the recipe."""
    ends: dict[uuid.UUID, Ending] = {}

    def passing() -> Iterator[Survivor]:
        for row in measurements.all_measured(session, recipe.measures_sha256):
            alone = Ruling(*rule(recipe, row.figures))
            ends[row.document_id] = Ending(row.source, *alone[:2], row.measurement_id, row.cleaned_md5)
            if alone.outcome != DROPPED or row.decision in PASSED:
                about = (row.document_id, row.measurement_id, row.sketch)
                yield Survivor(0, *about, alone, alone, row.decision, row.approved)

    for survivor, ruling in rulings(session, recipe, passing()):
        before = ends[survivor.document_id]
        ends[survivor.document_id] = before._replace(outcome=ruling.outcome, reason=ruling.reason)
    return ends


def print_changes(recipes: tuple[Recipe, Recipe], changes: list[Change]) -> None:
    """A line a change, then its samples."""
    console = Console()
    if not changes:
        console.print(f"{recipes[0].name} and {recipes[1].name} end alike for every document")
        return
    table = Table(f"by {recipes[0].name}", f"by {recipes[1].name}", "differs in", "documents", "sources")
    for change in changes:
        sources = ", ".join(f"{name} {count}" for name, count in sorted(change.sources.items()))
        documents = str(sum(change.sources.values()))
        table.add_row(_told(change.before), _told(change.after), change.differs, documents, sources)
    console.print(table)
    for change in changes:
        title = f"{_told(change.before)} → {_told(change.after)}"
        console.print(Text(f"\n{title}, another text" if change.differs == "text" else f"\n{title}", "bold"))
        for sample in change.samples:
            console.print(f"  {sample['document']}", highlight=False)
            for line in _rewritten(sample) if change.differs == "text" else _read(sample):
                console.print(Text(f"    {line}"), soft_wrap=True)


def _told(end: tuple[str, str | None]) -> str:
    return ": ".join(filter(None, end))


def _read(sample: dict[str, Any]) -> Iterator[str]:
    """The texts as the second recipe leaves them."""
    for name, text in sample["after"].items():
        yield f"{name}: {code_points(text if len(text) <= SHOWN else f'{text[:SHOWN].rstrip()} …')}"


def _rewritten(sample: dict[str, Any]) -> Iterator[str]:
    """What differs in each field, before and after."""
    for name, after in sample["after"].items():
        if (before := sample["before"].get(name, "")) != after:
            old, new = changed_pieces(before, after)
            yield f"{name}: {old}"
            yield f"{' ' * len(name)}→ {new}"


def changed_pieces(before: str, after: str) -> tuple[str, str]:
    """From the first to the last character that differs, of both texts, with a little of what stands around.

    Signs that show nothing are written as their code points, joiners only where they differ.
    """
    most = min(len(before), len(after))
    start = _alike(zip(before, after, strict=False), most)
    end = _alike(zip(reversed(before), reversed(after), strict=False), most - start)
    return _piece(before, start, len(before) - end), _piece(after, start, len(after) - end)


def _alike(letters: Iterable[tuple[str, str]], most: int) -> int:
    return next((n for n, (one, other) in enumerate(islice(letters, most)) if one != other), most)


def _piece(text: str, start: int, end: int) -> str:
    left, right = max(0, start - AROUND), min(len(text), end + AROUND)
    changed = code_points(text[start : min(end, start + CHANGED)], _UNSEEN_OR_JOINER)
    beyond = "…" if end > start + CHANGED else code_points(text[end:right]) + "…" * (right < len(text))
    return "…" * (left > 0) + code_points(text[left:start]) + changed + beyond


def _sample(session: Session, document: uuid.UUID, before: Ending, after: Ending) -> dict[str, Any]:
    texts = {"before": _texts(session, before), "after": _texts(session, after)}
    return {"document": str(document), "source": before.source} | texts


def _texts(session: Session, end: Ending) -> dict[str, str]:
    ((_, _, fields),) = measurements.cleaned(session, [end.measurement_id])
    return fields
