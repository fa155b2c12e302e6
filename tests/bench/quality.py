"""What the medical sense costs and what the quality score is worth, on one core.

    python -m tests.bench.quality [PAIRS]

CPU microseconds a pair for folding, mentions, speciality and score, on the published pairs where they lie beside the
project and on made-up ones elsewhere; then AUC, Brier and calibration error over the number of decisions of simulated
reviewers.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import typer
from threadpoolctl import threadpool_limits

from cleaning.folding import fold
from cleaning.medical.mentions import mentions_all
from cleaning.medical.speciality import Asked, Classifier
from cleaning.quality import learning
from cleaning.quality.features import Item
from tests.cleaning.simulated_reviews import simulate

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "qa" / "drhast_kept.jsonl.gz"


def main(count: int) -> None:
    """Print both tables."""
    with threadpool_limits(1):
        _costs(_pairs(count))
        _worth()


def _pairs(count: int) -> list[tuple[str, str]]:
    if not DATA.is_file():
        return [(one.item.question, one.item.answer) for one in simulate(count, 1).decided]
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [(row["question"], row["answer"]) for row in rows][:count]


def _costs(pairs: list[tuple[str, str]]) -> None:
    letters = sum(len(question) + len(answer) for question, answer in pairs) / len(pairs)
    typer.echo(f"{len(pairs)} pairs of {letters:.0f} characters, CPU microseconds a pair")
    model = learning.train(simulate(600, 2).decided).model
    seeds = Classifier()
    seeds.describe([Asked("", "")])
    mentions_all([("",)])
    _cost("fold", len(pairs), lambda: [fold(f"{question} {answer}") for question, answer in pairs])
    _cost("mentions", len(pairs), lambda: mentions_all(pairs))
    _cost("speciality by seeds", len(pairs), lambda: seeds.describe([Asked(*pair) for pair in pairs]))
    _cost("quality score", len(pairs), lambda: model.score([Item(*pair) for pair in pairs]))


def _cost(name: str, count: int, work: Callable[[], object]) -> None:
    spent = []
    for _ in range(3):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    typer.echo(f"{name:28} {min(spent) / count * 1e6:7.1f}  ({count / min(spent):,.0f}/s)")


def _worth() -> None:
    simulated = simulate(4000, 1)
    unseen = simulated.decided[2000:]
    items, label = [one.item for one in unseen], learning.labels(unseen)
    typer.echo(f"best possible on {len(unseen)} unseen: {learning.measures(simulated.truth[2000:], label)}")
    for count in (200, 500, 1000, 2000):
        begun = time.process_time()
        made = learning.train(simulated.decided[:count])
        seconds = time.process_time() - begun
        typer.echo(
            f"{count:5} decisions  {learning.measures(made.model.score(items).p, label)}  {seconds:.1f} s of CPU"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
