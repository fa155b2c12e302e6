"""How the sentences list names."""

from collections.abc import Sequence

from evaluator.report.paper import words

MOST = 6  # names that a sentence lists


def some(names: Sequence[str]) -> str:
    """Names in a row, the first of many."""
    listed = ", ".join(map(words.name, names[:MOST]))
    return f"{listed} and {len(names) - MOST} more" if len(names) > MOST else listed


def quoted(rules: Sequence[str]) -> str:
    """Rules in a row, each in quotation marks."""
    return " and ".join(f"“{rule}”" for rule in rules)
