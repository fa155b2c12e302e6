"""What differs between the attempts of a run: whoever goes on with it under other versions gets other bits."""

from itertools import pairwise
from typing import Any

BLOCKS = ("versions", "hardware")
LONGEST = 48  # characters of a value that is told
NONE = "none"


def changes(attempts: object) -> list[str]:
    """A line for each attempt that began under other versions or hardware than the one before: when, and what changed.

    `attempts` are those of a `run.json` (began_at, versions, hardware); what is none is passed over.
    """
    listed = attempts if isinstance(attempts, list) else []
    readable = [
        each for each in listed if isinstance(each, dict) and all(isinstance(each.get(b), dict) for b in BLOCKS)
    ]
    found = [(after, difference(before, after)) for before, after in pairwise(readable)]
    return [f"{str(after.get('began_at'))[:19]}: {told}" for after, told in found if told]


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """As `torch 2.12.0 → 2.13.0, threads 8 → 16`; empty where the attempts are alike."""
    found = []
    for block in BLOCKS:
        old, new = before[block], after[block]
        changed = (key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key))
        found += [f"{key} {_shown(old.get(key))} → {_shown(new.get(key))}" for key in changed]
    return ", ".join(found)


def _shown(value: object) -> str:
    words = " and ".join(map(str, value)) if isinstance(value, list) else NONE if value is None else str(value)
    return words[:LONGEST] or NONE
