"""How the normaliser's cost grows on hostile input: python -m tests.bench.normaliser_growth

Each hostile piece of the tests, and each pair of two of them in turn and in two blocks, is spelt at one length and at
twice of it. Printed are those that grow most: 2 is linear, 4 goes with the square.
"""

import itertools
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from cleaning.recipe import load
from tests.cleaning.test_normaliser import HOSTILE, IN_TURN

LENGTH = 20_000
SHORTEST_SECONDS = 0.02
"""What takes less at LENGTH says nothing about growth, and cannot have grown with the square."""
SHOWN = 12

spell = load("default").respell


def hostile(length: int) -> Iterator[tuple[str, str]]:
    """A name and a text of about that length."""
    for piece in [*HOSTILE, *map("".join, IN_TURN)]:
        yield ascii(piece), piece * (length // len(piece))
    for first, second in itertools.permutations(HOSTILE, 2):
        yield f"{first + second!a} in turn", (first + second) * (length // len(first + second))
        half = length // 2
        yield f"{first!a}, then {second!a}", first * (half // len(first)) + second * (half // len(second))


def seconds(text: str) -> float:
    began = time.process_time()
    spell(text)
    return time.process_time() - began


def main() -> None:
    """Prints the inputs that grow most."""
    grown, slowest = [], 0.0
    for (name, text), (_, double) in zip(hostile(LENGTH), hostile(2 * LENGTH), strict=True):
        once = seconds(text)
        slowest = max(slowest, once)
        if once >= SHORTEST_SECONDS:
            grown.append((seconds(double) / once, once, name))
    table = Table("input", "CPU seconds", "at twice the length")
    for ratio, once, name in sorted(grown, reverse=True)[:SHOWN]:
        table.add_row(name, f"{once:.3f}", f"x {ratio:.2f}")
    Console().print(table, f"slowest: {slowest:.3f} s for {LENGTH:,} characters; {len(grown)} took long enough to tell")


if __name__ == "__main__":
    main()
