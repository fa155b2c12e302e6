"""What a plan leaves out, and how much it may be: stages over preferences."""

from collections.abc import Iterator

from trainer.recipe import Recipe
from trainer.source import FILES, Frozen

ALONE = "stages over preferences are not planned, and it has no other: plan the recipe of the stages before"
# Of frozen weights a token takes 2 N to read and 2 N backward; the reference reads it once more: 6 N in place of 4 N.
DEARER = 1.5


def notes(recipe: Recipe, snapshot: Frozen | None) -> Iterator[str]:
    """One line for each stage over preferences."""
    for stage in recipe.content.stages:
        if stage.prefers:
            count = f"{snapshot.count(FILES['preferences']):,}" if snapshot else "an unknown number of"
            yield (
                f"{stage.name}: not in these figures, it trains on {count} preferences, of two answers and up to "
                f"{2 * stage.max_length:,} tokens each; a token costs {DEARER:g} times one of the other stages, as the "
                "reference reads it too"
            )
