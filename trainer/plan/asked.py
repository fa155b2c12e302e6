"""What a user asked a plan for, as far as it can be checked without torch: a wrong name is told within a second."""

from dataclasses import dataclass

from storage.errors import UsageError
from trainer import source
from trainer.plan.gpus import Gpu
from trainer.recipe import Recipe
from trainer.source import Frozen

MOST_GPUS = 16  # of one machine, whose links the figures are of


@dataclass(frozen=True)
class Asked:
    """What a plan is asked for; `utilisation` is of real tokens, `real_share` of slots, `price` for an hour of one GPU.

    `gpus` None: one, or the fewest that a recipe can do with.
    """

    recipe: str
    gpu: Gpu
    snapshot: str | None = None
    model: str | None = None
    utilisation: float | None = None
    real_share: float | None = None
    price: float | None = None
    gpus: int | None = None

    def check(self) -> None:
        """Raise UsageError where a number is out of its range."""
        for name, share in (("--utilisation", self.utilisation), ("--real-share", self.real_share)):
            if share is not None and not 0 < share <= 1:
                raise UsageError(f"{name} {share} is no share: give a number above 0 and at most 1, such as 0.5")
        if self.gpus is not None and not 1 <= self.gpus <= MOST_GPUS:
            raise UsageError(f"--gpus {self.gpus} cannot be planned: from 1 to {MOST_GPUS}, those of one machine")
        if self.price is not None and not 0 <= self.price < 1e6:
            raise UsageError(f"--price {self.price} is no price for an hour of one GPU")

    def take_snapshot(self, recipe: Recipe) -> Frozen | None:
        """The snapshot, verified; UsageError where it is empty of what the recipe trains on."""
        if self.snapshot is None:
            return None
        found = source.taken(self.snapshot)
        source.require_rows(found, recipe)
        return found
