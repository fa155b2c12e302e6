"""Whether the right answers are spread over the letters: if not, a letter alone scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from evaluator.lint.finding import Finding
from evaluator.published import Draft
from evaluator.statistics import constant_letter

ALPHA = 0.01
"""The level of each of both tests: of a hundred sound benchmarks one or two are told of."""
FEWEST = 20


def imbalance(benchmark: str, items: Sequence[Draft]) -> Iterator[Finding]:
    """One letter that is the key too often: chi-squared over all letters, the exact binomial for the most frequent.

    Held against are the items with the usual number of options; the binomial's p is that of the largest of so many
    counts, by Bonferroni's bound.
    """
    from scipy.stats import binom, chisquare

    usual = max(Counter(len(item.options) for item in items).items(), key=lambda counted: counted[1])[0]
    keys = [item.answer for item in items if item.answer and len(item.options) == usual]
    if len(keys) < FEWEST:
        return
    counts = [keys.count(letter) for letter in ascii_uppercase[:usual]]
    overall = float(chisquare(counts).pvalue)
    letter, share = constant_letter(keys)
    right = max(counts)
    exact = min(1.0, usual * float(binom.sf(right - 1, len(keys), 1 / usual)))
    if min(overall, exact) < ALPHA:
        spread = ", ".join(f"{name} {count}" for name, count in zip(ascii_uppercase, counts, strict=False))
        yield Finding(
            benchmark,
            None,
            "key_imbalance",
            "warning",
            f"answering always {letter} scores {share:.1%} ({right} of {len(keys)}), guessing {1 / usual:.1%}: keys "
            f"are {spread}; chi-squared p {_p(overall)}, binomial p of {letter} {_p(exact)}",
        )


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-6 else "< 1e-6"
