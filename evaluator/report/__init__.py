"""The report: one self-contained page that needs no script, no network and no font of the reader's."""

from pathlib import Path

from evaluator.report import persian
from evaluator.report.contents import Contents, gather
from evaluator.report.items import items
from evaluator.report.limits import limits
from evaluator.report.lineage import lineage
from evaluator.report.scores import scores
from evaluator.report.training import training
from storage import db, schema
from storage.blobs import output_file, write_whole, writing
from storage.report import data_sections
from storage.report.page import page

SECTIONS = (
    data_sections.corpus,
    data_sections.splits,
    data_sections.funnel,
    data_sections.lengths,
    training,
    scores,
    items,
    lineage,
    limits,
)


def write(out: Path, run: str | None = None) -> Path:
    """Write the report of `run`, or of the run that finished last, to `out` and return where it lies.

    Raises UsageError for an unknown run or a place that cannot be written, TabibError for an empty database.
    """
    out = output_file(out)
    schema.require_head()
    with db.session() as session:
        written = render(gather(session, run))
    with writing(out):
        write_whole(out, written.encode())
        out.chmod(0o644)  # it is made to be shown
    return out.absolute()


def render(contents: Contents) -> str:
    """The page as HTML; everything that is not markup of ours is escaped."""
    return page(
        "evaluator.report/report.html.jinja",
        contents=contents,
        sections=[section(contents) for section in SECTIONS],
        persian=persian.summary(contents),
        tiles=tiles(contents),
    )


def tiles(contents: Contents) -> list[tuple[str, str]]:
    """The few figures that open the page, as (figure, what it counts)."""
    kept = sum(row["documents"] for row in contents.splits)
    found = [
        (contents.totals.pages, "pages crawled"),
        (contents.totals.articles, "articles read"),
        (contents.totals.pairs, "pairs read"),
        (kept, "kept in the snapshot"),
        (sum(len(sat.given) for sat in contents.sat), "answers scored"),
    ]
    return [(f"{number:,}", name) for number, name in found if number]
