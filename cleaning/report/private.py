"""What was masked, and what was cut out and kept in a field of its own, by source and kind."""

from collections import Counter
from collections.abc import Sequence

from cleaning.report.contents import Contents
from storage.findings import Spans
from storage.report import charts
from storage.report.charts import Bar, Segment
from storage.report.section import Figures, Section, Table, count


def privacy(contents: Contents) -> Section:
    """Pieces by kind; a table for what was masked and one for what was kept apart."""
    section = Section("privacy", "What was masked or cut out")
    masked = [row for row in contents.spans if not row.kept]
    kept = [row for row in contents.spans if row.kept]
    if not contents.spans:
        section.missing = "The recipe's steps masked nothing and cut nothing out."
        return section
    section.says = f"{_told(masked)} masked, {_told(kept)} kept in fields of their own."
    if masked:
        section.figures = [_kinds(masked)]
        caption = "Masked pieces, placeholders in their place; offsets are kept, texts are not."
        section.tables.append(_table(masked, caption))
    if kept:
        section.tables.append(_table(kept, "Pieces cut out of a text and kept beside it."))
    return section


def _told(rows: Sequence[Spans]) -> str:
    return f"{count(sum(row.pieces for row in rows))} pieces"


def _kinds(rows: Sequence[Spans]) -> Figures:
    pieces, documents = Counter[str](), Counter[str]()
    for row in rows:
        pieces[row.kind] += row.pieces
        documents[row.kind] += row.documents
    most = sorted(pieces, key=lambda kind: (-pieces[kind], kind))
    drawn = [
        Bar(
            kind.replace("_", " "),
            [Segment(pieces[kind], "c4", f"{count(pieces[kind])} pieces in {count(documents[kind])} documents")],
            count(pieces[kind]),
        )
        for kind in most
    ]
    return Figures(charts.bars("Masked pieces by kind", drawn, full=pieces[most[0]], label=150))


def _table(rows: Sequence[Spans], caption: str) -> Table:
    sources = sorted({row.source for row in rows})
    pieces = {(row.kind, row.source): row.pieces for row in rows}
    kinds = sorted({row.kind for row in rows})
    cells = [
        (kind.replace("_", " "), *(count(n) for n in counts), count(sum(counts)))
        for kind in kinds
        for counts in [[pieces.get((kind, source), 0) for source in sources]]
    ]
    return Table(("kind", *sources, "all"), cells, frozenset(range(1, len(sources) + 2)), caption)
