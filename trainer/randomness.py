"""The state of every generator of random numbers that a training draws from: dropout must be the same again."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Randomness:
    """As it was at one moment."""

    python: Any
    numpy: Any
    cpu: torch.Tensor
    gpus: tuple[torch.Tensor, ...]

    @classmethod
    def now(cls) -> "Randomness":
        """As it is."""
        gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), tuple(gpus))

    def restore(self) -> None:
        """Draw from here on what was drawn after that moment."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.cpu)
        if self.gpus:
            torch.cuda.set_rng_state_all(list(self.gpus))
