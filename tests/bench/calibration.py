"""How often each interval holds the truth, and how often each test finds what is there or not there.

    python -m tests.bench.calibration --trials 2000

Answers are drawn from models whose true figures are known. "repeats" are benchmarks in which two items of five stand
twice and are answered alike nine times of ten, "ignored" is what the same answers give where nobody looked for repeats.
Wilson's interval and McNemar's test are computed exactly, over all outcomes; everything else is drawn from one seed.
The standard error of a share near .95 is .005 with 2,000 trials.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Annotated

import numpy as np
import typer

from evaluator.judge.outcomes import Judged, Outcome
from evaluator.judge.winrates import Rate, won
from evaluator.statistics import (
    bootstrap_ratio,
    clopper_pearson,
    differences,
    estimate,
    holm,
    mcnemar,
    means,
    minimum_detectable_difference,
    paired,
    pass_mark,
    weighted,
    wilson,
)

SEED = 7
LEVEL = 0.05
ALIKE = 0.9  # of answers to the same question; a deterministic model gives 1, another order of options less
REPEATED = 0.4


@dataclass(frozen=True)
class Row:
    """One line: `share` of the trials in which the interval held the truth, or in which the test found something."""

    kind: str
    what: str
    share: float
    aim: str


@dataclass(frozen=True)
class Items:
    """A benchmark's groups, and for each item whether it is answered as its group is."""

    labels: list[int]

    def answers(self, random: np.random.Generator, chances: list[float]) -> list[list[bool]]:
        """Answers of one or two models whose joint chances of (right, right), (right, wrong), ... are given."""
        groups = len(set(self.labels))
        of_group = random.choice(len(chances), size=groups, p=chances)
        own = random.choice(len(chances), size=len(self.labels), p=chances)
        alike = random.random(len(self.labels)) < ALIKE
        kinds = np.where(alike, of_group[self.labels], own)
        models = 1 if len(chances) == 2 else 2
        return [[bool(kind >> (models - 1 - m) & 1 == 0) for kind in kinds] for m in range(models)]


def items(count: int, repeated: float = REPEATED) -> Items:
    """So many items of which a part stands twice."""
    twice = round(count * repeated / 2)
    return Items([*range(count - twice), *range(twice)])


def exact_coverage(interval: Callable[[int, int], tuple[float, float]], count: int, share: float) -> float:
    """The chance that the interval of a share holds it, over all numbers of right answers."""
    held = [right for right in range(count + 1) if interval(right, count)[0] <= share <= interval(right, count)[1]]
    return math.fsum(math.comb(count, r) * share**r * (1 - share) ** (count - r) for r in held)


def rate_coverage(count: int, won: float, tied: float) -> float:
    """The chance that the interval of a win rate holds it, over all outcomes of so many pairs."""
    held, truth, chances = 0.0, won + tied / 2, (won, tied, 1 - won - tied)
    for wins in range(count + 1):
        for ties in range(count + 1 - wins):
            counts = (wins, ties, count - wins - ties)
            drawn = math.factorial(count) / math.prod(map(math.factorial, counts))
            drawn *= math.prod(chance**times for chance, times in zip(chances, counts, strict=True))
            if drawn > 1e-12 and (rate := won_of(*counts)) and rate.low - 1e-9 <= truth <= rate.high + 1e-9:
                held += drawn
    return held


@cache
def won_of(wins: int, ties: int, losses: int) -> Rate | None:
    """The win rate of so many pairs."""
    outcomes: list[Outcome] = ["won"] * wins + ["tied"] * ties + ["lost"] * losses
    return won([Judged(str(n), "-", outcome, 0) for n, outcome in enumerate(outcomes)])


def mean_coverage(interval: Callable[[int, int], tuple[float, float]], count: int) -> float:
    """The same, averaged over the shares from .05 to .95 (where it swings by what falls just in or out)."""
    shares = np.linspace(0.05, 0.95, 181)
    bounds = np.array([interval(right, count) for right in range(count + 1)])
    held = (bounds[:, :1] <= shares) & (shares <= bounds[:, 1:])
    logs = [math.lgamma(count + 1) - math.lgamma(r + 1) - math.lgamma(count - r + 1) for r in range(count + 1)]
    right = np.arange(count + 1)[:, None]
    chances = np.exp(np.array(logs)[:, None] + right * np.log(shares) + (count - right) * np.log1p(-shares))
    return float((held * chances).sum(axis=0).mean())


