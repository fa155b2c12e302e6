"""The dataset card: what `datasets` reads to load a snapshot, and what a person reads before using it."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from storage.parquet import CORPUS
from storage.preferences import FILE
from storage.splits import SPLITS

ENVIRONMENT = Environment(
    loader=PackageLoader("storage", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  Markdown, and every value in it is a count, a hash or a name of ours
)


def render(manifest: dict[str, Any]) -> str:
    """Markdown with the YAML header of a Hugging Face dataset."""
    template = ENVIRONMENT.get_template("card.md.jinja")
    return template.render(manifest=manifest, splits=SPLITS, corpus=CORPUS, preferences=FILE)
