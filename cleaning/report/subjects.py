"""What the kept documents are about: specialities, drugs, diseases."""

from cleaning.report.contents import Contents
from storage.report import charts
from storage.report.charts import Bar, Segment
from storage.report.section import Figures, Section, Table, count, share

SAYS = {"site": "the site", "model": "a model trained here", "seeds": "seed words"}


def subjects(contents: Contents) -> Section | None:
    """Documents by speciality, and the drugs and diseases named most; None where the recipe measures none of these."""
    named = {kind: found for kind, found in contents.terms.items() if found[1]}
    if not contents.specialities and not named:
        return None
    section = Section("subjects", "What they are about")
    if contents.specialities:
        kept = sum(row[3] for row in contents.specialities)
        by_site = sum(row[3] for row in contents.specialities if row[1] == "site")
        section.says = f"{count(kept)} kept documents have a speciality, {share(by_site, kept)} of them from the site."
        figures, table = _specialities(contents.specialities)
        section.figures, section.tables = [figures], [table]
    for kind, (documents, most) in named.items():
        rows = [(name, count(n), share(n, documents)) for name, n in most]
        caption = f"Kept documents that name each of the most frequent {kind}; {count(documents)} name any."
        section.tables.append(Table((kind, "documents", "share"), rows, frozenset({1, 2}), caption))
    return section


def _specialities(rows: list[tuple[str, str, int, int]]) -> tuple[Figures, Table]:
    kept: dict[str, int] = {}
    for name, _, _, number in rows:
        kept[name] = kept.get(name, 0) + number
    most = sorted(kept, key=lambda name: (-kept[name], name))
    bars = [Bar(n.replace("_", " "), [Segment(kept[n], "c1", f"{n}: {count(kept[n])}")], count(kept[n])) for n in most]
    drawing = charts.bars("Kept documents by speciality", bars, full=max(kept.values()) or 1, label=170)
    cells = [(name.replace("_", " "), SAYS.get(by, by), count(n), count(m)) for name, by, n, m in rows]
    table = Table(("speciality", "told by", "documents", "kept"), cells, frozenset({2, 3}))
    return Figures(drawing, [], "Kept documents by speciality."), table
