"""What codecarbon read of a machine, part by part: measured by a counter of the hardware, or estimated.

A processor's energy is measured where Linux shows RAPL's counters, a GPU's by NVML or AMD SMI. Without RAPL codecarbon
multiplies a nominal power by the load, and it always states memory from its size: these are estimates. All of it is
the machine's, whoever else runs on it; of GPUs only those that CUDA_VISIBLE_DEVICES shows, where it is set.
"""

import importlib.metadata
from collections.abc import Iterator
from typing import Any

from codecarbon.core.gpu_nvidia import NvidiaGPUDevice
from codecarbon.external.hardware import CPU, GPU

from trainer.energy import ESTIMATED, MEASURED

ESTIMATES = {"cpu_load": "by its load and nominal power", "constant": "by its nominal power"}


def parts(tracker: Any) -> list[dict[str, Any]]:
    """For each part of the machine that gave something: part, kwh, method (measured or estimated), by."""
    return [part for part in _parts(tracker) if part["kwh"] > 0]


def source(found: list[dict[str, Any]]) -> str:
    """Where the figures come from, in one line for a person."""
    told = ", ".join(f"{part['part']} {part['method']} {part['by']}" for part in found)
    return f"codecarbon {importlib.metadata.version('codecarbon')}, offline: {told}"


def _parts(tracker: Any) -> Iterator[dict[str, Any]]:
    for hardware in tracker._hardware:
        if isinstance(hardware, GPU):
            yield _part("gpu", tracker._total_gpu_energy, MEASURED, _gpus_by(hardware))
        elif isinstance(hardware, CPU):
            mode = hardware._mode
            measured = mode == "intel_rapl"
            by = "by RAPL" if measured else ESTIMATES.get(mode, f"by {mode}")
            yield _part("cpu", tracker._total_cpu_energy, MEASURED if measured else ESTIMATED, by)
        elif getattr(hardware, "chip_part", "RAM") == "RAM":
            yield _part("memory", tracker._total_ram_energy, ESTIMATED, "by its size")
        else:  # Apple's and Raspberry's own tools, whose figures nobody vouches for
            name = hardware.chip_part.lower()
            yield _part(name, getattr(tracker, f"_total_{name}_energy"), ESTIMATED, f"by {type(hardware).__name__}")


def _part(name: str, energy: Any, how: str, by: str) -> dict[str, Any]:
    return {"part": name, "kwh": energy.kWh, "method": how, "by": by}


def _gpus_by(gpus: GPU) -> str:
    devices = gpus.devices.devices
    name = "NVML" if all(isinstance(device, NvidiaGPUDevice) for device in devices) else "AMD SMI"
    sampled = any(device._use_power_fallback for device in devices)
    return f"by {name}{', its power sampled' if sampled else ''}"
