"""What became of the pairs, and of the articles: the funnel from what was read to what people approved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cleaning.report.contents import Contents
from storage.models import Kind, Outcome, State
from storage.report import charts
from storage.report.charts import Bar, Segment
from storage.report.section import Figures, Section, Table, count, share
from storage.selection import UNDECIDED

NAMES = {Kind.QA.value: ("pairs", "pairs"), Kind.ARTICLE.value: ("articles", "articles")}
LABEL = 190
COLOURED = 8  # reasons with a colour of their own; the others share one
FUNNEL = "Each bar is what one reason takes from what those above it left, in the order of the recipe's steps."
FUNNEL_BY_SIZE = "Each bar is what one reason takes, the largest first: the recipe's own order is not known."


class End(NamedTuple):
    """One way to end: an outcome, and for what a rule stopped its reason."""

    outcome: str
    reason: str = ""

    @property
    def name(self) -> str:
        """As the page calls it."""
        return self.reason.replace("_", " ") if self.reason else OTHER_NAMES[self.outcome]


KEPT, APPROVED = End(State.KEPT.value), End(State.APPROVED.value)
REJECTED, WAITING = End(State.REJECTED.value), End(State.NEW.value)
REVIEW = End(Outcome.REVIEW.value)
OTHERS = End("others")
LOOKS = {
    KEPT: "kept",
    APPROVED: "approved",
    REJECTED: "rejected",
    REVIEW: "review",
    WAITING: "waiting",
    OTHERS: "other",
}
OTHER_NAMES = {
    KEPT.outcome: "kept",
    APPROVED.outcome: "approved by a person",
    REJECTED.outcome: "rejected by a person",
    WAITING.outcome: "not judged yet",
    REVIEW.outcome: "waits for a person",
    Outcome.DROPPED.value: "dropped",
    OTHERS.outcome: "other reasons",
}
Ends = Mapping[str, Counter[End]]
"""For each source how many documents end how."""


def pairs(contents: Contents) -> Section:
    """The funnel of question-answer pairs."""
    return _section(contents, Kind.QA.value, "What became of the pairs")


def articles(contents: Contents) -> Section:
    """The funnel of articles."""
    return _section(contents, Kind.ARTICLE.value, "What became of the articles")


def ends_by_source(rows: Iterable[Mapping[str, Any]], kind: str) -> dict[str, Counter[End]]:
    """For each source how many documents of the kind end how; rows as in `storage.summaries.outcomes`."""
    found: dict[str, Counter[End]] = {}
    for row in rows:
        if row["kind"] == kind:
            found.setdefault(row["source"], Counter())[_end(row)] += row["documents"]
    return found


def _end(row: Mapping[str, Any]) -> End:
    if row["outcome"] in UNDECIDED:
        return WAITING
    if row["outcome"] in (Outcome.DROPPED, Outcome.REVIEW):
        return End(row["outcome"], row["reason"] or "")
    return End(row["outcome"])


def _section(contents: Contents, kind: str, title: str) -> Section:
    one, many = NAMES[kind]
    section = Section(one, title)
    by_source = ends_by_source(contents.outcomes, kind)
    if not by_source:
        section.missing = f"No {many} are stored yet: `crawlers crawl all`."
        return section
    every = sum(by_source.values(), Counter[End]())
    kept = every[KEPT] + every[APPROVED]
    section.says = f"{count(kept)} of {count(every.total())} {many} are kept ({share(kept, every.total())})"
    section.says += f", {count(every[APPROVED])} of them by a person's word." if every[APPROVED] else "."
    steps = [End(*found) for found in contents.order.get(kind, ())]
    ends = sorted(every, key=lambda end: (_place(end, steps), -every[end], end))
    looks = _looks(every, ends)
    funnel = replace(_steps(every, ends, looks, many), caption=FUNNEL if steps else FUNNEL_BY_SIZE)
    section.figures = [funnel, _by_source(by_source, looks)]
    section.tables = [_table(by_source, ends)]
    return section


def _place(end: End, steps: Sequence[End]) -> int:
    """Its number in the recipe; of no recipe that is known, all are one."""
    return steps.index(end) if end in steps else len(steps)


def _looks(every: Counter[End], ends: Sequence[End]) -> dict[End, str]:
    """The looks of the most frequent reasons, in the recipe's order."""
    reasons = [end for end in ends if end.outcome == Outcome.DROPPED]
    coloured = sorted(reasons, key=lambda end: -every[end])[:COLOURED]
    return {end: f"d{n + 1}" for n, end in enumerate(end for end in reasons if end in coloured)}


