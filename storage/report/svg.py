"""A drawing made of SVG elements whose looks are CSS classes, so that it follows the page's light and dark.

Every text goes through an XML writer: nothing that a chart is given can become markup. Text is left as text, for the
browser to shape with the page's font.
"""

import re
from xml.etree import ElementTree

from markupsafe import Markup

WIDTH = 760
LETTER = 6.6  # mean width of a letter of the 12.5-pixel labels, measured in the browser


class Drawing:
    """An SVG `height` units high and WIDTH wide; `title` is what a screen reader says of it."""

    def __init__(self, height: float, title: str) -> None:
        self.root = ElementTree.Element(
            "svg", {"viewBox": f"0 0 {WIDTH} {_number(height)}", "role": "img", "aria-label": plain(title)}
        )

    def rect(self, box: tuple[float, float, float, float], look: str, tip: str = "") -> None:
        """A rectangle of (x, y, width, height)."""
        x, y, width, height = box
        self._add("rect", look, tip, x=x, y=y, width=max(width, 0), height=height)

    def line(self, start: tuple[float, float], end: tuple[float, float], look: str, tip: str = "") -> None:
        """A straight line."""
        self._add("line", look, tip, x1=start[0], y1=start[1], x2=end[0], y2=end[1])

    def dot(self, at: tuple[float, float], radius: float, look: str, tip: str = "") -> None:
        """A filled circle."""
        self._add("circle", look, tip, cx=at[0], cy=at[1], r=radius)

    def path(self, points: list[tuple[float, float]], look: str, closed: bool = False) -> None:
        """A line through points, or the area inside them."""
        steps = " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        self._add("path", look, d=f"M{steps}{'Z' if closed else ''}")

    def text(self, at: tuple[float, float], words: str, look: str = "") -> None:
        """Words on a baseline; the look says which end of them is at the point."""
        self._add("text", look, x=at[0], y=at[1]).text = plain(words)

    def markup(self) -> Markup:
        """The element, ready to stand in a page."""
        return Markup(ElementTree.tostring(self.root, encoding="unicode", short_empty_elements=True))  # noqa: S704  written by an XML writer

    def _add(self, tag: str, look: str, tip: str = "", **attributes: object) -> ElementTree.Element:
        values = {k: v if isinstance(v, str) else _number(v) for k, v in attributes.items()}
        element = ElementTree.SubElement(self.root, tag, {"class": look} | values if look else values)
        if tip:
            ElementTree.SubElement(element, "title").text = plain(tip)
        return element


def plain(text: str) -> str:
    """The text without what XML cannot hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def _number(value: object) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")  # type: ignore[arg-type]
