"""The cards a plan can be made for: one YAML file, a source beside each value."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from storage.errors import unknown

FILE = Path(__file__).parent / "gpus.yaml"


class Figure(BaseModel):
    """A number and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(gt=0)
    source: str = Field(min_length=3)


class Gpu(BaseModel):
    """One card: dense bfloat16 TFLOP/s, GiB, W, and GB/s each way between it and the others of its machine.

    `without` names a number format it lacks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    bf16_tflops: Figure
    memory_gib: Figure
    watts: Figure
    link_gb_s: Figure
    without: str | None = None

    @property
    def peak(self) -> float:
        """FLOP/s at the most."""
        return self.bf16_tflops.value * 1e12

    @property
    def memory(self) -> int:
        """Bytes."""
        return int(self.memory_gib.value * 2**30)

    @property
    def link(self) -> float:
        """Bytes a second, each way, at the most."""
        return self.link_gb_s.value * 1e9


@cache
def all_of_them() -> dict[str, Gpu]:
    """Every card by the name the command takes."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: Gpu.model_validate(row) for name, row in rows.items()}


def named(name: str) -> Gpu:
    """The card of that name; UsageError with the nearest where there is none."""
    cards = all_of_them()
    key = name.lower().replace("_", "-").replace(" ", "")
    if key not in cards:
        raise unknown("GPU", name, cards)
    return cards[key]
