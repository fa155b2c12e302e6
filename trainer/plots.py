"""The loss of each stage as an SVG file that stands alone, with what the stage did to held-out pairs."""

from typing import Any

from storage.report import charts
from storage.report.charts import Curve
from storage.report.svg import WIDTH

HEIGHT = 268  # of `charts.panels`
OPEN = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
# The report's light colours: a picture in a model card does not know what the page around it looks like.
STYLE = """<style>
svg { background: #fff; }
text { font: 12.5px sans-serif; fill: #1d2327; }
.name { font-weight: 600; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.tick { fill: #5c666d; font-size: 11.5px; }
.grid { stroke: #e2ded6; }
.c2 { fill: #2f6fb2; }
.curve { fill: none; stroke: #2f6fb2; stroke-width: 2; stroke-linejoin: round; }
.ring { fill: #fff; stroke: #c0523f; stroke-width: 2.5; }
</style>"""


def drawn(stages: list[dict[str, Any]]) -> dict[str, bytes]:
    """By the file's name, `loss-<stage>.svg`: one plot a stage, in nats a token; none of a stage that logged nothing.

    Rings are the held-out pairs before and after it; its heading has their bits a byte.
    """
    curves = {str(stage["stage"]): _curve(stage) for stage in stages}
    return {f"loss-{name}.svg": _alone(name, curve) for name, curve in curves.items() if curve.points}


def heading(stage: dict[str, Any]) -> str:
    """The stage's name and what it did to held-out pairs, in bits a byte."""
    before, after = (stage["held_out"][when] for when in ("before", "after"))
    if not after:
        return f"{stage['stage']}: no held-out pairs"
    began = f"{before['bits_per_byte']:.4f} → " if before else ""
    return f"{stage['stage']}: held-out {began}{after['bits_per_byte']:.4f} bits a byte"


def _curve(stage: dict[str, Any]) -> Curve:
    points = [(float(entry["step"]), float(entry["loss"])) for entry in stage["loss"] if "step" in entry]
    ends = ((0.0, stage["held_out"]["before"]), (float(stage["steps"]), stage["held_out"]["after"]))
    return Curve(heading(stage), "c2", points, [(step, float(found["loss"])) for step, found in ends if found])


def _alone(name: str, curve: Curve) -> bytes:
    markup = str(charts.panels(f"Training loss of stage {name}", [curve], "nats a token"))
    opening, rest = markup.removeprefix("<svg ").split(">", 1)
    return f"{OPEN}{opening}>{STYLE}{rest}\n".encode()
