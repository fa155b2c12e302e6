"""The electricity of a run: measured where the hardware counts it, else estimated, else stated, and always said which.

`method` of a reading is `measured` when counters of the hardware gave all of it, `partly measured`, `estimated` by
codecarbon, or `nameplate`: a stated power for the time it ran. A run that was interrupted has the sum of its attempts;
of one that was killed counts what was kept at its last checkpoint. Of several machines the first one alone is read: its
`source` says so, and what was counted there is `partly measured`.
"""

import datetime as dt
import logging
import time
from typing import Any

from trainer.recipe import Energy

SECONDS_A_READING = 5
JOULES_A_KWH = 3.6e6
MEASURED, ESTIMATED, MIXED, NAMEPLATE = "measured", "estimated", "partly measured", "nameplate"


class Meter:
    """Counts from its making on; offline, with the grid's intensity that the recipe states."""

    def __init__(self, recipe: Energy) -> None:
        from trainer import machine

        self.recipe, self.started = recipe, time.monotonic()
        self.tracker = _tracker(recipe.force_carbon_intensity_g_co2e_kwh)
        here = machine.hardware()
        self.gpus, self.machines = len(here["gpus"]), here.get("machines", 1)
        hardware = ", ".join([here["cpu"], *here["gpus"]])
        self.began = {"began_at": dt.datetime.now(dt.UTC).isoformat(), "code": machine.code(), "hardware": hardware}

    def reading(self) -> dict[str, Any]:
        """Energy so far in kWh, its emissions in kg CO2e, the seconds it covers, and where the figures come from."""
        found = self._here()
        if self.machines == 1:
            return found
        how = MIXED if found["method"] == MEASURED else found["method"]
        told = f"{found['source']}; of 1 of {self.machines} machines, the others were not read"
        return found | {"method": how, "source": told}

    def _here(self) -> dict[str, Any]:
        from trainer import metered

        stated = self.began | nameplate(self.recipe, time.monotonic() - self.started)
        self.tracker.flush()
        parts = metered.parts(self.tracker)
        if not parts:  # its readers gave nothing
            return stated
        if self.gpus and not any(part["part"] == "gpu" for part in parts):  # most of the energy would be left out
            return stated | {"source": f"{stated['source']}, as nothing here measures a GPU"}
        kwh = sum(part["kwh"] for part in parts)
        measured = {"method": method(parts), "source": metered.source(parts), "parts": parts}
        return stated | measured | {"kwh": kwh, "kg_co2e": _emitted(self.recipe, kwh)}

    def close(self) -> None:
        """Stop reading the hardware."""
        self.tracker.stop()


def nameplate(recipe: Energy, seconds: float) -> dict[str, Any]:
    """The power that the recipe states, for so many seconds."""
    kwh = recipe.nameplate_watts * seconds / JOULES_A_KWH
    return {
        "kwh": kwh,
        "kg_co2e": _emitted(recipe, kwh),
        "seconds": round(seconds, 1),
        "grid_g_co2e_kwh": recipe.force_carbon_intensity_g_co2e_kwh,
        "method": NAMEPLATE,
        "source": f"nameplate: {recipe.nameplate_watts:g} W for the time it ran",
        "parts": [],
    }


def total(readings: list[dict[str, Any]]) -> dict[str, Any]:
    """The sum over the attempts of a run, with each of them under `attempts`."""
    sums = {key: sum(reading[key] for reading in readings) for key in ("kwh", "kg_co2e", "seconds")}
    return {
        **sums,
        "grid_g_co2e_kwh": readings[-1]["grid_g_co2e_kwh"],
        "method": method(readings),
        "source": "; ".join(dict.fromkeys(r["source"] for r in readings)),
        "parts": _added(readings),
        "attempts": [{k: r[k] for k in r if k not in ("parts", "grid_g_co2e_kwh")} for r in readings],
    }


def method(parts_or_readings: list[dict[str, Any]]) -> str:
    """One word for what several were; something measured beside something that was not is `partly measured`."""
    found = {each.get("method", ESTIMATED) for each in parts_or_readings}
    if len(found) == 1:
        return str(found.pop())
    return MIXED if found & {MEASURED, MIXED} else ESTIMATED


def _added(readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], float] = {}
    for part in (part for reading in readings for part in reading.get("parts", [])):
        key = (part["part"], part["method"], part["by"])
        sums[key] = sums.get(key, 0.0) + part["kwh"]
    return [{"part": name, "kwh": kwh, "method": how, "by": by} for (name, how, by), kwh in sums.items()]


def _emitted(recipe: Energy, kwh: float) -> float:
    return kwh * recipe.force_carbon_intensity_g_co2e_kwh / 1_000


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
