"""The text a person sees in an element: line breaks kept; scripts, advertisements and related lists left out.

Nothing is normalised here: letters, digits, joiners and marks stay as the page has them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml.etree import _Element, iterwalk

# Elements that start and end a line (HTML Standard, 15.3 "flow content" rendering).
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
    "html", "li", "main", "menu", "ol", "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody",
    "tfoot", "thead", "tr", "ul", "caption",
})  # fmt: skip
CELLS = frozenset({"td", "th"})
UNSEEN = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "applet", "svg", "canvas", "audio",
    "video", "map", "form", "button", "select", "textarea", "input", "nav", "head", "title", "meta", "link",
})  # fmt: skip
# Class and id words under which these sites, and WordPress at large, put what is not a page's own text.
FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:ads?|adv|advert\w*|adsbygoogle|adbox|adsbox|banners?|sponsor\w*|promo\w*|tabligh\w*|related\w*|"
    r"yarpp\w*|jp-relatedposts|similar|suggest\w*|recommend\w*|read-?more|also-?read|share|sharing|social\w*|"
    r"newsletter|subscribe|breadcrumbs?|toc|rating|ratings|comments)(?=$|[\s_-])"
)
RELATED_LABEL = re.compile(
    r"(?:همچنین |بیشتر |حتما )?بخوانید|(?:مطالب|مقالات|مقاله های|نوشته های|پرسش های|سوالات|مطلب|مقاله) "
    r"(?:مرتبط|مشابه|پیشنهادی)|پیشنهاد می ?کنیم"
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEPT_BREAKS_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_SUPERSCRIPT = str.maketrans("0123456789۰۱۲۳۴۵۶۷۸۹+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789۰۱۲۳۴۵۶۷۸۹+-=()", "₀₁₂₃₄₅₆₇₈₉₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
# A page's own control characters are dropped before, so these and the callers' marks can only be ours.
_EDGE, _BREAK = "\x1d", "\n"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f]")


def text_of(element: _Element, marks: Mapping[_Element, str] | None = None) -> str:
    """The visible text of `element`: one line a block or `<br>`, an empty line where the page shows one.

    An element among `marks` gives its mark, on a line of its own, in place of its text.
    """
    return text_through([element], marks)


def text_through(parts: Iterable[_Element | str], marks: Mapping[_Element, str] | None = None) -> str:
    """As `text_of`, of elements and pieces of text that follow one another."""
    pieces = (_spaced(p, False) if isinstance(p, str) else "".join(_pieces(p, marks or {})) for p in parts)
    return re.sub(rf"[ {_EDGE}{_BREAK}]+", _break, "".join(pieces)).strip(" \n")


def line_of(element: _Element) -> str:
    """The visible text of `element` as one line."""
    return " ".join(text_of(element).split())


def is_furniture(element: _Element) -> bool:
    """True for what stands in a page's text without being of it, by its own tag and names."""
    if element.tag in UNSEEN or element.get("hidden") is not None:
        return True
    if _HIDDEN_STYLE.search(element.get("style") or ""):
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return bool(FURNITURE.search(names))


@dataclass
class _Count:
    """What a box holds, or what stood before it: letters, those of them in links, links."""

    letters: int = 0
    linked: int = 0
    links: int = 0


@dataclass
class _Opening:
    """Where a box begins, and the letters of the "read also" it opens with: None where it opens with another text."""

    before: _Count
    label: int | None = None


def _related_lists(root: _Element) -> frozenset[_Element]:
    """The boxes that open with "read also" and hold little but links, found in one walk however deep they nest."""
    if not RELATED_LABEL.search(_plain("".join(map(str, root.itertext())))):
        return frozenset()
    found: set[_Element] = set()
    opened: dict[_Element, _Opening] = {}
    waiting: list[_Opening] = []  # boxes whose first text is still to come
    count, inside = _Count(), 0
    for event, node in iterwalk(root, events=("start", "end")):
        if event == "start":
            waiting.append(opened.setdefault(node, _Opening(_Count(count.letters, count.linked, count.links))))
            inside += node.tag == "a"
            count.links += node.tag == "a"
        else:
            if _is_related(node, opened.pop(node), count):
                found.add(node)
            inside -= node.tag == "a"
        if text := (node.text if event == "start" else node.tail if node is not root else None) or "":
            _read_on(text, count, inside > 0, waiting)
    return frozenset(found)


def _read_on(text: str, count: _Count, linked: bool, waiting: list[_Opening]) -> None:
    letters = len("".join(text.split()))
    if not letters:
        return
    label = letters if RELATED_LABEL.match(_plain(text.strip(" :\n\t\r«»"))) else None
    for box in waiting:
        box.label = label
    waiting.clear()
    count.letters += letters
    count.linked += letters if linked else 0


def _is_related(node: _Element, box: _Opening, count: _Count) -> bool:
    if box.label is None or node.tag not in BLOCKS or count.links == box.before.links:
        return False
    linked = count.linked - box.before.linked
    return count.letters - box.before.letters - linked - box.label <= linked


def _plain(text: str) -> str:
    return text.replace("\u200c", " ")


def _break(run: re.Match[str]) -> str:
    if not run[0].strip(" "):
        return " "
    return "\n\n" if run[0].count(_BREAK) >= 2 else "\n"


def _pieces(root: _Element, marks: Mapping[_Element, str]) -> Iterator[str]:
    """A walk without recursion: hostile pages nest thousands deep."""
    related = _related_lists(root)
    stack: list[tuple[_Element, bool, bool]] = [(root, False, False)]
    while stack:
        node, closing, preserved = stack.pop()
        if closing:
            yield from _edge(node)
        elif node in marks:
            yield f"{_EDGE}{marks[node]}{_EDGE}"
        elif node is root or (isinstance(node.tag, str) and node not in related and not is_furniture(node)):
            inner = preserved or node.tag == "pre" or bool(_KEPT_BREAKS_STYLE.search(node.get("style") or ""))
            yield from _opening(node, inner)
            stack += [(node, True, preserved), *((child, False, inner) for child in reversed(node))]
            continue
        if node is not root and node.tail:
            yield _spaced(node.tail, preserved)


def _opening(node: _Element, preserved: bool) -> Iterator[str]:
    yield from _edge(node)
    if node.tag == "br":
        yield _BREAK
    text = _spaced(node.text or "", preserved)
    yield _raised(text, node) if node.tag in ("sup", "sub") else text


def _edge(node: _Element) -> Iterator[str]:
    if node.tag in BLOCKS:
        yield _EDGE
    elif node.tag in CELLS:
        yield " "


def _spaced(text: str, preserved: bool) -> str:
    text = _CONTROLS.sub("", text)
    if preserved:
        return re.sub(r"[ \t\f]+", " ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"[ \t\r\n\f]+", " ", text)


def _raised(text: str, node: _Element) -> str:
    """10<sup>6</sup> must not become 106: a raised or lowered number keeps its place as Unicode letters."""
    table = _SUPERSCRIPT if node.tag == "sup" else _SUBSCRIPT
    return text.translate(table) if text and all(ord(c) in table for c in text) else text
