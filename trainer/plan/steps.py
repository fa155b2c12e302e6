"""Optimizer steps and passes of a stage, counted as transformers' Trainer counts them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.errors import UsageError


@dataclass(frozen=True)
class Steps:
    """Steps of a stage, and the passes over its rows that they make."""

    count: int
    passes: float

    @classmethod
    def of(cls, values: Mapping[str, Any], rows: float, size: int, accumulated: int) -> "Steps":
        """`values` are TrainingArguments; `size` rows make a micro-batch, `accumulated` of these a step.

        Raises UsageError where they make no pass.
        """
        each, count = steps_a_pass(rows, size, accumulated), int(values["max_steps"])
        if count <= 0:
            passes = float(values["num_train_epochs"])
            if not 0 < passes < math.inf:
                raise UsageError(f"a stage of {passes:g} passes over its data cannot be planned: see num_train_epochs")
            count = math.ceil(passes * each)
        whole, rest = divmod(count, each)
        return cls(count, whole + min(1.0, rest * size * accumulated / rows))


def steps_a_pass(rows: float, size: int, accumulated: int) -> int:
    """Steps of one pass: the last one has what rows are left, and no step takes rows of two passes."""
    return max(1, math.ceil(math.ceil(round(rows) / size) / accumulated))
