"""The section on training: the loss of every stage, and what each did to pairs it never saw."""

from typing import Any

from evaluator.report.contents import Contents
from storage.report import charts
from storage.report.charts import Curve
from storage.report.section import Figures, Section, Table, count


def training(contents: Contents) -> Section:
    """The loss of every stage, and what each did to pairs it never saw."""
    section = Section("training", "How training went")
    curves = [curve for stage in contents.stages if (curve := _curve(stage))]
    if not curves:
        section.missing = "No run has finished yet: `trainer export-and-train --recipe tiny`."
        return section
    section.says = _held_out_says(contents.stages)
    section.figures = [
        Figures(
            charts.panels("Training loss by stage", curves, "nats a token"),
            [
                ("c2", "training loss, on the stage's own texts"),
                ("ring", "held-out answers, before and after the stage"),
            ],
            "Line and rings are of different texts: compare each with itself, not with the other.",
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


def _held_out_says(stages: list[dict[str, Any]]) -> str:
    moved = []
    for stage in stages:
        held = stage.get("held_out") or {}
        if held.get("before") and held.get("after"):
            before, after = (held[when]["bits_per_byte"] for when in ("before", "after"))
            moved.append(f"{stage.get('stage')} {before:.2f} → {after:.2f}")
    return (
        f"Surprise at held-out answers, bits per byte before and after each stage: {', '.join(moved)}." if moved else ""
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
