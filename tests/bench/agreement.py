"""Agreement of simulated pairs whose true kappa is known: how often the 95 % interval holds it.

    .venv/bin/python tests/bench/agreement.py

Two people judge a document: with probability k both say the same value drawn from the shares, otherwise each draws
alone. Then agreement by chance is the sum of squared shares whatever k is, and kappa, as alpha in the limit, is k by
construction: k + (1 - k) Pe of agreement, less Pe, over 1 - Pe.
"""

from __future__ import annotations

import numpy as np
import typer

from storage.review.agreement import Figure, alpha, kappa

SHARES = {"even": (0.45, 0.40, 0.15), "skewed": (0.80, 0.15, 0.05)}
VALUES = np.array(["approve", "reject", "edit"])


def main(sets: int = 400) -> None:
    """Prints mean, bias and coverage by truth, shares and number of documents."""
    typer.echo("kappa  shares  documents  mean kappa  covered  mean alpha  covered  mean width")
    for truth in (0.4, 0.6, 0.8):
        for name, shares in SHARES.items():
            for documents in (50, 200, 1000):
                _row((truth, name), np.array(shares), documents, sets)


def _row(label: tuple[float, str], shares: np.ndarray, documents: int, sets: int) -> None:
    truth, name = label
    chance = np.random.default_rng([int(truth * 100), documents, len(name)])
    kappas, alphas = [], []
    for _ in range(sets):
        pairs = _pairs(chance, truth, shares, documents)
        kappas.append(kappa(pairs))
        alphas.append(alpha(pairs))
    widths = [figure.high - figure.low for figure in kappas if figure.high is not None and figure.low is not None]
    cells = (f"{_mean(each):10.3f} {_covered(each, truth):8.1%}" for each in (kappas, alphas))
    typer.echo(f"{truth:5.2f}  {name:<6} {documents:10}  {'  '.join(cells)} {np.mean(widths):11.3f}")


def _pairs(chance: np.random.Generator, truth: float, shares: np.ndarray, documents: int) -> list[tuple[str, str]]:
    one, other = (VALUES[chance.choice(len(VALUES), documents, p=shares)] for _ in range(2))
    same = chance.random(documents) < truth
    return [(str(a), str(a if alike else b)) for a, b, alike in zip(one, other, same, strict=True)]


def _mean(figures: list[Figure]) -> float:
    return float(np.mean([figure.value for figure in figures if figure.value is not None]))


def _covered(figures: list[Figure], truth: float) -> float:
    return float(np.mean([f.low is not None and f.high is not None and f.low <= truth <= f.high for f in figures]))


if __name__ == "__main__":
    typer.run(main)
