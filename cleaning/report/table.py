"""The funnel of a recipe as a table: what came in, what stays, what people see, what is dropped and why."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from cleaning.recipe import Recipe
from storage import db, verdicts
from storage.models import Outcome


def funnel(recipe: Recipe) -> list[dict[str, Any]]:
    """Rows of source, kind, outcome, reason and count; see `storage.verdicts.funnel`."""
    with db.session() as session:
        return verdicts.funnel(session, recipe.sha256)


def print_funnel(recipe: Recipe, rows: list[dict[str, Any]]) -> None:
    """One line a source and kind, the reasons by their size."""
    table = Table(
        "source", "kind", "documents", "kept", "review", "dropped", "dropped for", title=f"recipe {recipe.name}"
    )
    groups = sorted({(row["source"], row["kind"]) for row in rows})
    for group in groups:
        table.add_row(*group, *_cells([row for row in rows if (row["source"], row["kind"]) == group]))
    if len(groups) > 1:
        table.add_section()
        table.add_row("all", "", *_cells(rows))
    Console().print(table)


def _cells(rows: list[dict[str, Any]]) -> list[str]:
    outcomes, reasons = Counter[str](), Counter[str]()
    for row in rows:
        outcomes[row["outcome"]] += row["count"]
        if row["outcome"] == Outcome.DROPPED:
            reasons[row["reason"]] += row["count"]
    shown = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    counts = [outcomes.total(), outcomes[Outcome.KEPT], outcomes[Outcome.REVIEW], outcomes[Outcome.DROPPED]]
    return [*map(str, counts), shown]
