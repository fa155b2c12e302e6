"""An article's blocks as the parts a page is laid out from."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape

from infra.replica.records import Article
from infra.replica.site import block_text
from infra.replica.texts import linked

KINDS = {"## ": "heading", "- ": "list"}


class Part(NamedTuple):
    """A heading or paragraph with one line, or a list with several."""

    kind: str
    lines: list[Markup]


def parts(article: Article, search: str) -> list[Part]:
    """The blocks, neighbouring list items joined; the first mention of the first tag is a link, as magazines do it.

    `search` is the URL that a quoted tag completes.
    """
    made: list[Part] = []
    for kind, blocks in groupby(_lines(article, search), key=lambda line: line[0]):
        lines = [line for _, line in blocks]
        made += [Part(kind, lines)] if kind == "list" else [Part(kind, [line]) for line in lines]
    return made


def _lines(article: Article, search: str) -> list[tuple[str, Markup]]:
    lines = []
    tag = article.tags[0] if article.tags else None
    for block in article.blocks:
        kind, text = _kind(block), block_text(block)
        line = escape(text)
        if tag and kind == "paragraph":
            line = linked(text, tag, search + quote(tag))
            tag = tag if line == escape(text) else None
        lines.append((kind, line))
    return lines


def _kind(block: str) -> str:
    return next((kind for mark, kind in KINDS.items() if block.startswith(mark)), "paragraph")
