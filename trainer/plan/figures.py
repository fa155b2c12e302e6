"""Figures that a plan takes where nothing can be measured, each with its source."""

from functools import cache
from pathlib import Path

import yaml

from trainer.plan.gpus import Figure

FILE = Path(__file__).parent / "figures.yaml"


@cache
def figure(name: str) -> Figure:
    """The figure of that name in `figures.yaml`."""
    return Figure.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8"))[name])
