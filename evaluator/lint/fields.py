"""What an item must have to be asked at all."""

from collections import Counter
from collections.abc import Iterator, Sequence

from evaluator.items import unaskable
from evaluator.lint.finding import Finding, shown
from evaluator.published import Draft

USUAL = 0.9
"""Share of a benchmark's items with one number of options from which on another number is strange."""


def missing(benchmark: str, item: Draft) -> Iterator[Finding]:
    """No question, too few options, an empty one, a key that names none of them."""
    if fault := unaskable(item):
        kind = "key" if fault.startswith("has the key") else "missing"
        yield Finding(benchmark, item.id, kind, "error", f"{fault}: «{shown(item.question)}»")


def counts(benchmark: str, items: Sequence[Draft]) -> Iterator[Finding]:
    """Items that have fewer or more options than nearly all others."""
    options = Counter(len(item.options) for item in items)
    usual, often = max(options.items(), key=lambda counted: counted[1])
    if often < USUAL * len(items):
        return
    for item in items:
        if len(item.options) != usual:
            said = f"has {len(item.options)} options, {often} of {len(items)} items have {usual}"
            yield Finding(benchmark, item.id, "option_count", "warning", said)


def ids(benchmark: str, items: Sequence[Draft]) -> Iterator[Finding]:
    """Ids that stand twice: an answer is kept by its item's id."""
    for name, count in Counter(item.id for item in items).items():
        if count > 1:
            yield Finding(benchmark, name, "id", "error", f"{count} items have this id")
