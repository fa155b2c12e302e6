"""A figure as PNG and SVG for a paper. Letters are shaped and drawn as outlines: no font is needed to read them.

matplotlib shapes Persian too (libraqm, since 3.11), in its own font DejaVu Sans.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evaluator.report.paper import words
from evaluator.report.paper.wins import Win, Wins
from storage.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]

KINDS = ("png", "svg")
PARTS = (("won", "#0f7a68"), ("tied", "#9fb3bf"), ("inconsistent", "#d9dfe2"), ("lost", "#c0523f"))
DPI = 200


def pictures(figure: Wins) -> dict[str, bytes]:
    """The figure by kind of file. Raises MissingExtra without matplotlib."""
    try:
        with _settled():
            drawn = _drawn(figure)
            return {kind: _saved(drawn, kind) for kind in KINDS}
    except ModuleNotFoundError:
        raise MissingExtra("PNG and SVG need matplotlib: pip install 'tabib[plots]'") from None


@contextmanager
def _settled() -> Iterator[None]:
    """The same bytes for the same figure; a sign that the font lacks is drawn as a box."""
    from matplotlib import rc_context  # type: ignore[import-not-found, unused-ignore]

    with rc_context({"svg.hashsalt": "tabib", "svg.fonttype": "path"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")
        yield


def _drawn(figure: Wins) -> "Figure":
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.0, 1.5 + 0.45 * len(figure.bars)), layout="constrained")
    axes = drawn.add_subplot()
    for place, win in enumerate(figure.bars):
        _bar(axes, place, win)
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"pairs, %; the line is the win rate of {words.name(figure.reference)}", parse_math=False)
    axes.set_yticks(range(len(figure.bars)), [words.name(figure.label(win)) for win in figure.bars])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    axes.invert_yaxis()
    axes.axvline(50, color="#5c666d", linewidth=0.8, linestyle=":")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(ncols=len(PARTS), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize="small")
    return drawn


def _bar(axes: Any, place: int, win: Win) -> None:
    """Won, tied, inconsistent, lost; over them the win rate with its interval."""
    counts, start = win.found.counts, 0.0
    read = sum(counts[name] for name, _ in PARTS)
    for name, colour in PARTS:
        width = 100 * counts[name] / read if read else 0.0
        axes.barh(place, width, left=start, color=colour, height=0.6, label=name if place == 0 else None)
        start += width
    if rate := win.found.won:
        at = 100 * rate.value
        axes.errorbar(
            at, place, xerr=[[at - 100 * rate.low], [100 * rate.high - at]], color="#1d2327", capsize=3, marker="|"
        )


def _saved(drawn: "Figure", kind: str) -> bytes:
    out = io.BytesIO()
    drawn.savefig(out, format=kind, dpi=DPI, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()
