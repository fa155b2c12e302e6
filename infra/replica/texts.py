"""Small forms of a text: folded, its opening words, its place in a URL, its lines as HTML."""

import re

from markupsafe import Markup, escape

TITLE_WORDS = 9
SLUG_LETTERS = 70


def fold(text: str) -> str:
    """Every run of whitespace as one space, none at the ends: what a page's visible text is compared by."""
    return " ".join(text.split())


def opening(text: str) -> str:
    """The first words, with an ellipsis where more follow."""
    words = text.split()
    return " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")


def slug(title: str) -> str:
    """Letters and digits with hyphens between, at most SLUG_LETTERS long."""
    words = re.sub(r"[\W_]+", "-", title).strip("-")
    if len(words) > SLUG_LETTERS:
        words = words[:SLUG_LETTERS].rpartition("-")[0] or words[:SLUG_LETTERS]
    return words or "بدون-عنوان"


def lines(text: str) -> Markup:
    """Escaped, with <br> at the line breaks."""
    return Markup("<br>\n").join(escape(part.strip()) for part in text.strip().splitlines())


def paragraphs(text: str) -> Markup:
    """Escaped, with <p> at the blank lines and <br> at the other breaks."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(lines(block)) for block in blocks)


def linked(text: str, word: str, url: str) -> Markup:
    """Escaped, the first `word` standing alone made a link, as magazines link their own tags."""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    if not found:
        return escape(text)
    before, after = text[: found.start()], text[found.end() :]
    return Markup('{}<a href="{}">{}</a>{}').format(before, url, word, after)
