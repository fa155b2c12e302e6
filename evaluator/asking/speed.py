"""How fast a model wrote, from the rows it left."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.asking.writer import NO_ROOM, REFUSED
from storage.models import Answer

TIMED = ("seconds", "finish", "warm_up", "device", "tokens", "batch_seconds", "at_once", "parameters", "tokens_are")
"""What `speeds` reads of an answer's output."""


@dataclass(frozen=True)
class Speed:
    """The answers that one device gave; those that warmed it up, and those it never wrote, are left out.

    `latency` runs from the asking to the last token, in seconds; `tokens_per_second` is the median of single answers.
    `throughput` is all tokens over the time the device was at work on them, many at once; None for an endpoint, whose
    load is not known. `at_once` is how many were written together, or were on their way to an endpoint, at most; None
    where the rows do not tell. `estimated` of the answers have tokens that nobody counted: theirs are an upper bound.
    """

    device: str
    answers: int
    median_latency: float
    p95_latency: float
    tokens_per_second: float
    throughput: float | None
    at_once: int | None
    parameters: int | None
    estimated: int = 0

    @property
    def together(self) -> str:
        """How many at once, in words."""
        return f"{self.at_once} at once" if self.at_once else "how many at once is not known"


def speeds(rows: Sequence[Answer]) -> list[Speed]:
    """By device, the one with most answers first."""
    timed: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found = row.output
        if found.get("seconds") and found.get("finish") not in (REFUSED, NO_ROOM) and not found.get("warm_up"):
            timed.setdefault(str(found.get("device", "unknown")), []).append(found)
    return sorted((_speed(device, found) for device, found in timed.items()), key=lambda s: -s.answers)


def _speed(device: str, found: list[dict[str, Any]]) -> Speed:
    latencies = sorted(float(f["seconds"]) for f in found)
    written = [int(f["tokens"]["written"]) for f in found]
    rates = [tokens / float(f["seconds"]) for tokens, f in zip(written, found, strict=True)]
    shares = [float(f["batch_seconds"]) / int(f["at_once"]) for f in found if "batch_seconds" in f]
    busy = sum(shares, start=0.0) if len(shares) == len(found) else 0.0
    return Speed(
        device,
        len(found),
        statistics.median(latencies),
        latencies[-(-95 * len(latencies) // 100) - 1],
        statistics.median(rates),
        sum(written) / busy if busy else None,
        max((int(f["at_once"]) for f in found if "at_once" in f), default=None),
        next((int(f["parameters"]) for f in found if f.get("parameters")), None),
        sum("tokens_are" in f for f in found),
    )