def mcnemar_rate(count: int, share: float, difference: float) -> float:
    """How often the test finds a difference, over all outcomes: its size where there is none, else its power."""
    found, first = 0.0, (share - difference) / 2 / share
    for discordant in range(count + 1):
        drawn = math.comb(count, discordant) * share**discordant * (1 - share) ** (count - discordant)
        if drawn < 1e-12:
            continue
        for lost in range(discordant + 1):
            if mcnemar(lost, discordant - lost) >= LEVEL:
                break
            won = discordant - lost
            found += drawn * math.comb(discordant, lost) * first**lost * (1 - first) ** won
            found += drawn * math.comb(discordant, lost) * first**won * (1 - first) ** lost
    return found


def covered(trials: int, truth: float, bounds: Callable[[np.random.Generator], tuple[float, float]]) -> float:
    """The share of trials whose bounds hold the truth."""
    random = np.random.default_rng(SEED)
    return sum(low <= truth <= high for low, high in (bounds(random) for _ in range(trials))) / trials


def found(trials: int, p: Callable[[np.random.Generator], float]) -> float:
    """The share of trials whose p lies under the level."""
    random = np.random.default_rng(SEED)
    return sum(p(random) < LEVEL for _ in range(trials)) / trials


def joint(right: float, discordant: float, difference: float) -> list[float]:
    """Chances that both are right, only the first, only the second, neither; the second is better by `difference`."""
    only_first, only_second = (discordant - difference) / 2, (discordant + difference) / 2
    return [right - only_first, only_first, only_second, 1 - right - only_second]


def share_bounds(
    benchmark: Items, share: float, seen: bool = True
) -> Callable[[np.random.Generator], tuple[float, float]]:
    """The interval of one model's share; with `seen` its repeats are known."""

    def bounds(random: np.random.Generator) -> tuple[float, float]:
        (right,) = benchmark.answers(random, [share, 1 - share])
        one = estimate(right, benchmark.labels if seen else None)
        return one.low, one.high

    return bounds


def paired_bounds(
    benchmark: Items, chances: list[float], seen: bool = True
) -> Callable[[np.random.Generator], tuple[float, float]]:
    """The interval of the difference of two models."""

    def bounds(random: np.random.Generator) -> tuple[float, float]:
        first, second = benchmark.answers(random, chances)
        one = paired("accuracy", first, second, benchmark.labels if seen else None)
        return one.low, one.high

    return bounds


def paired_p(benchmark: Items, chances: list[float], seen: bool = True) -> Callable[[np.random.Generator], float]:
    """The p of two models."""

    def p(random: np.random.Generator) -> float:
        first, second = benchmark.answers(random, chances)
        return paired("accuracy", first, second, benchmark.labels if seen else None).p or 0.0

    return p


def bits_bounds(count: int) -> Callable[[np.random.Generator], tuple[float, float]]:
    """The interval of bits per byte: texts of very different lengths, long ones a little easier; the truth is 1.5."""

    def bounds(random: np.random.Generator) -> tuple[float, float]:
        sizes = np.exp(random.normal(5.5, 0.8, count))
        bits = sizes * random.gamma(20, 1.5 / 20, count)
        _, low, high = bootstrap_ratio(bits.tolist(), sizes.tolist())
        return low, high

    return bounds


@dataclass(frozen=True)
class Statements:
    """Answers with 1 to 8 statements each; `alike` is how much of whether one is held is the answer's own: 0 to 1."""

    answers: int
    share: float
    alike: float
    by_answer: bool = True

    def bounds(self, random: np.random.Generator) -> tuple[float, float]:
        """The interval of the share that is held, each answer counting the same, or each statement."""
        right, weights, labels = self._drawn(random)
        return weighted(right, weights, labels)[1:]

    def percentiles(self, random: np.random.Generator) -> tuple[float, float]:
        """The same answers, resampled."""
        right, weights, labels = self._drawn(random)
        return bootstrap_ratio([r * w for r, w in zip(right, weights, strict=True)], weights, labels)[1:]

    def _drawn(self, random: np.random.Generator) -> tuple[list[bool], list[float], list[int]]:
        sizes = random.integers(1, 9, self.answers)
        labels = np.repeat(np.arange(self.answers), sizes)
        own = np.full(self.answers, self.share)
        if self.alike:
            spread = 1 / min(self.alike, 0.999) - 1
            own = random.beta(self.share * spread, (1 - self.share) * spread, self.answers)
        right = random.random(len(labels)) < own[labels]
        weights = 1 / sizes[labels] if self.by_answer else np.ones(len(labels))
        return right.tolist(), weights.tolist(), labels.tolist()


