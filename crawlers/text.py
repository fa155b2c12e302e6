"""The text a person sees in an element: line breaks kept; scripts, advertisements and related lists left out.

Nothing is normalised here: letters, digits, joiners and marks stay as the page has them.
"""

import re
from collections.abc import Iterator, Mapping

from lxml.etree import _Element

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
    joined = "".join(_pieces(element, marks or {}))
    joined = re.sub(rf"[ {_EDGE}{_BREAK}]*[{_EDGE}{_BREAK}][ {_EDGE}{_BREAK}]*", _break, joined)
    return re.sub(" {2,}", " ", joined).strip(" \n")


def line_of(element: _Element) -> str:
    """The visible text of `element` as one line."""
    return " ".join(text_of(element).split())


def is_furniture(element: _Element) -> bool:
    """True for what stands in a page's text without being of it."""
    if element.tag in UNSEEN or element.get("hidden") is not None:
        return True
    if _HIDDEN_STYLE.search(element.get("style") or ""):
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return bool(FURNITURE.search(names)) or _is_related_list(element)


def _is_related_list(element: _Element) -> bool:
    """A box that opens with "read also" and holds little but links."""
    if element.tag not in BLOCKS:
        return False
    opening = next((text for text in _texts(element) if text and not text.isspace()), "").strip(" :\n\t«»")
    if not RELATED_LABEL.match(opening.replace("\u200c", " ")):
        return False
    links = list(element.iter("a"))
    linked = sum(len("".join(_texts(link))) for link in links)
    rest = len(" ".join("".join(_texts(element)).split())) - linked - len(opening)
    return bool(links) and rest <= linked


def _texts(element: _Element) -> Iterator[str]:
    return (str(piece) for piece in element.itertext())


def _break(run: re.Match[str]) -> str:
    return "\n\n" if run[0].count(_BREAK) >= 2 else "\n"


def _pieces(root: _Element, marks: Mapping[_Element, str]) -> Iterator[str]:
    """A walk without recursion: hostile pages nest thousands deep."""
    stack: list[tuple[_Element, bool, bool]] = [(root, False, False)]
    while stack:
        node, closing, preserved = stack.pop()
        if closing:
            yield from _edge(node)
        elif node in marks:
            yield f"{_EDGE}{marks[node]}{_EDGE}"
        elif node is root or (isinstance(node.tag, str) and not is_furniture(node)):
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
