"""What became of the pairs, and of the articles: the funnel from what was read to what people approved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    reasons = [end for end, _ in _most(every) if end.outcome == Outcome.DROPPED]
    looks = {end: f"d{n + 1}" for n, end in enumerate(reasons[:COLOURED])}
    section.figures = [_steps(every, looks, many), _by_source(by_source, looks)]
    section.tables = [_table(by_source, every)]
    return section


def _steps(every: Counter[End], looks: Mapping[End, str], many: str) -> Figures:
    """Down from all that was read, one step a reason, to what is left."""
    whole = every.total()
    rows = [Bar("read", [Segment(whole, "before", f"{count(whole)} {many}")], count(whole))]
    left = whole
    for end, number in _grouped(every, looks).items():
        if end in (KEPT, APPROVED) or not number:
            continue
        left -= number
        tip = f"{end.name}: {count(number)}, {share(number, whole)}"
        parts = [Segment(left, "gap", ""), Segment(number, _look(end, looks), tip)]
        rows.append(Bar(end.name, parts, f"−{count(number)}"))
    ends = [Segment(every[end], _look(end, looks), f"{end.name}: {count(every[end])}") for end in (KEPT, APPROVED)]
    rows.append(Bar("kept", [part for part in ends if part.value], count(left)))
    caption = "Each bar is what one reason takes from what the reasons above it left."
    return Figures(charts.bars(f"From {many} read to {many} kept", rows, full=whole, label=LABEL), [], caption)


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


def _table(by_source: Ends, every: Counter[End]) -> Table:
    sources = sorted(by_source)

    def row(name: str, ends: Sequence[End]) -> tuple[str, ...]:
        counts = [sum(by_source[source][end] for end in ends) for source in sources]
        return (name, *map(count, counts), count(sum(counts)))

    most = [end for end, _ in _most(every)]
    rows = [row("read", most)]
    rows += [row(f"dropped: {end.name}", [end]) for end in most if end.outcome == Outcome.DROPPED]
    rows += [row(f"to a person: {end.name}", [end]) for end in most if end.outcome == Outcome.REVIEW]
    rows += [row(end.name, [end]) for end in (REJECTED, WAITING, APPROVED) if every[end]]
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
    return looks.get(end) or LOOKS[end]


def _most(found: Counter[End]) -> list[tuple[End, int]]:
    """The most frequent first; of equals the first by name, so that a page is drawn alike twice."""
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
