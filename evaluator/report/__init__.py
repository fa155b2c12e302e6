"""The report: one self-contained page that needs no script, no network and no font of the reader's."""

import hashlib
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evaluator.report import data_sections, persian
from evaluator.report.contents import Contents, gather
from evaluator.report.items import items
from evaluator.report.limits import limits
from evaluator.report.lineage import lineage
from evaluator.report.scores import scores
from evaluator.report.training import training
from storage import db, fonts, schema
from storage.blobs import output_file, write_whole

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
        page = render(gather(session, run))
    write_whole(out, page.encode())
    out.chmod(0o644)  # it is made to be shown
    return out.absolute()


def render(contents: Contents) -> str:
    """The page as HTML; everything that is not markup of ours is escaped."""
    environment = Environment(
        loader=PackageLoader("evaluator.report", "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = commands
    styles = f"{fonts.face_css()}\n{environment.get_template('style.css').render()}"
    return environment.get_template("report.html.jinja").render(
        contents=contents,
        sections=[section(contents) for section in SECTIONS],
        persian=persian.summary(contents),
        tiles=tiles(contents),
        styles=Markup(styles),  # noqa: S704  files of ours
        # The page may load nothing but its own font and style, whoever opens it wherever.
        policy=f"default-src 'none'; font-src data:; style-src 'sha256-{_digest(styles)}'",
    )


def commands(words: str) -> Markup:
    """The words, escaped, with what stands between backticks marked as code."""
    parts = words.split("`")
    marked = (Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts))
    return Markup("").join(marked)


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


def _digest(styles: str) -> str:
    return b64encode(hashlib.sha256(styles.encode()).digest()).decode("ascii")
