"""The figures about the data that more than one page tells."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from storage.models import Snapshot
from storage.splits import Rule
from storage.summaries import Lengths, SourceSize, Totals


@dataclass
class Data:
    """What was crawled and what cleaning left of it; `missing` says by section why it has no figures.

    `outcomes` and `splits` have the shape of a manifest's. `corpus_is` says which articles `corpus` counts.
    """

    made_at: dt.datetime
    totals: Totals
    snapshot: Snapshot | None = None
    recipe: str | None = None
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    splits: list[dict[str, Any]] = field(default_factory=list)
    split_rule: str = Rule.PAPER.value
    corpus: list[SourceSize] = field(default_factory=list)
    corpus_is: str = "as crawled; no snapshot is frozen yet"
    before: dict[str, Lengths] = field(default_factory=dict)
    after: dict[str, Lengths] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
