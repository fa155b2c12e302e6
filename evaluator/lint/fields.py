"""What an item must have to be asked at all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from evaluator.items import unaskable
from evaluator.lint.finding import Finding, shown
from evaluator.published import Draft
from evaluator.published.layout import form_of_key

USUAL = 0.9
"""Share of a benchmark's items with one number of options, or one form of key, from which on another is strange."""
LARGEST = 1 << 16
"""Characters of a text beyond which it is no part of an item: the longest published one has 5,127."""


def missing(benchmark: str, item: Draft) -> Iterator[Finding]:
    """No question, too few options, an empty one, a key that names none of them."""
    if fault := unaskable(item):
        kind = "key" if fault.startswith("has the key") else "missing"
        yield Finding(benchmark, item.id, kind, "error", f"{fault}: «{shown(item.question)}»")


def oversized(benchmark: str, item: Draft, texts: Mapping[str, str]) -> Iterator[Finding]:
    """A text so long that it must be a whole file by mistake; nothing else is looked at in its item."""
    for where, text in texts.items():
        if len(text) > LARGEST:
            said = f"{where} has {len(text)} characters: «{shown(text[:LARGEST])}»"
            yield Finding(benchmark, item.id, "oversized", "error", said)


def key_forms(benchmark: str, items: Sequence[Draft]) -> Iterator[Finding]:
    """Keys that are written otherwise than nearly all: a number among letters may count from 0 or from 1."""
    forms = {item.id: form_of_key(item.key) for item in items if item.key}
    for form, often in Counter(forms.values()).most_common(1):
        for item in items if often >= USUAL * len(forms) else ():
            if forms.get(item.id, form) != form and item.answer:
                said = f"the key is «{shown(item.key, 40)}», {often} of {len(forms)} items have a {form} as key"
                yield Finding(benchmark, item.id, "key_form", "warning", said)


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
