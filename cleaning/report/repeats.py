"""Groups of repeats: how large they are, where they stand, and what the largest ones say."""

from cleaning.report.contents import Contents
from cleaning.report.reading import shown
from storage.findings import Cluster
from storage.findings import Sample as Found
from storage.report import charts
from storage.report.charts import Bar, Segment
from storage.report.section import Figures, Sample, Samples, Section, Table, count

BINS = ((2, 2), (3, 3), (4, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
BEGINNING = 200  # characters of the texts that others repeat
MOST = 15  # sets of sources that are listed


def repeats(contents: Contents) -> Section:
    """The groups by size and by source, and the largest of them."""
    section = Section("repeats", "What stands more than once")
    clusters = contents.clusters
    if not clusters.sizes:
        section.missing = "The recipe found no repeats."
        return section
    groups = sum(clusters.sizes.values())
    documents = sum(size * number for size, number in clusters.sizes.items())
    across = sum(number for _, number, _ in clusters.across)
    section.says = (
        f"{count(documents)} documents are in {count(groups)} groups of repeats; the largest has "
        f"{count(max(clusters.sizes))}, and {count(across)} have members at more than one source."
    )
    section.figures = [_sizes(clusters.sizes)]
    if clusters.across:
        rows = [(", ".join(sources), count(number), count(size)) for sources, number, size in clusters.across[:MOST]]
        section.tables = [Table(("sources of one group", "groups", "documents"), rows, frozenset({1, 2}))]
    largest = [_shown(one, one.first) for one in clusters.largest if one.first]
    section.samples = [Samples("The largest groups", count(len(largest)), largest)]
    return section


def _sizes(sizes: dict[int, int]) -> Figures:
    rows = []
    for low, high in BINS:
        inside = {size: n for size, n in sizes.items() if low <= size and (high is None or size <= high)}
        groups, documents = sum(inside.values()), sum(size * n for size, n in inside.items())
        name = f"{low}" if low == high else f"{low}–{high}" if high else f"{low} or more"
        tip = f"{name} documents: {count(groups)} groups with {count(documents)} documents"
        rows.append((Bar(name, [Segment(groups, "c2", tip)], f"{count(groups)} groups"), groups))
    while rows and not rows[-1][1]:
        rows.pop()
    most = max(groups for _, groups in rows)
    drawing = charts.bars("Groups of repeats by their number of documents", [row for row, _ in rows], full=most)
    return Figures(drawing, [], "Groups by their number of documents, copies and what they repeat.")


def _shown(cluster: Cluster, first: Found) -> Sample:
    sources = ", ".join(f"{name} {count(number)}" for name, number in sorted(cluster.sources.items()))
    found = ", ".join(f"{name.replace('_', ' ')} {count(number)}" for name, number in sorted(cluster.reasons.items()))
    about = [f"{count(cluster.documents)} documents", sources, found, f"this one {cluster.outcome}: {first.source}"]
    return shown(first, [part for part in about if part], BEGINNING)
