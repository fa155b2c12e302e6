"""The sections as one self-contained page that needs no script, no network and no font of the reader's."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cleaning.report.compared import compared
from cleaning.report.contents import Contents, gather
from cleaning.report.ends import articles, pairs
from cleaning.report.held_out import leakage, splits
from cleaning.report.private import privacy
from cleaning.report.reading import samples
from cleaning.report.repeats import repeats
from cleaning.report.subjects import subjects
from storage import db, schema
from storage.blobs import output_file, write_whole
from storage.models import Outcome
from storage.report.data_sections import corpus, lengths
from storage.report.page import page
from storage.report.section import Section
from storage.selection import KEPT
from storage.settings import settings

SECTIONS: tuple[Callable[[Contents], Section | None], ...] = (
    pairs,
    articles,
    lengths,
    repeats,
    splits,
    leakage,
    privacy,
    subjects,
    corpus,
    compared,
    samples,
)


def place() -> Path:
    """Where the page goes if no other place is named: the data folder, which is made."""
    home = settings().home
    home.mkdir(parents=True, exist_ok=True)
    return home / "cleaning.html"


def write(out: Path, recipe: str | None, samples: int, advance: Callable[[], object] = lambda: None) -> Contents:
    """Write the page to `out`, and return the figures it was drawn from; see `cleaning.report.contents.gather`.

    Raises UsageError for an unknown recipe or a place that cannot be written, TabibError where nothing is cleaned.
    """
    out = output_file(out)
    schema.require_head()
    with db.session(repeatable=True) as session:
        contents = gather(session, recipe, samples, advance)
    write_whole(out, render(contents).encode())
    out.chmod(0o644)  # it is made to be shown
    return contents


def render(contents: Contents) -> str:
    """The page as HTML; everything that is not markup of ours is escaped."""
    sections = [section for write_one in SECTIONS if (section := write_one(contents))]
    return page("cleaning.report/report.html.jinja", contents=contents, sections=sections, tiles=tiles(contents))


def tiles(contents: Contents) -> list[tuple[str, str]]:
    """The few figures that open the page, as (figure, what it counts)."""
    ends = Counter[str]()
    for row in contents.outcomes:
        ends["kept" if row["outcome"] in KEPT else row["outcome"]] += row["documents"]
    found = [
        (contents.totals.pairs, "pairs read"),
        (contents.totals.articles, "articles read"),
        (ends["kept"], "kept"),
        (ends[Outcome.DROPPED], "dropped"),
        (ends[Outcome.REVIEW], "wait for a person"),
    ]
    return [(f"{number:,}", name) for number, name in found if number]
