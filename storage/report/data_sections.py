"""The sections on what was crawled and what cleaning left of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from storage.models import Outcome, State
from storage.report import charts
from storage.report.charts import Bar, Histogram, Segment
from storage.report.data import Data
from storage.report.section import Figures, Section, Table, count, share
from storage.selection import KEPT, UNDECIDED
from storage.splits import SPLITS, Rule
from storage.summaries import Lengths

LOOKS = 8  # colours of the palette; more sources than that share them in turn
BINS = 26
BIN_WIDTHS = (2, 5, 10, 20, 50, 100, 200, 500)  # words
IN_BINS = 0.98  # of the answers; the few that are longer share the last bin
LEFT_BY_RULE, LEFT_BY_PEOPLE = Outcome.DROPPED.value, State.REJECTED.value


def source_looks(data: Data) -> dict[str, str]:
    """One colour a source, the same in every plot."""
    names = {size.source for size in data.corpus} | {row["source"] for row in data.outcomes}
    names |= {row["source"] for row in data.splits} | set(data.before)
    return {name: f"c{n % LOOKS + 1}" for n, name in enumerate(sorted(names))}


def corpus(data: Data) -> Section:
    """How much of the text comes from which site."""
    section = Section("corpus", "Where the corpus comes from")
    letters = sum(size.letters for size in data.corpus)
    if not letters:
        section.missing = data.missing.get("files") or "No article is stored yet: `crawlers crawl all`."
        return section
    looks = source_looks(data)
    largest = data.corpus[0]
    section.says = (
        f"{largest.source} gives {share(largest.letters, letters)} of the letters of "
        f"{count(sum(size.documents for size in data.corpus))} articles "
        f"{data.corpus_is}."
    )
    rows = [
        Bar(
            s.source,
            [Segment(s.letters, looks[s.source], f"{s.source}: {count(s.letters)} letters")],
            share(s.letters, letters),
        )
        for s in data.corpus
    ]
    section.figures = [Figures(charts.bars("Share of the corpus by source", rows, full=letters))]
    section.tables = [
        Table(
            ("source", "articles", "letters", "share of letters", "letters an article"),
            [
                (
                    s.source,
                    count(s.documents),
                    count(s.letters),
                    share(s.letters, letters),
                    count(s.letters / s.documents),
                )
                for s in data.corpus
            ],
            frozenset({1, 2, 3, 4}),
        )
    ]
    return section


def splits(data: Data) -> Section:
    """Which source each split was made of."""
    section = Section("splits", "What each split is made of")
    if not data.splits:
        section.missing = "No snapshot is frozen yet: `storage export NAME`."
        return section
    by_split = by_splits(data.splits)
    pairs = sum(found.total() for name, found in by_split.items() if name != "corpus")
    section.says = (
        f"{count(pairs)} pairs: {', '.join(f'{share(by_split[name].total(), pairs)} {name}' for name in SPLITS)}; "
        f"{SPLIT_RULES.get(data.split_rule, data.split_rule)}."
    )
    drawn, table = split_parts(by_split, source_looks(data), "Each bar is one split; the figure is its documents.")
    section.figures, section.tables = [drawn], [table]
    return section


SPLIT_RULES = {
    Rule.PAPER.value: "test has sources of its own, so that it measures unseen sites",
    Rule.GROUPED.value: "pairs with anything in common stand on one side",
}


def by_splits(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Documents by source, for each split."""
    by_split: dict[str, Counter[str]] = {name: Counter() for name in ("corpus", *SPLITS)}
    for row in rows:
        by_split.setdefault(row["split"], Counter())[row["source"]] += row["documents"]
    return by_split


def split_parts(by_split: Mapping[str, Counter[str]], looks: Mapping[str, str], caption: str) -> tuple[Figures, Table]:
    """Each split as a bar of its sources, and the figures."""
    rows = [
        Bar(
            name,
            [
                Segment(n, looks[source], f"{source}: {count(n)} of {count(found.total())}")
                for source, n in sorted(found.items())
            ],
            count(found.total()),
        )
        for name, found in by_split.items()
    ]
    sources = sorted({source for found in by_split.values() for source in found})
    drawn = Figures(charts.bars("Sources of each split", rows), [(looks[s], s) for s in sources], caption)
    counts = [(name, *(count(found[s]) for s in sources), count(found.total())) for name, found in by_split.items()]
    return drawn, Table(("split", *sources, "all"), counts, frozenset(range(1, len(sources) + 2)))


