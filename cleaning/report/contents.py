"""All figures of the page, read once from the database; nothing here knows how they will look."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cleaning.recipe import load
from cleaning.report.order import Order, order
from storage import findings, selection, standings, summaries
from storage.errors import TabibError, UsageError
from storage.findings import Clusters, Spans, Stopped
from storage.report.data import Data
from storage.report.data_sections import quantile
from storage.splits import Pair, Rule, divide
from storage.summaries import Lengths

SEED = 7  # of the samples: the same corpus shows the same ones
LARGEST = 10  # groups of repeats that are shown
NAMED = 20  # drugs and diseases that are shown
SPECIALITY, TERMS = "speciality", ("drugs", "diseases")  # keys of figures
PARTS = (0.05, 0.5, 0.95)


@dataclass
class Contents(Data):
    """What the sections are written from.

    `divisions` has for each rule what the manifest of a snapshot frozen now would say of the split, and `splits_by`
    its documents by split and source.
    """

    recipe_sha256: str = ""
    samples: int = 0
    words: int = 0
    order: Order = field(default_factory=dict)
    stopped: list[Stopped] = field(default_factory=list)
    clusters: Clusters = field(default_factory=lambda: Clusters({}, [], []))
    spans: list[Spans] = field(default_factory=list)
    divisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    splits_by: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    contamination: dict[str, Any] = field(default_factory=dict)
    specialities: list[tuple[str, str, int, int]] = field(default_factory=list)
    terms: dict[str, tuple[int, list[tuple[str, int]]]] = field(default_factory=dict)

    def numbers(self) -> dict[str, Any]:
        """Every figure of the page, fit for JSON; no text of a document."""
        sources = sorted({*self.before, *self.after})
        across = [{"sources": s, "clusters": n, "documents": documents} for s, n, documents in self.clusters.across]
        return {
            "recipe": self.recipe,
            "recipe_sha256": self.recipe_sha256,
            "totals": vars(self.totals),
            "outcomes": self.outcomes,
            "lengths": {
                source: {"crawled": _told(self.before.get(source)), "kept": _told(self.after.get(source))}
                for source in sources
            },
            "clusters": {"sizes": self.clusters.sizes, "across": across},
            "splits": self.splits_by,
            "divisions": self.divisions,
            "contamination": self.contamination,
            "masked": [row._asdict() for row in self.spans],
            "words": self.words,
            "corpus": [vars(size) for size in self.corpus],
            "specialities": [
                dict(zip(("name", "by", "documents", "kept"), row, strict=True)) for row in self.specialities
            ],
            "terms": {kind: {"documents": n, "most": dict(most)} for kind, (n, most) in self.terms.items()},
        }


def gather(session: Session, recipe: str | None, samples: int, advance: Callable[[], object]) -> Contents:
    """Read everything about a recipe by its name or file, or about the one that judged last.

    `advance` is called as often as there are `STEPS`. Raises UsageError for a recipe that is none or has judged
    nothing, TabibError where nothing is stored or cleaned.
    """
    contents = Contents(dt.datetime.now(dt.UTC), summaries.totals(session), samples=samples)
    if not contents.totals.articles + contents.totals.pairs:
        raise TabibError("there is nothing to report: no document is stored yet. Crawl first: `crawlers crawl all`")
    contents.recipe, contents.recipe_sha256 = _judged(session, recipe)
    for step in STEPS:
        step(session, contents)
        advance()
    return contents


def _judged(session: Session, recipe: str | None) -> tuple[str, str]:
    """Name and sha256 of the recipe, which has settled verdicts."""
    newest = summaries.newest_recipe(session)
    if newest is None:
        raise TabibError("nothing is cleaned yet: `cleaning run`")
    if recipe is None:
        name, sha256 = newest
    elif "/" in recipe or Path(recipe).suffix in (".yaml", ".yml"):
        loaded = load(recipe)
        name, sha256 = loaded.name, loaded.sha256
    else:
        name, sha256 = recipe, selection.recipe_named(session, recipe)
    if not standings.judged(session, sha256):
        raise UsageError(f"recipe {name} has judged nothing yet: `cleaning run --recipe {recipe or name}`")
    return name, sha256


def _outcomes(session: Session, contents: Contents) -> None:
    contents.outcomes = summaries.outcomes(session, contents.recipe_sha256)


def _order(session: Session, contents: Contents) -> None:
    contents.order = order(session, contents.recipe_sha256)


def _before(session: Session, contents: Contents) -> None:
    contents.before = summaries.answer_lengths(session)


def _after(session: Session, contents: Contents) -> None:
    contents.after = summaries.cleaned_answer_lengths(session, contents.recipe_sha256)


def _corpus(session: Session, contents: Contents) -> None:
    contents.corpus = summaries.cleaned_corpus(session, contents.recipe_sha256)
    contents.words = summaries.cleaned_words(session, contents.recipe_sha256)
    contents.corpus_is = f"kept by the recipe {contents.recipe}"


def _samples(session: Session, contents: Contents) -> None:
    contents.stopped = findings.stopped(session, contents.recipe_sha256, contents.samples, SEED)


def _clusters(session: Session, contents: Contents) -> None:
    contents.clusters = findings.clusters(session, contents.recipe_sha256, LARGEST)


def _spans(session: Session, contents: Contents) -> None:
    contents.spans = findings.spans(session, contents.recipe_sha256)


def _subjects(session: Session, contents: Contents) -> None:
    measured = findings.measured(session, contents.recipe_sha256, (SPECIALITY, *TERMS))
    if SPECIALITY in measured:
        contents.specialities = findings.specialities(session, contents.recipe_sha256)
    for kind in (name for name in TERMS if name in measured):
        contents.terms[kind] = findings.terms(session, contents.recipe_sha256, kind, NAMED)


def _division(rule: Rule) -> Callable[[Session, Contents], None]:
    def step(session: Session, contents: Contents) -> None:
        """Split what is kept now, as a snapshot frozen now would."""
        sha256 = contents.recipe_sha256
        sources = Counter[tuple[str, str]]()
        documents: list[tuple[uuid.UUID, str]] = []

        def pairs() -> Iterator[Pair]:
            for pair in standings.kept_pairs(session, sha256):
                documents.append((pair.document, pair.source))
                yield pair

        divided = divide(rule, pairs(), standings.kept_articles(session, sha256))
        sources.update((divided.split_of(document), source) for document, source in documents)
        contents.divisions[rule.value] = divided.figures
        contents.splits_by[rule.value] = [
            {"split": split, "source": source, "documents": n} for (split, source), n in sorted(sources.items())
        ]

    return step


def _contamination(session: Session, contents: Contents) -> None:
    newest = summaries.newest_snapshot(session)
    if newest and newest.recipe_sha256 == contents.recipe_sha256:
        found = newest.manifest.get("contamination", {})
        contents.contamination = {key: value for key, value in found.items() if key != "found"}


STEPS: tuple[Callable[[Session, Contents], None], ...] = (
    _outcomes,
    _order,
    _before,
    _after,
    _corpus,
    _samples,
    _clusters,
    _spans,
    _subjects,
    *(_division(rule) for rule in Rule),
    _contamination,
)


def _told(lengths: Lengths | None) -> dict[str, int]:
    lengths = lengths or Counter()
    return {"answers": lengths.total(), **{f"p{100 * part:.0f}": quantile(lengths, part) for part in PARTS}}
