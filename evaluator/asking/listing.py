"""What `evaluator ask` prints."""

from typing import cast

from rich.table import Table

from evaluator.asking.budget import Budget, BudgetSpent, Spent
from evaluator.asking.exam import Examination, Sat
from evaluator.listing import console, print_evaluation
from storage.errors import TabibError

COLUMNS = ("benchmark", "model", "items", "asked now", "unread", "latency, median", "95 %", "tokens/s", "at once", "on")


def print_examination(found: Examination) -> None:
    """The scores, then how the answers came: what is unread, how fast, on what."""
    if any(result.scores for result in found.results):
        print_evaluation(found)
    table = Table(*COLUMNS)
    for sat in cast("list[Sat]", found.results):
        told = (sat.benchmark, sat.model, str(sat.items), str(sat.asked), str(sat.unanswered))
        for cells in _speeds(sat) or [("-",) * 5]:
            table.add_row(*told, *cells)
    out = console()
    if found.results:
        out.print(table)
    for name, said in found.unfinished.items():
        out.print(f"{name}: {said}, not scored yet", highlight=False, markup=False)
    out.print(f"all of it so far: {told_of(found.spent)}", highlight=False, markup=False)


def told_of(spent: Spent) -> str:
    """What was spent, in words."""
    cost = f", {spent.cost:.4f} at the prices given" if spent.cost else ""
    return f"{spent.calls:,} calls, {spent.read:,} tokens read, {spent.written:,} written{cost}"


def warnings(found: Examination) -> list[str]:
    """What a reader of the scores has to know."""
    said = []
    for sat in cast("list[Sat]", found.results):
        if len(sat.answered_as) > 1:
            names = ", ".join(f"{name} ({count})" for name, count in sorted(sat.answered_as.items()))
            said.append(f"{sat.model} answered {sat.benchmark} as several models: {names}")
        if estimated := sum(speed.estimated for speed in sat.speed):
            said.append(
                f"{sat.model} · {sat.benchmark}: the endpoint counted no tokens in {estimated} replies; theirs are "
                "estimates, as many as there may be, and so are tokens/s and what was spent"
            )
        if sat.left_out:
            told = "training pairs that are the items themselves were left out of what was found"
            said.append(f"{sat.model} · {sat.benchmark}: {sat.left_out} {told}")
        if sat.translated_back:
            counts = ", ".join(f"{count} {what}" for what, count in sat.translated_back.items())
            said.append(
                f"{sat.model} · {sat.benchmark}: of the letters in English, {counts} in the Persian translation"
            )
        if sat.alike:
            said.append(
                f"all chains of {sat.model} wrote the same at every item of {sat.benchmark}: nothing was drawn, so the "
                "vote is that of one chain. An endpoint may ignore --temperature"
            )
    return said


def refuse(found: Examination, budget: Budget) -> None:
    """Raise BudgetSpent where a limit ended the asking, TabibError where a model said nothing that can be read."""
    if found.stopped:
        raise BudgetSpent(
            f"the budget of {found.stopped}. Spent: {told_of(budget.spent)}. What is answered is kept: run the same "
            "command with a larger budget to go on"
        )
    silent = [r for r in found.results if r.items and r.unanswered == r.items]
    if silent:
        names = ", ".join(f"{r.model} ({r.benchmark}: {r.items} items)" for r in silent)
        raise TabibError(f"nothing that can be read came from {names}. The answers are kept as unread")


def _speeds(sat: Sat) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for speed in sat.speed:
        most = "≤ " if speed.estimated else ""
        rate = f"{most}{speed.tokens_per_second:.1f}" + (
            f" ({speed.throughput:.1f} in all)" if speed.throughput else ""
        )
        size = f", {speed.parameters:,} parameters" if speed.parameters else ""
        took = (f"{speed.median_latency:.2f} s", f"{speed.p95_latency:.2f} s")
        rows.append((*took, rate, str(speed.at_once or "?"), f"{speed.device}{size}"))
    return rows
