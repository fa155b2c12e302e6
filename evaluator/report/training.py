"""The section on training: the loss of every stage, and what each did to pairs it never saw."""

from typing import Any

from evaluator.report import charts
from evaluator.report.charts import Curve
from evaluator.report.contents import Contents
from evaluator.report.section import Figures, Section, Table, count


def training(contents: Contents) -> Section:
    """The loss of every stage, and what each did to pairs it never saw."""
    section = Section("training", "How training went")
    curves = [curve for stage in contents.stages if (curve := _curve(stage))]
    if not curves:
        section.missing = "No run has finished yet: `trainer export-and-train --recipe tiny`."
        return section
    section.says = " ".join(said for stage in contents.stages if (said := _stage_says(stage)))
    section.figures = [
        Figures(
            charts.panels("Training loss by stage", curves, "nats a token"),
            [("c2", "training loss"), ("ring", "pairs kept out of training, before and after the stage")],
        )
    ]
    head = ("stage", "steps", "tokens", "seconds", "weights trained", "of", "bits per byte before", "after")
    section.tables = [Table(head, [_stage_row(stage) for stage in contents.stages], frozenset(range(1, 8)))]
    if energy := _energy(contents):
        section.points = [energy]
    return section


def _curve(stage: dict[str, Any]) -> Curve | None:
    logged = [entry for entry in stage.get("loss", []) if "step" in entry and "loss" in entry]
    if not logged:
        return None
    held, last = stage.get("held_out") or {}, stage.get("steps", logged[-1]["step"])
    ends = [(0, held.get("before")), (last, held.get("after"))]
    measured = [(float(step), float(found["loss"])) for step, found in ends if found]
    return Curve(str(stage.get("stage", "")), "c2", [(e["step"], e["loss"]) for e in logged], measured)


def _stage_says(stage: dict[str, Any]) -> str:
    held = stage.get("held_out") or {}
    before, after = held.get("before"), held.get("after")
    if not before or not after:
        return ""
    word = "lowers" if after["bits_per_byte"] < before["bits_per_byte"] else "raises"
    return (
        f"Stage {stage.get('stage')} {word} the surprise of {count(after['pairs'])} held-out answers "
        f"from {before['bits_per_byte']:.2f} to {after['bits_per_byte']:.2f} bits per byte."
    )


def _stage_row(stage: dict[str, Any]) -> tuple[str, ...]:
    held, weights = stage.get("held_out") or {}, stage.get("parameters") or {}
    measured = [f"{found['bits_per_byte']:.3f}" if (found := held.get(when)) else "–" for when in ("before", "after")]
    sizes = [stage.get(key) for key in ("steps", "tokens", "seconds")] + [
        weights.get(key) for key in ("trained", "all")
    ]
    return (str(stage.get("stage", "")), *("–" if size is None else count(size) for size in sizes), *measured)


def _energy(contents: Contents) -> str:
    energy = contents.run.metrics.get("energy") if contents.run else None
    if not isinstance(energy, dict) or "kwh" not in energy:
        return ""
    return (
        f"Electricity: {1000 * energy['kwh']:.2f} Wh, {1000 * energy.get('kg_co2e', 0):.2f} g CO₂e "
        f"({energy.get('source', 'source not stated')})."
    )
