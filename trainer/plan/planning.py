"""A recipe and a card in, a plan out: every stage, the whole, and what other batching would make of it."""

from itertools import islice
from typing import Any

from storage.errors import UsageError
from trainer.data import COLUMNS
from trainer.model import tokenizer_of
from trainer.plan import compared, notes, reported, unplanned
from trainer.plan.architecture import Architecture, architecture
from trainer.plan.asked import Asked
from trainer.plan.gpus import Gpu
from trainer.plan.staged import Given, StagePlan, staged
from trainer.recipe import Recipe, Stage, load
from trainer.source import FILES, Frozen
from trainer.tokenizer import made

TOKENIZER_ROWS = 3_000  # rows of each file that a recipe's own tokenizer is made of, for counting


def plan(asked: Asked, snapshot: Frozen | None) -> dict[str, Any]:
    """All figures with their sources, as JSON holds them. Raises UsageError for a recipe or model that is wrong."""
    recipe = load(asked.recipe)
    shape = architecture(recipe, asked.model)
    tokenizer = _tokenizer(recipe, shape, snapshot) if snapshot else None
    given = Given(recipe, shape, snapshot, tokenizer, asked)
    stages = [staged(stage, raw, given) for stage, raw in _stages(recipe) if not stage.prefers]
    if not stages:
        raise UsageError(f"recipe {recipe.name}: {unplanned.ALONE}")
    return {
        "recipe": recipe.name,
        "recipe_sha256": recipe.sha256,
        "gpu": {"name": asked.gpu.name, "gpus": given.gpus, **_gpu(asked.gpu)},
        "base": {"name": shape.name, "parameters": stages[0].weights.base, "source": _counted(shape)},
        "snapshot": snapshot.sha256 if snapshot else None,
        "stages": [reported.told(stage) for stage in stages],
        "total": _total(stages, given),
        "batching_compared": compared.compared(stages),
        "notes": [*(note for stage in stages for note in notes.notes(stage)), *unplanned.notes(recipe, snapshot)],
    }


def _stages(recipe: Recipe) -> list[tuple[Stage, dict[str, Any]]]:
    """Every stage with its mapping in the file, the making of a base first."""
    make = recipe.content.base.make
    first = [(make.warm_start, recipe.data["base"]["make"]["warm_start"])] if make else []
    return [*first, *zip(recipe.content.stages, recipe.data["stages"], strict=True)]


def _tokenizer(recipe: Recipe, shape: Architecture, snapshot: Frozen) -> Any:
    """The base's tokenizer where it lies here, or one made as training would make it; None: bytes must do."""
    if shape.folder:
        try:
            return tokenizer_of(shape.folder)
        except (OSError, ValueError, KeyError):
            return None
    make = recipe.content.base.make
    if make is None:
        return None
    kinds = [kind for kind in ("corpus", "pairs") if snapshot.count(FILES[kind])]
    rows = (row for kind in kinds for row in islice(snapshot.rows(FILES[kind], list(COLUMNS[kind])), TOKENIZER_ROWS))
    return made(("\n".join(value for value in row.values() if value) for row in rows), make.vocab_size)


def _total(stages: list[StagePlan], given: Given) -> dict[str, Any]:
    """Of all stages; energy and cost are those of all GPUs, for as long as it takes at the most."""
    asked, gpus = given.asked, given.gpus
    seconds, floor = sum(s.seconds for s in stages), sum(s.floor for s in stages)
    hours, watts = seconds / 3600, asked.gpu.watts.value * gpus
    kwh, grid = hours * watts / 1000, given.recipe.content.energy.force_carbon_intensity_g_co2e_kwh
    needed = max(stage.memory.total for stage in stages)
    cost = {"cost": hours * gpus * asked.price, "price_per_hour": asked.price} if asked.price is not None else {}
    return {
        "tokens": round(sum(s.useful.slots for s in stages)),
        "slots": round(sum(s.filled.slots for s in stages)),
        "real_share": sum(s.useful.slots for s in stages) / sum(s.filled.slots for s in stages),
        "flops": sum(s.needed.model for s in stages),
        "flops_of_slots": sum(s.computed.model for s in stages),
        "flops_recomputed": sum(s.computed.recomputed for s in stages),
        "hours": hours,
        "hours_overlapped": sum(s.overlapped for s in stages) / 3600,
        "floor_hours": floor / 3600,
        "utilisation": floor / seconds,
        "memory_bytes": needed,
        "fits": needed <= asked.gpu.memory,
        "watts": watts,
        "kwh": kwh,
        "grid_g_co2e_kwh": grid,
        "kg_co2e": kwh * grid / 1000,
        **cost,
    }


def _gpu(gpu: Gpu) -> dict[str, Any]:
    figures = {
        "bf16_tflops": gpu.bf16_tflops,
        "memory_gib": gpu.memory_gib,
        "watts": gpu.watts,
        "link_gb_s": gpu.link_gb_s,
    }
    return {name: {"value": figure.value, "source": figure.source} for name, figure in figures.items()}


def _counted(shape: Architecture) -> str:
    return f"counted on the meta device from {shape.source}"
