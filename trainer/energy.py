"""The electricity of a run: measured or estimated by codecarbon, else power times time, and always said which."""

import importlib.metadata
import logging
import time
from typing import Any

from trainer.recipe import Energy

SECONDS_A_READING = 5
JOULES_A_KWH = 3.6e6


class Meter:
    """Counts from its making on; offline, with the grid's intensity that the recipe states."""

    def __init__(self, recipe: Energy) -> None:
        self.recipe, self.started = recipe, time.monotonic()
        self.tracker = _tracker(recipe.force_carbon_intensity_g_co2e_kwh)

    def reading(self) -> dict[str, Any]:
        """Energy so far in kWh, its emissions in kg CO2e, the seconds it covers, and where the figure comes from."""
        stated = nameplate(self.recipe, time.monotonic() - self.started)
        kilograms = self.tracker.flush()
        if not kilograms:  # its hardware readers gave nothing
            return stated
        kwh = kilograms * 1_000 / self.recipe.force_carbon_intensity_g_co2e_kwh
        return stated | {"kwh": kwh, "kg_co2e": kilograms, "source": _codecarbon_source(self.tracker)}

    def close(self) -> None:
        """Stop reading the hardware."""
        self.tracker.stop()


def nameplate(recipe: Energy, seconds: float) -> dict[str, Any]:
    """The power that the recipe states, for so many seconds."""
    kwh = recipe.nameplate_watts * seconds / JOULES_A_KWH
    return {
        "kwh": kwh,
        "kg_co2e": kwh * recipe.force_carbon_intensity_g_co2e_kwh / 1_000,
        "seconds": round(seconds, 1),
        "grid_g_co2e_kwh": recipe.force_carbon_intensity_g_co2e_kwh,
        "source": f"nameplate: {recipe.nameplate_watts:g} W for the time it ran",
    }


def total(readings: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum over the attempts of a run."""
    sums = {key: sum(reading[key] for reading in readings) for key in ("kwh", "kg_co2e", "seconds")}
    return {**readings[-1], **sums, "source": "; ".join(dict.fromkeys(r["source"] for r in readings))}


def _tracker(intensity: float) -> Any:
    from codecarbon import OfflineEmissionsTracker

    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # it writes lines before it reads its own log_level
    tracker = OfflineEmissionsTracker(
        force_carbon_intensity_g_co2e_kwh=intensity,
        measure_power_secs=SECONDS_A_READING,
        output_methods=[],
        log_level="critical",
        allow_multiple_runs=True,
    )
    tracker.start()
    return tracker


def _codecarbon_source(tracker: Any) -> str:
    parts = [f"{type(part).__name__} {getattr(part, '_mode', '')}".strip() for part in tracker._hardware]
    return f"codecarbon {importlib.metadata.version('codecarbon')}, offline: {', '.join(parts)}"