def _steps(every: Counter[End], ends: Sequence[End], looks: Mapping[End, str], many: str) -> Figures:
    """Down from all that was read, one step a reason, to what is left."""
    whole = every.total()
    rows = [Bar("read", [Segment(whole, "before", f"{count(whole)} {many}")], count(whole))]
    left = whole
    dropped = {end: every[end] for end in ends if end.outcome == Outcome.DROPPED}
    for end, number in (dropped | {end: _grouped(every, looks)[end] for end in (REVIEW, REJECTED, WAITING)}).items():
        if not number:
            continue
        left -= number
        tip = f"{end.name}: {count(number)}, {share(number, whole)}"
        parts = [Segment(left, "gap", ""), Segment(number, _look(end, looks), tip)]
        rows.append(Bar(end.name, parts, f"−{count(number)}"))
    kept = [Segment(every[end], _look(end, looks), f"{end.name}: {count(every[end])}") for end in (KEPT, APPROVED)]
    rows.append(Bar("kept", [part for part in kept if part.value], count(left)))
    return Figures(charts.bars(f"From {many} read to {many} kept", rows, full=whole, label=LABEL))


def _by_source(by_source: Ends, looks: Mapping[End, str]) -> Figures:
    rows, met = [], dict[End, None]()
    for source, found in sorted(by_source.items()):
        grouped = {end: number for end, number in _grouped(found, looks).items() if number}
        met |= dict.fromkeys(grouped)
        whole = found.total()
        parts = [
            Segment(number, _look(end, looks), f"{source}, {end.name}: {count(number)} of {count(whole)}")
            for end, number in grouped.items()
        ]
        rows.append(Bar(source, parts, f"{share(found[KEPT] + found[APPROVED], whole)} of {count(whole)}"))
    shown = [end for end in _order(looks) if end in met]
    legend = [(_look(end, looks), end.name) for end in shown]
    return Figures(charts.bars("Ends by source", rows), legend, "At the right: the share kept, of all that was read.")


def _table(by_source: Ends, ends: Sequence[End]) -> Table:
    sources = sorted(by_source)

    def row(name: str, ends: Sequence[End]) -> tuple[str, ...]:
        counts = [sum(by_source[source][end] for end in ends) for source in sources]
        return (name, *map(count, counts), count(sum(counts)))

    rows = [row("read", ends)]
    rows += [row(f"dropped: {end.name}", [end]) for end in ends if end.outcome == Outcome.DROPPED]
    rows += [row(f"to a person: {end.name}", [end]) for end in ends if end.outcome == Outcome.REVIEW]
    rows += [row(end.name, [end]) for end in (REJECTED, WAITING, APPROVED) if end in ends]
    rows.append(row("kept by rule", [KEPT]))
    return Table(("documents", *sources, "all"), rows, frozenset(range(1, len(sources) + 2)))


def _grouped(found: Counter[End], looks: Mapping[End, str]) -> dict[End, int]:
    """The counts in the page's order, rare reasons together and all that waits for a person together."""
    grouped = dict.fromkeys(_order(looks), 0)
    for end, number in found.items():
        if end.outcome == Outcome.REVIEW:
            end = REVIEW
        elif end not in grouped:
            end = OTHERS
        grouped[end] += number
    return grouped


def _order(looks: Mapping[End, str]) -> list[End]:
    return [KEPT, APPROVED, *looks, OTHERS, REJECTED, REVIEW, WAITING]


def _look(end: End, looks: Mapping[End, str]) -> str:
    return looks.get(end) or LOOKS.get(end) or LOOKS[OTHERS]
