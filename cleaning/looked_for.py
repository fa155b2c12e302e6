"""Which benchmarks a run looks for: what is not registered is not found, and nothing in the result shows that."""

from itertools import islice

from cleaning.recipe import Recipe
from storage import benchmarks

STEP = "contamination"
MOST_NAMED = 30


def told(recipe: Recipe) -> str | None:
    """One line for whoever starts the run; None where the recipe looks for none."""
    if not any(step.kind.name == STEP for step in recipe.steps):
        return None
    return _line([benchmark.name for benchmark in benchmarks.index().benchmarks])


def _line(registered: list[str]) -> str:
    own = {path.stem for path in benchmarks.PACKAGED.glob("*.json")}
    named = ", ".join(islice(registered, MOST_NAMED)) or "none"
    more = f" and {len(registered) - MOST_NAMED} more" if len(registered) > MOST_NAMED else ""
    if not own.issuperset(registered):
        return f"benchmarks looked for: {named}{more}"
    return (
        f"benchmarks looked for: {named}, which comes with the project; others, such as K-QA, MMLU and IBMSEE, are not "
        "until they are registered: evaluator register --data FILE"
    )
