"""Energy is measured or stated, and says which."""

import pytest

from trainer import energy
from trainer.recipe import Energy, load


def test_the_papers_own_estimate_comes_out() -> None:
    """Section V.C: 19 h at 250 W are 4.75 kWh, at 0.56 kg/kWh 2.66 kg CO2e."""
    reading = energy.nameplate(load("paper").content.energy, 19 * 3600)
    assert reading["kwh"] == pytest.approx(4.75)
    assert reading["kg_co2e"] == pytest.approx(2.66)
    assert reading["source"] == "nameplate: 250 W for the time it ran"


def test_a_reading_uses_the_recipes_grid_and_names_its_source() -> None:
    meter = energy.Meter(Energy(force_carbon_intensity_g_co2e_kwh=500, nameplate_watts=30))
    try:
        sum(number * number for number in range(2_000_000))
        reading = meter.reading()
    finally:
        meter.close()
    assert reading["kwh"] > 0
    assert reading["kg_co2e"] == pytest.approx(reading["kwh"] * 0.5)
    assert reading["source"].startswith(("codecarbon 3", "nameplate"))


def test_attempts_add_up() -> None:
    stated = Energy(force_carbon_intensity_g_co2e_kwh=500, nameplate_watts=36)
    total = energy.total([energy.nameplate(stated, 100), energy.nameplate(stated, 300)])
    assert total["kwh"] == pytest.approx(0.004)
    assert total["seconds"] == 400
    assert total["source"] == "nameplate: 36 W for the time it ran"
