"""What the split by groups costs: pairs doubling, seconds and memory told for each, and whether anything leaks.

    python tests/bench/splits.py --pairs 180000

The pairs are made here: words as rare as a language's, one answer in ten under a greeting of 20 words, one in ten a
copy of an earlier one with a tenth of its words changed. Each size runs in a process of its own, so that its memory is
its own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # for when this is run as a file
from storage.splits import Pair, Rule, divide

VOCABULARY = 60_000
SMALLEST = 10_000
GREETED, COPIED, CHANGED = 0.1, 0.1, 0.1
GREETING = " ".join(f"درود{number}" for number in range(20))


def pairs(count: int) -> Iterator[Pair]:
    """Questions of about 40 words and answers of about 70, as long as the published ones."""
    draw = np.random.default_rng(1)
    vocabulary = np.array([f"{letter}{n}" for n in range(VOCABULARY // 4) for letter in "بپتس"])
    rarity = 1 / np.arange(2.7, len(vocabulary) + 2.7)  # Zipf's law as Mandelbrot put it
    ends = np.cumsum(rarity / rarity.sum())
    kept: list[Any] = []
    for number in range(count):
        question, answer = (
            vocabulary[np.minimum(np.searchsorted(ends, draw.random(size)), len(vocabulary) - 1)]
            for size in (draw.integers(8, 72), draw.integers(20, 120))
        )
        if kept and draw.random() < COPIED:
            answer = kept[draw.integers(len(kept))].copy()
            changed = draw.random(len(answer)) < CHANGED
            answer[changed] = vocabulary[draw.integers(len(vocabulary), size=int(changed.sum()))]
        if len(kept) < 1000:
            kept.append(answer)
        greeting = f"{GREETING} " if draw.random() < GREETED else ""
        yield Pair(uuid.UUID(int=number), "made", " ".join(question), greeting + " ".join(answer))


def measured(count: int, rule: Rule) -> dict[str, Any]:
    """Divide so many pairs; the seconds of making them are taken off."""
    started = time.process_time()
    letters = sum(len(p.question or "") + len(p.answer or "") for p in pairs(count))
    making = time.process_time() - started
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    division = divide(rule, pairs(count))
    seconds = time.process_time() - started - making
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "pairs": count,
        "letters": letters,
        "cpu_seconds": round(seconds, 1),
        "microseconds_a_pair": round(1e6 * seconds / count),
        "peak_mib": round(peak / 1024),
        "mib_above_start": round((peak - before) / 1024),
        "held_out": dict(sorted(Counter(division.held_out.values()).items())),
        "figures": division.figures,
    }


def main(
    most: Annotated[int, typer.Option("--pairs", min=SMALLEST, max=10_000_000, help="The largest size.")] = 180_000,
    rule: Annotated[Rule, typer.Option(help="The rule to time.")] = Rule.GROUPED,
) -> None:
    """Print one JSON object a size. Exit codes: 0 nothing leaks under `grouped`, 1 something does."""
    leaks = 0
    for count in sorted({most, *(SMALLEST << n for n in range(20) if SMALLEST << n < most)}):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(measured, (count, rule))
        rows = found["figures"]["leakage"]
        leaks += sum(n for row in rows for name, n in row.items() if name.startswith(("same", "near", "shared")))
        sys.stdout.write(json.dumps(found | {"load": round(os.getloadavg()[0], 2)}) + "\n")
        sys.stdout.flush()
    raise typer.Exit(1 if leaks and rule is Rule.GROUPED else 0)


if __name__ == "__main__":
    typer.run(main)
