"""How long the figures of a whole table take, and whether a peer gives the same ones.

    python -m tests.bench.statistics_table

Six systems over seven benchmarks of the paper's sizes, answers made here, 78 items of one standing in another too. The
peers are scipy, and statsmodels where it is installed: Wilson's intervals, McNemar's p and Holm's of the same answers.
"""

import importlib.util
import random
import time
from collections.abc import Callable
from typing import Any

import typer
from scipy.stats import binomtest

from evaluator.statistics import Answered, Table, table

SIZES = {
    "anatomy": 135,
    "medical-genetics": 100,
    "college-medicine": 173,
    "clinical-knowledge": 265,
    "professional-medicine": 272,
    "college-biology": 144,
    "exam": 168,
}
SHARES = (0.49, 0.47, 0.45, 0.26, 0.20, 0.31)
REPEATED = 78
SAME = 1e-9


def made() -> list[Answered]:
    """Answers in which systems agree as much as two of one family do; repeats are answered alike."""
    draw = random.Random(1)
    found = []
    for name, size in SIZES.items():
        ids = [f"{n:04}" for n in range(size)]
        hardness = {item: draw.random() for item in ids}
        right = {
            f"system {n}": {item: (hardness[item] + draw.random()) / 2 < share for item in ids}
            for n, share in enumerate(SHARES)
        }
        keys = {item: draw.choice("ABCD") for item in ids}
        options = {item: ["الف" * draw.randint(1, 9) for _ in range(4)] for item in ids}
        found.append(Answered(name, right, {}, keys, options, 0.36 if name == "exam" else None))
    return [_repeating(b, found) if b.benchmark == "college-medicine" else b for b in found]


def _repeating(benchmark: Answered, others: list[Answered]) -> Answered:
    """The same, its first items being those of clinical knowledge."""
    source = next(b for b in others if b.benchmark == "clinical-knowledge")
    repeated = [f"{n:04}" for n in range(REPEATED)]
    right = {s: {**answers, **{i: source.right[s][i] for i in repeated}} for s, answers in benchmark.right.items()}
    groups = {item: (source.benchmark, item) for item in repeated}
    return Answered(benchmark.benchmark, right, groups, benchmark.keys, benchmark.options)


def scipys(found: Table) -> dict[str, float]:
    """The largest difference of each figure from scipy's."""
    wilson, mcnemar = 0.0, 0.0
    for score in (s for s in found.scores if s.found.method == "Wilson"):
        low, high = binomtest(int(score.right), score.found.items).proportion_ci(method="wilson")
        wilson = max(wilson, abs(low - score.found.low), abs(high - score.found.high))
    for one in (c.found for c in found.pairs):
        lost, won = one.only_first or 0, one.only_second or 0
        expected = binomtest(lost, lost + won).pvalue if lost + won else 1.0
        mcnemar = max(mcnemar, abs(expected - (one.p or 0)))
    return {"Wilson": wilson, "McNemar": mcnemar}


def statsmodels(found: Table) -> dict[str, float]:
    """The same from statsmodels, and Holm's of the whole table."""
    contingency: Any = importlib.import_module("statsmodels.stats.contingency_tables")
    multitest: Any = importlib.import_module("statsmodels.stats.multitest")
    proportion: Any = importlib.import_module("statsmodels.stats.proportion")
    wilson, mcnemar = 0.0, 0.0
    for score in (s for s in found.scores if s.found.method == "Wilson"):
        low, high = proportion.proportion_confint(int(score.right), score.found.items, method="wilson")
        wilson = max(wilson, abs(low - score.found.low), abs(high - score.found.high))
    for one in (c.found for c in found.pairs):
        cells = [[0, one.only_first or 0], [one.only_second or 0, 0]]
        mcnemar = max(mcnemar, abs(contingency.mcnemar(cells, exact=True).pvalue - (one.p or 0)))
    adjusted = multitest.multipletests([c.found.p for c in found.pairs], method="holm")[1]
    holm = max(abs(a - (c.holm_table or 0)) for a, c in zip(adjusted, found.pairs, strict=True))
    return {"Wilson": wilson, "McNemar": mcnemar, "Holm": float(holm)}


def timed(what: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, and the seconds it took by the wall and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    return what(), time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Print the seconds and the differences."""
    benchmarks = made()
    found, wall, cpu = timed(lambda: table(benchmarks))
    figures = len(found.scores) + len(found.means) + len(found.pairs) + len(found.overall)
    figures += len(found.rules) + len(found.against)
    typer.echo(f"table of {len(found.systems)} systems, {len(benchmarks)} benchmarks, {sum(SIZES.values())} items:")
    typer.echo(f"  {wall:.2f} s, {cpu:.2f} s of processor time, {figures} estimates and comparisons")
    typer.echo(f"  again the same: {table(benchmarks) == found}")
    peers = {"scipy": scipys} | ({"statsmodels": statsmodels} if importlib.util.find_spec("statsmodels") else {})
    for name, peer in peers.items():
        differences, wall, cpu = timed(lambda peer=peer: peer(found))  # type: ignore[misc]
        told = ", ".join(f"{figure} {difference:.1e}" for figure, difference in differences.items())
        same = all(difference < SAME for difference in differences.values())
        verdict = "the same" if same else "OTHERS"
        typer.echo(f"  {name:12} {cpu:.2f} s for these alone; at most apart: {told}: {verdict}")


if __name__ == "__main__":
    typer.run(main)