def funnel(data: Data) -> Section:
    """What became of every document, and the reason of every drop."""
    section = Section("funnel", "What cleaning left, and why the rest went")
    if not data.outcomes:
        section.missing = "Nothing is cleaned yet: `cleaning run`."
        return section
    groups = _groups(data.outcomes)
    looks = _funnel_looks(groups)
    by_source: dict[str, Counter[str]] = {}
    for row in data.outcomes:
        by_source.setdefault(row["source"], Counter())[group_of(row)] += row["documents"]
    total = sum(found.total() for found in by_source.values())
    kept = sum(found[KEPT_GROUP] for found in by_source.values())
    rows = [
        Bar(
            source,
            [
                Segment(found[g], looks[g], f"{g}: {count(found[g])} of {count(found.total())}")
                for g in groups
                if found[g]
            ],
            f"{share(found[KEPT_GROUP], found.total())} of {count(found.total())}",
        )
        for source, found in sorted(by_source.items())
    ]
    under = f"under the recipe “{data.recipe}”"
    section.says = f"{count(kept)} of {count(total)} documents are kept ({share(kept, total)}) {under}."
    section.figures = [
        Figures(
            charts.bars("Outcome of every document by source", rows),
            [(looks[g], g) for g in groups],
            "At the right: the share kept, of all the source's documents.",
        )
    ]
    section.tables = [
        Table(
            ("outcome", *sorted(by_source), "all"),
            [_funnel_row(group, by_source) for group in groups],
            frozenset(range(1, len(by_source) + 2)),
        )
    ]
    return section


KEPT_GROUP, WAITING_GROUP, REVIEW_GROUP, REJECTED_GROUP = (
    "kept",
    "not judged yet",
    "waits for a person",
    "rejected by a person",
)


def group_of(row: Mapping[str, Any]) -> str:
    """What the report calls an outcome with its reason."""
    if row["outcome"] in KEPT:
        return KEPT_GROUP
    if row["outcome"] in UNDECIDED:
        return WAITING_GROUP
    if row["outcome"] == Outcome.REVIEW:
        return REVIEW_GROUP
    if row["outcome"] == LEFT_BY_PEOPLE:
        return REJECTED_GROUP
    return str(row["reason"] or "dropped").replace("_", " ").replace("-", " ")


def _groups(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Kept first, then the reasons from the most frequent on, then what is not decided."""
    counted: Counter[str] = Counter()
    for row in rows:
        counted[group_of(row)] += row["documents"]
    last = [g for g in (REJECTED_GROUP, REVIEW_GROUP, WAITING_GROUP) if g in counted]
    reasons = [g for g, _ in counted.most_common() if g not in (*last, KEPT_GROUP)]
    return [*([KEPT_GROUP] if KEPT_GROUP in counted else []), *reasons, *last]


def _funnel_looks(groups: list[str]) -> dict[str, str]:
    fixed = {KEPT_GROUP: "kept", REVIEW_GROUP: "review", WAITING_GROUP: "waiting", REJECTED_GROUP: "rejected"}
    reasons = [g for g in groups if g not in fixed]
    return fixed | {g: f"d{n % LOOKS + 1}" for n, g in enumerate(reasons)}


def _funnel_row(group: str, by_source: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    counts = [by_source[source][group] for source in sorted(by_source)]
    return (group, *map(count, counts), count(sum(counts)))


def lengths(data: Data) -> Section:
    """How long answers are as crawled and as kept."""
    section = Section("lengths", "How long the answers are")
    before, after = _together(data.before), _together(data.after)
    if not before:
        section.missing = "No question-answer pair is stored yet: `crawlers crawl all`."
        return section
    width = next((w for w in BIN_WIDTHS if w * (BINS - 1) > quantile(before, IN_BINS)), BIN_WIDTHS[-1])
    layers = [Histogram("as crawled", "before", _binned(before, width), quantile(before, 0.5))]
    section.says = f"Half of {count(before.total())} crawled answers have at most {quantile(before, 0.5)} words"
    if after:
        layers.append(Histogram("kept", "after", _binned(after, width), quantile(after, 0.5)))
        section.says += f"; of the {count(after.total())} kept ones, half have at most {quantile(after, 0.5)}"
    section.says += "."
    section.figures = [
        Figures(
            charts.histogram("Answers by their number of words", layers, width),
            [(layer.look, layer.name) for layer in layers],
        )
    ]
    rows = [
        (source, *_quantiles(data.before.get(source)), *_quantiles(data.after.get(source)))
        for source in sorted({*data.before, *data.after})
    ]
    head = ("source", "crawled", "5 %", "median", "95 %", "kept", "5 %", "median", "95 %")
    section.tables = [
        Table(head, rows, frozenset(range(1, 9)), "Answers, and the words of the 5th, 50th and 95th in a hundred.")
    ]
    return section


def quantile(lengths: Lengths, part: float) -> int:
    """The smallest length that at least this part of the answers does not exceed."""
    wanted, seen = part * lengths.total(), 0
    for length in sorted(lengths):
        seen += lengths[length]
        if seen >= wanted:
            return length
    return 0


def _quantiles(lengths: Lengths | None) -> tuple[str, ...]:
    if not lengths:
        return ("–",) * 4
    return (count(lengths.total()), *(count(quantile(lengths, part)) for part in (0.05, 0.5, 0.95)))


def _together(by_source: Mapping[str, Lengths]) -> Lengths:
    together: Lengths = Counter()
    for lengths in by_source.values():
        together.update(lengths)
    return together


def _binned(lengths: Lengths, width: int) -> list[int]:
    bins = [0] * BINS
    for length, number in lengths.items():
        bins[min(length // width, BINS - 1)] += number
    return bins