RATES = ((0.5, 0.0), (0.7, 0.1), (0.95, 0.0), (0.95, 0.03), (0.97, 0.0), (0.99, 0.0), (0.02, 0.96), (0.1, 0.9))
"""Chances of a win and of a tie."""
SHARES = {"anatomy": (135, 0.48), "genetics": (100, 0.53), "medicine": (173, 0.44), "biology": (144, 0.47)}


def macro_bounds(kind: str, difference: float | None = None) -> Callable[[np.random.Generator], tuple[float, float]]:
    """The interval of a mean over four benchmarks, or of the difference of two models' means."""

    def bounds(random: np.random.Generator) -> tuple[float, float]:
        one: dict[str, list[bool]] = {}
        other: dict[str, list[bool]] = {}
        for name, (count, share) in SHARES.items():
            chances = joint(share, 0.2, difference or 0.0)
            one[name], other[name] = items(count, 0.0).answers(random, chances)
        mean = means(one)[kind] if difference is None else differences(one, other)[kind]
        return mean.low, mean.high

    return bounds


def family_error(random: np.random.Generator, corrected: bool) -> float:
    """The smallest p of seven comparisons of models that are equally good."""
    ps = [paired_p(items(135, 0.0), joint(0.45, 0.15, 0.0))(random) for _ in range(7)]
    return min(holm(ps) if corrected else ps)


def passed(trials: int, low: float, high: float) -> float:
    """Of exams drawn at random whose probability of passing is told between two values, how many were passed."""
    random = np.random.default_rng(SEED)
    told: list[bool] = []
    while len(told) < trials:
        share = random.beta(0.5, 0.5)
        probability = pass_mark(int(random.binomial(168, share)), 168, 0.36).probability
        if low <= probability < high:
            told.append(share >= 0.36)
    return sum(told) / len(told)


def intervals(trials: int) -> Iterator[Row]:
    """Coverage of every interval; each aims at .95."""
    for count in (96, 135, 168, 272):
        yield Row("Wilson (exact)", f"{count} items, mean over shares .05 to .95", mean_coverage(wilson, count), ".95")
    yield Row("Wilson (exact)", "168 items, true share .36", exact_coverage(wilson, 168, 0.36), ".95")
    yield Row("Clopper-Pearson (exact)", "168 items, mean", mean_coverage(clopper_pearson, 168), "≥ .95")
    for count in (50, 135, 500):
        yield Row(
            "bootstrap of a ratio", f"bits per byte of {count} texts", covered(trials, 1.5, bits_bounds(count)), ".95"
        )
    for count in (100, 173, 400):
        for seen in (True, False):
            name = "bootstrap by group" if seen else "ignored: Wilson"
            share = covered(trials, 0.45, share_bounds(items(count), 0.45, seen))
            yield Row(name, f"share .45, {count} items with repeats", share, ".95")
    for count, discordant, difference in ((20, 0.1, 0.0), (50, 0.05, 0.02), (135, 0.15, 0.07), (272, 0.3, 0.0)):
        held = covered(trials, difference, paired_bounds(items(count, 0.0), joint(0.45, discordant, difference)))
        yield Row(
            "paired difference (Tango)", f"{count} items, {discordant:.0%} discordant, {difference:+.2f}", held, ".95"
        )
    for count, discordant, difference in ((100, 0.15, 0.05), (173, 0.15, 0.0), (400, 0.2, 0.05)):
        for seen in (True, False):
            held = covered(trials, difference, paired_bounds(items(count), joint(0.45, discordant, difference), seen))
            name = "paired difference by group" if seen else "ignored: Tango"
            yield Row(name, f"{count} items with repeats, {discordant:.0%} discordant, {difference:+.2f}", held, ".95")
    total = sum(count for count, _ in SHARES.values())
    micro = sum(count * share for count, share in SHARES.values()) / total
    macro = sum(share for _, share in SHARES.values()) / len(SHARES)
    yield Row("micro mean", "four benchmarks", covered(trials, micro, macro_bounds("micro")), ".95")
    yield Row("macro mean", "four benchmarks", covered(trials, macro, macro_bounds("macro")), ".95")
    yield Row("macro difference", "four benchmarks, +.05", covered(trials, 0.05, macro_bounds("macro", 0.05)), ".95")


