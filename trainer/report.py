"""What the commands print of a run and of all runs."""

from collections.abc import Iterator
from typing import Any

from storage import db, schema
from storage import runs as stored
from storage.models import Run
from trainer import forgotten, lineage_told
from trainer.folder import RunFolder


def told(state: dict[str, Any]) -> str:
    """A finished run, or a dry run, for a person."""
    if state["status"] != "done":
        return "\n".join(_plan_lines(state))
    metrics = state["metrics"]
    last = metrics["stages"][-1]
    lines = [f"run {state['name']}: {'was done before' if state.get('was_done') else 'done'}"]
    lines += [_stage_line(stage) for stage in metrics["stages"]]
    lines += [
        f"  energy     {lineage_told.energy(metrics['energy'])}",
        f"  weights    {last['parameters']['all'] - last['parameters']['trained']:,}, sha256 {state['model_sha256']}",
        f"  snapshot   {state['snapshot_sha256']}",
    ]
    return "\n".join(lines)


def runs() -> list[dict[str, Any]]:
    """All runs of the database, each with what was forgotten of its data."""
    schema.require_head()
    with db.session() as session:
        rows = stored.list(session)
        marked = forgotten.of_all({run.name: stored.folder(run) / "merged" for run in rows})
        return [
            {
                "name": run.name,
                "status": _status(run),
                "recipe": run.recipe_name,
                "snapshot": run.snapshot_sha256,
                "model_sha256": run.model_sha256,
                "folder": str(stored.folder(run)),
                "started_at": run.started_at.isoformat(),
                "finished_at": run.finished_at.isoformat() if run.finished_at else None,
                "held_out_bits_per_byte": _bits(run.metrics),
                "failure": run.metrics.get("failure"),
                "forgotten": marked.get(run.name),
            }
            for run in rows
        ]


def runs_table(rows: list[dict[str, Any]]) -> str:
    """The same as a table."""
    if not rows:
        return "no runs yet: trainer export-and-train --recipe tiny"
    lines = [f"{'run':<28} {'status':<8} {'started':<20} held-out bits a byte after each stage"]
    for row in rows:
        bits = " → ".join(f"{value:.4f}" for value in row["held_out_bits_per_byte"]) or row["failure"] or ""
        lines.append(f"{row['name']:<28} {row['status']:<8} {row['started_at'][:19]:<20} {bits}")
        if (row["forgotten"] or {}).get("trained_on"):
            lines.append(f"{'':<28} {forgotten.told(row['forgotten'])}")
    return "\n".join(lines)


def _status(run: Run) -> str:
    """A run whose process was killed is still `running` in its row; here, if it ran on this machine, it is stopped."""
    here = RunFolder(run.name)
    return "stopped" if run.status == "running" and here.path.exists() and not here.is_held() else run.status


def _bits(metrics: dict[str, Any]) -> list[float]:
    held_out = [stage["held_out"]["after"] for stage in metrics.get("stages", [])]
    return [after["bits_per_byte"] for after in held_out if after]


def _plan_lines(plan: dict[str, Any]) -> Iterator[str]:
    for key, value in plan.items():
        if key == "rows":
            yield from (f"{key:<12} {rows:>8}  {file}" for file, rows in value.items())
        elif key == "stages":
            yield from (_planned(stage) for stage in value)
        else:
            yield f"{key:<12} {value}"


def _planned(stage: dict[str, Any]) -> str:
    blocks = {
        name: stage[name] for name in ("SFTConfig", "DPOConfig", "LoraConfig", "TrainingArguments") if stage[name]
    }
    settings = [f"{key} {value}" for block in blocks.values() for key, value in block.items()]
    rows = f"{stage['order']} {stage['share']:.0%} of {' and '.join(stage['data'])}"
    return f"{stage['name']:<12} {rows}, max_length {stage['max_length']}, {', '.join(settings)}"


def _stage_line(stage: dict[str, Any]) -> str:
    held_out = stage["held_out"]
    bits = "no dev pairs to measure on"
    if held_out["after"]:
        bits = (
            f"held-out bits a byte {held_out['before']['bits_per_byte']:.4f} → {held_out['after']['bits_per_byte']:.4f}"
        )
        if held_out.get("left_out"):
            bits += f" (on {held_out['after']['pairs']} pairs, {held_out['left_out']} were too long)"
    return (
        f"  {stage['stage']:<10} {stage['steps']:>5} steps {stage['tokens']:>9,} tokens {stage['seconds']:>7.1f} s "
        f"{stage['tokens_per_second']:>7,} tokens/s  {bits}"
    )
