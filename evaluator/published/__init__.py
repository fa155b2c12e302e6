"""Files that publishers have and this project has not: fetched once, pinned by their hash, read as items."""

from evaluator.published.fetch import Fetched, Wanted, fetch, looked_at, take
from evaluator.published.layout import PLAIN, Choices, Draft, drafts
from evaluator.published.place import Pin, Published, at_hand, is_own, located, pin_of

__all__ = [
    "PLAIN",
    "Choices",
    "Draft",
    "Fetched",
    "Pin",
    "Published",
    "Wanted",
    "at_hand",
    "drafts",
    "fetch",
    "is_own",
    "located",
    "looked_at",
    "pin_of",
    "take",
]