def verdicts(trials: int) -> Iterator[Row]:
    """Coverage of the intervals of a judge's verdicts; each aims at .95, percentiles stand beside them."""
    for count in (5, 10, 30, 60):
        for share, ties in RATES:
            held = rate_coverage(count, share, ties)
            yield Row("win rate (exact)", f"{count} pairs, {share:.0%} won, {ties:.0%} tied", held, ".95")
    for answers, share, alike in product((3, 10, 30), (0.5, 0.9, 0.97, 0.995), (0.0, 0.3, 0.8, 1.0)):
        for by_answer in (True, False):
            one = Statements(answers, share, alike, by_answer)
            what = f"{answers} answers, share {share}, alike {alike}, {'recall' if by_answer else 'sum'}"
            yield Row("share of statements", what, covered(trials, share, one.bounds), ".95")
    for answers in (3, 10, 30):
        one = Statements(answers, 0.995, 0.3)
        held = covered(trials, 0.995, one.percentiles)
        yield Row("percentiles of statements", f"{answers} answers, share .995, alike .3", held, ".95")


def tests(trials: int) -> Iterator[Row]:
    """How often a test finds something: at most .05 where there is nothing, .80 at the detectable difference."""
    for count, discordant in ((96, 0.3), (135, 0.15), (272, 0.15)):
        what = f"{count} items, {discordant:.0%} discordant"
        yield Row("McNemar (exact), size", what, mcnemar_rate(count, discordant, 0.0), "≤ .05")
        detectable = minimum_detectable_difference(count, count * discordant)
        power = mcnemar_rate(count, discordant, detectable)
        yield Row("McNemar (exact), power", f"{what}, at the detectable {detectable:.3f}", power, ".80")
    for count in (100, 173, 400):
        for seen in (True, False):
            size = found(trials, paired_p(items(count), joint(0.45, 0.2, 0.0), seen))
            name = "sign flip by group, size" if seen else "ignored: McNemar, size"
            yield Row(name, f"{count} items with repeats", size, "≤ .05")
    power = found(trials, paired_p(items(400), joint(0.45, 0.2, 0.08)))
    yield Row("sign flip by group, power", "400 items with repeats, +.08", power, "-")
    for corrected in (True, False):
        name = "Holm over seven" if corrected else "seven uncorrected"
        error = found(trials, lambda random, c=corrected: family_error(random, c))  # type: ignore[misc]
        yield Row(name, "any found where there is nothing", error, "≤ .05")
    for low, high in ((0.2, 0.4), (0.45, 0.55), (0.7, 0.85)):
        yield Row("passed an exam", f"where told {low} to {high}", passed(trials, low, high), f"{(low + high) / 2:.2f}")


def thresholds(trials: int) -> Iterator[Row]:
    """Percentiles where little can be resampled, which is never done: see FEW_CLUSTERS and FEW_EVENTS."""
    for groups in (10, 20, 30, 60):
        held = covered(trials, 0.5, _percentiles(Items([*range(groups)] * 2), [0.5, 0.5]))
        yield Row("percentiles of a share", f"{groups} groups of two, share .5", held, ".95")
    for events in (3, 5, 10, 20):
        chances = [events / 200, 1 - events / 200]
        held = covered(trials, events / 200, _percentiles(Items([*range(200)] * 2), chances))
        yield Row("percentiles of a share", f"200 groups of two, about {events} right", held, ".95")
    for groups, discordant in ((20, 1), (50, 3), (135, 7), (135, 10), (135, 20)):
        share = discordant / groups
        held = covered(trials, share / 2.5, _percentiles(Items([*range(groups)] * 2), joint(0.45, share, share / 2.5)))
        yield Row("percentiles of a difference", f"{groups} groups of two, about {discordant} discordant", held, ".95")


def _percentiles(benchmark: Items, chances: list[float]) -> Callable[[np.random.Generator], tuple[float, float]]:
    def bounds(random: np.random.Generator) -> tuple[float, float]:
        models = benchmark.answers(random, chances)
        values = [float(answers[-1]) - (len(answers) > 1 and answers[0]) for answers in zip(*models, strict=True)]
        _, low, high = bootstrap_ratio(values, [1.0] * len(values), benchmark.labels)
        return low, high

    return bounds


def main(trials: Annotated[int, typer.Option(help="Draws for each line that is not exact.")] = 2000) -> None:
    """Print every line."""
    started = time.process_time()
    for part in (intervals, verdicts, tests, thresholds):
        typer.echo(f"\n{part.__doc__}")
        for row in part(trials):
            typer.echo(f"{row.kind:28} {row.what:58} {row.share:6.3f}   aims at {row.aim}")
    typer.echo(f"\n{time.process_time() - started:.0f} s of processor time, {trials} trials a line")


if __name__ == "__main__":
    typer.run(main)
