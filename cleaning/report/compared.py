"""Our pairs and our corpus beside published ones, as in the paper's tables I and II."""

from typing import NamedTuple

from cleaning.report.contents import Contents
from storage.report import charts
from storage.report.charts import Size, short
from storage.report.section import Figures, Section, Table


class Published(NamedTuple):
    """A dataset or corpus: its size in pairs or tokens as its authors say, and where that is from."""

    name: str
    language: str
    size: float
    source: str


# The paper, section IV B, table II.
DATASETS = (
    Published("CMtMedQA", "Chinese", 68e3, "Yang et al."),
    Published("ChatDoctor", "English", 100e3, "Li et al."),
    Published("Medical Meadow", "English", 160e3, "Han et al."),
    Published("HuatuoGPT-sft-data-v1", "Chinese", 226e3, "Zhang et al."),
    Published("DISC-Med-SFT", "Chinese", 465e3, "Bao et al."),
    Published("MedDialog", "Chinese, English", 3.66e6, "Zeng et al."),
    Published("Huatuo-26M", "Chinese", 26e6, "Li et al."),
    Published("MF3QA", "Persian", 20e3, "the paper"),
)
# The paper, section IV A, table I.
CORPORA = (
    Published("English", "English", 1.1e9, "García-Ferrero et al."),
    Published("Spanish", "Spanish", 950e6, "García-Ferrero et al."),
    Published("French", "French", 675e6, "García-Ferrero et al."),
    Published("Italian", "Italian", 143e6, "García-Ferrero et al."),
    Published("the paper's", "Persian", 90e6, "the paper"),
)
LABEL = 190
OURS = "here"


def compared(contents: Contents) -> Section:
    """What is stored and kept here among what others published."""
    section = Section("compared", "Beside published data")
    kept = sum(lengths.total() for lengths in contents.after.values())
    pairs = [
        Published("crawled pairs", "Persian", contents.totals.pairs, OURS),
        Published("kept pairs", "Persian", kept, OURS),
    ]
    articles = [Published("kept articles", "Persian", contents.words, OURS)]
    section.says = "Sizes as their authors state them; what is stored here is counted now."
    for what, unit, published, own in (
        ("Question-answer pairs", "pairs", DATASETS, pairs),
        ("Corpora", "tokens; words for what is here", CORPORA, articles),
    ):
        rows = sorted([*published, *(one for one in own if one.size)], key=lambda row: row.size)
        sizes = [Size(r.name, r.size, "ours" if r.source == OURS else "theirs", short(r.size)) for r in rows]
        caption = f"{what}, in {unit}, on a scale of powers of ten."
        legend = [("theirs", "published"), ("ours", "stored here")]
        section.figures.append(Figures(charts.sizes(what, sizes, LABEL), legend, caption))
        cells = [(r.name, r.language, short(r.size), r.source) for r in reversed(rows)]
        head = ("name", "language", unit.partition(";")[0], "from")
        section.tables.append(Table(head, cells, frozenset({2}), f"{what}."))
    return section
