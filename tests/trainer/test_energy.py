"""Energy is measured by counters of the hardware, estimated, or stated, and never called what it is not."""

import types
from pathlib import Path
from typing import Any

import pytest
from codecarbon.core import gpu_nvidia
from codecarbon.core.gpu import AllGPUDevices
from codecarbon.core.gpu_nvidia import NvidiaGPUDevice
from codecarbon.core.units import Energy as Kwh
from codecarbon.external.hardware import CPU, GPU
from codecarbon.external.ram import RAM

from trainer import energy, machine, metered
from trainer.recipe import Energy, load

STATED = Energy(force_carbon_intensity_g_co2e_kwh=500, nameplate_watts=36)
JOULE = 1_000_000  # in the unit of RAPL's counters
MILLIJOULES_A_KWH = 3.6e9


def test_the_papers_own_estimate_comes_out() -> None:
    """Section V.C: 19 h at 250 W are 4.75 kWh, at 0.56 kg/kWh 2.66 kg CO2e."""
    reading = energy.nameplate(load("paper").content.energy, 19 * 3600)
    assert reading["kwh"] == pytest.approx(4.75)
    assert reading["kg_co2e"] == pytest.approx(2.66)
    assert reading["method"] == "nameplate"
    assert reading["source"] == "nameplate: 250 W for the time it ran"


def test_a_reading_uses_the_recipes_grid_and_names_its_source() -> None:
    meter = energy.Meter(STATED)
    try:
        sum(number * number for number in range(2_000_000))
        reading = meter.reading()
    finally:
        meter.close()
    assert reading["kwh"] > 0
    assert reading["kg_co2e"] == pytest.approx(reading["kwh"] * 0.5)
    assert reading["source"].startswith(("codecarbon 3", "nameplate"))
    assert reading["method"] in ("measured", "partly measured", "estimated", "nameplate")
    if not Path("/sys/class/powercap").exists() and meter.gpus == 0:
        assert reading["method"] == "estimated"
    assert {"began_at", "code", "hardware"} <= set(reading)


def test_of_several_machines_one_is_not_called_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "0"), ("LOCAL_RANK", "0"), ("WORLD_SIZE", "16"), ("LOCAL_WORLD_SIZE", "8")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MASTER_ADDR", "::1")
    monkeypatch.setenv("MASTER_PORT", "1")
    meter = energy.Meter(STATED)
    meter.close()
    part = {"part": "gpu", "kwh": 2.0, "method": "measured", "by": "by NVML"}
    monkeypatch.setattr(metered, "parts", lambda _: [part])
    reading = meter.reading()
    assert reading["method"] == "partly measured"
    assert reading["source"].endswith("gpu measured by NVML; of 1 of 2 machines, the others were not read")
    assert energy.total([reading])["method"] == "partly measured"
    monkeypatch.setattr(metered, "parts", lambda _: [])
    assert meter.reading()["source"].endswith("of 1 of 2 machines, the others were not read")
    assert machine.hardware()["machines"] == 2
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "16")
    assert "machines" not in machine.hardware()
    alone = energy.Meter(STATED)
    alone.close()
    monkeypatch.setattr(metered, "parts", lambda _: [part])
    assert (alone.reading()["method"], "machines" in alone.reading()["source"]) == ("measured", False)


def test_attempts_add_up_and_are_kept_apart() -> None:
    readings = [energy.nameplate(STATED, 100), energy.nameplate(STATED, 300)]
    total = energy.total(readings)
    assert total["kwh"] == pytest.approx(0.004)
    assert total["kg_co2e"] == pytest.approx(0.002)
    assert total["seconds"] == 400
    assert total["source"] == "nameplate: 36 W for the time it ran"
    assert total["method"] == "nameplate"
    assert [attempt["seconds"] for attempt in total["attempts"]] == [100, 300]


def test_an_attempt_that_was_measured_does_not_make_the_others_measured() -> None:
    part = {"part": "gpu", "kwh": 2.0, "method": "measured", "by": "by NVML"}
    measured = energy.nameplate(STATED, 100) | {"method": "measured", "source": "NVML", "parts": [part], "kwh": 2.0}
    total = energy.total([measured, measured, energy.nameplate(STATED, 100)])
    assert total["method"] == "partly measured"
    assert total["parts"] == [part | {"kwh": 4.0}]
    assert total["source"] == "NVML; nameplate: 36 W for the time it ran"
    assert energy.total([measured])["method"] == "measured"
    old = {key: value for key, value in measured.items() if key not in ("method", "parts")}
    assert energy.total([old, old])["method"] == "estimated"


def tracker(*hardware: Any) -> Any:
    """What codecarbon has after it measured its hardware once over ten seconds."""
    sums = {"cpu": 0.0, "gpu": 0.0, "ram": 0.0}
    for part in hardware:
        _, found = part.measure_power_and_energy(10.0)
        sums[{CPU: "cpu", GPU: "gpu", RAM: "ram"}[type(part)]] += found.kWh
    totals = {f"_total_{name}_energy": Kwh(kwh) for name, kwh in sums.items()}
    return types.SimpleNamespace(_hardware=list(hardware), **totals)


