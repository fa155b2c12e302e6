"""Sections as one self-contained HTML page: its style and its fonts are inside, and it may load nothing else."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from storage import fonts

OWN = "storage.report"


def page(template: str, sheets: Sequence[str] = (), **values: Any) -> str:
    """A template of the caller's package, named as package/file, filled; what is no markup of ours is escaped.

    It extends `storage.report/page.html.jinja`, which lays out `sections`. `sheets` are style sheets of that package,
    filled too, which come after the house's own.
    """
    environment = _environment(template.partition("/")[0])
    filled = (environment.get_template(name).render(**values) for name in (f"{OWN}/style.css", *sheets))
    styles = "\n".join([fonts.face_css(), *filled])
    return environment.get_template(template).render(
        **values,
        styles=Markup(styles),  # noqa: S704  files of ours
        # The page may load nothing but its own font and style, whoever opens it wherever.
        policy=f"default-src 'none'; font-src data:; style-src 'sha256-{_digest(styles)}'",
    )


@cache
def _environment(package: str) -> Environment:
    """Where the templates of a package and the house's own are found, each compiled once."""
    environment = Environment(
        loader=PrefixLoader({name: PackageLoader(name, "templates") for name in {OWN, package}}),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = commands
    return environment


def commands(words: str) -> Markup:
    """The words, escaped, with what stands between backticks marked as code."""
    parts = words.split("`")
    marked = (Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts))
    return Markup("").join(marked)


def _digest(styles: str) -> str:
    return b64encode(hashlib.sha256(styles.encode()).digest()).decode("ascii")
