"""Answers that a model writes: what is asked, who writes, what it may cost, and the rows it is kept in.

Whoever wants texts from a model - an exam, a judge, a translation - makes a `Job` (a sitting, its prompts, and how a
reply becomes a row) and calls `ask(writer, job, budget)`. A `Writer` is a model's folder (`evaluator.asking.local`) or
an endpoint (`evaluator.endpoint`). What has its row is never asked again; every chunk of replies is committed as it
comes, so that a kill loses only what was being written, and a call is noted before it is sent (`calls`), so that it is
paid for all the same. `evaluator.asking.exam` is what `evaluator ask` does with it.
"""

from evaluator.asking.ask import Job, ask, forecast, take_over, unasked
from evaluator.asking.budget import Budget, BudgetSpent, Limits, Prices, Spent
from evaluator.asking.writer import Prompt, Reply, Sampling, Turn, Writer, Written, seed_of, turn

__all__ = [
    "Budget",
    "BudgetSpent",
    "Job",
    "Limits",
    "Prices",
    "Prompt",
    "Reply",
    "Sampling",
    "Spent",
    "Turn",
    "Writer",
    "Written",
    "ask",
    "forecast",
    "seed_of",
    "take_over",
    "turn",
    "unasked",
]