def rapl(folder: Path, joules: int) -> CPU:
    """A processor with RAPL's counters in `folder`, which have counted so many joules since it was started."""
    package = folder / "intel-rapl" / "intel-rapl:0"
    package.mkdir(parents=True)
    (package / "name").write_text("package-0\n")
    (package / "max_energy_range_uj").write_text(str(1000 * JOULE))
    (package / "energy_uj").write_text(str(900 * JOULE))
    cpu = CPU(str(folder), "intel_rapl", "a processor", 65, rapl_dir=str(folder))
    cpu.start()
    (package / "energy_uj").write_text(str((900 * JOULE + joules * JOULE) % (1000 * JOULE)))
    return cpu


def test_the_counters_of_rapl_are_measured_and_memory_beside_them_is_not(tmp_path: Path) -> None:
    """The counter wraps on the way: 900 J + 360 J beyond its range of 1,000 J."""
    cpu, memory = metered.parts(tracker(rapl(tmp_path, 360), RAM()))
    assert (cpu["part"], cpu["method"], cpu["by"]) == ("cpu", "measured", "by RAPL")
    assert cpu["kwh"] == pytest.approx(360 / 3.6e6)
    assert (memory["part"], memory["method"]) == ("memory", "estimated")
    assert energy.method([cpu]) == "measured"
    assert energy.method([cpu, memory]) == "partly measured"
    assert "cpu measured by RAPL, memory estimated by its size" in metered.source([cpu, memory])


def test_counters_that_gave_nothing_measured_nothing(tmp_path: Path) -> None:
    parts = metered.parts(tracker(rapl(tmp_path, 0), RAM()))
    assert [part["part"] for part in parts] == ["memory"]
    assert energy.method(parts) == "estimated"


@pytest.mark.parametrize("mode", ["cpu_load", "constant", "something_new"])
def test_a_processor_without_a_counter_is_never_called_measured(tmp_path: Path, mode: str) -> None:
    part = {"cpu_load": "by its load and nominal power", "constant": "by its nominal power"}.get(mode, f"by {mode}")
    cpu = CPU(str(tmp_path), mode if part != "by something_new" else "constant", "a processor", 65)
    cpu.start()
    made = tracker(cpu, RAM())
    cpu._mode = mode
    found = metered.parts(made)[0]
    assert (found["method"], found["by"]) == ("estimated", part)
    assert energy.method(metered.parts(made)) == "estimated"


class Driver:
    """NVML as two GPUs answer it, in its own units; without a counter where `counts` is False."""

    NVMLError = RuntimeError
    NVMLError_NotSupported = KeyError

    def __init__(self, counts: bool) -> None:
        self.counts, self.millijoules = counts, 5e9

    def nvmlDeviceGetTotalEnergyConsumption(self, _handle: int) -> float:  # noqa: N802
        if not self.counts:
            raise RuntimeError("not supported")
        return self.millijoules

    def nvmlDeviceGetPowerUsage(self, _handle: int) -> float:  # noqa: N802
        return 300_000

    def nvmlDeviceGetMemoryInfo(self, _handle: int) -> Any:  # noqa: N802
        return types.SimpleNamespace(total=1, free=1, used=0)

    def __getattr__(self, name: str) -> Any:
        return lambda handle, *_: f"{name} {handle}"


@pytest.mark.parametrize(
    ("counts", "kwh", "by"), [(True, 1.5, "by NVML"), (False, 0.6 * 10 / 3600, "its power sampled")]
)
def test_nvml_measures_gpus(monkeypatch: pytest.MonkeyPatch, counts: bool, kwh: float, by: str) -> None:
    driver = Driver(counts)
    monkeypatch.setattr(gpu_nvidia, "pynvml", driver)
    gpu = GPU(None)
    gpu.devices = AllGPUDevices()
    gpu.devices.devices = [NvidiaGPUDevice(number, number) for number in range(2)]
    gpu.devices.device_count = gpu.num_gpus = 2
    gpu.start()
    driver.millijoules += 0.75 * MILLIJOULES_A_KWH
    (found,) = metered.parts(tracker(gpu))
    assert found["kwh"] == pytest.approx(kwh)
    assert (found["part"], found["method"]) == ("gpu", "measured")
    assert by in found["by"]


def test_a_gpu_that_nothing_measures_is_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor's estimate alone would leave out most of the energy: the stated power is told instead."""
    meter = energy.Meter(STATED)
    meter.close()
    meter.gpus, meter.started = 1, meter.started - 100
    monkeypatch.setattr(metered, "parts", lambda _: [{"part": "cpu", "kwh": 1e-9, "method": "estimated", "by": "x"}])
    reading = meter.reading()
    assert reading["method"] == "nameplate"
    assert reading["source"].endswith("as nothing here measures a GPU")
    assert reading["kwh"] == pytest.approx(36 * reading["seconds"] / 3.6e6, rel=0.01)
