"""Fitting the speciality classifier: a correction by words to what the seed words say.

Log-odds = SLOPE × shares of the seeds + the text's words × table + bias. Where labels are few the seeds decide, and a
speciality that no label names is still found by its words.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cleaning.medical import seeds
from cleaning.medical.ngrams import Columns, Float, Int64, columns, sums

BITS = 16
PENALTY = 3e-5
"""Of .001 to .00003 the best by cross-validation on 392 pairs with a site-given speciality."""
STEPS = 60
FEWEST_TEXTS = 2
"""A word of a single text tells nothing of the next."""
TEMPERATURES = tuple(round(0.5 * 1.1**n, 4) for n in range(25))
"""From .5 to 4.9."""


class Fitted(NamedTuple):
    """The correction: a row of log-odds for each of these columns, one for all texts, and what all are divided by."""

    column: Int64
    table: Float
    bias: Float
    temperature: float = 1.0

    def wide(self) -> Float:
        """The table with a row for every column."""
        made = np.zeros((1 << BITS, self.table.shape[1]))
        made[self.column] = self.table
        return made


class Texts(NamedTuple):
    """Texts as they are fitted: their columns, and the log-odds by seeds (texts, specialities)."""

    words: Any  # a scipy.sparse.csr_matrix
    offset: Float

    def of(self, which: Float | Int64) -> "Texts":
        """Some of them."""
        return Texts(self.words[which], self.offset[which])


def texts(pairs: Sequence[tuple[str, str]]) -> Texts:
    """Folded questions and answers as they are fitted."""
    from scipy.sparse import csr_matrix  # here, for whoever only cleans has no need of it

    found = hashed(pairs)
    count = np.diff(found.start)
    values = np.repeat(1 / np.sqrt(np.maximum(count, 1)), count)
    made = csr_matrix((values, found.column, found.start), shape=(len(pairs), 1 << BITS))
    made.sum_duplicates()
    return Texts(made, seeds.SLOPE * seeds.shares(pairs))


def hashed(pairs: Sequence[tuple[str, str]]) -> Columns:
    """The columns of folded questions and answers."""
    return columns([f"{question} {answer}" for question, answer in pairs], bits=BITS)


def fit(given: Texts, label: Int64) -> Fitted:
    """The correction that makes the labels likeliest, held near nothing by an L2 penalty.

    `label` holds the places of specialities, one a text.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    classes = given.offset.shape[1]
    column = np.flatnonzero(np.bincount(given.words.indices, minlength=1 << BITS) >= FEWEST_TEXTS)
    words = given.words[:, column].tocsr()
    turned, truth, rows = words.T.tocsr(), np.eye(classes)[label], np.arange(len(label))

    def loss(flat: Float) -> tuple[float, Float]:
        table, bias = flat[:-classes].reshape(-1, classes), flat[-classes:]
        p = seeds.softmax(given.offset + words @ table + bias)
        wrong = (p - truth) / len(label)
        value = -np.log(np.maximum(p[rows, label], 1e-300)).mean() + PENALTY / 2 * (flat @ flat)
        return value, np.concatenate([(turned @ wrong).ravel(), wrong.sum(axis=0)]) + PENALTY * flat

    start = np.zeros((len(column) + 1) * classes)
    with threadpool_limits(1):  # several threads wait for one another on vectors this short, and add in any order
        flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    flat = flat.astype(np.float32).astype(np.float64)  # as it is stored
    return Fitted(column, flat[:-classes].reshape(-1, classes), flat[-classes:])


def log_odds(fitted: Fitted, given: Texts) -> Float:
    """Before the temperature: (texts, specialities)."""
    odds: Float = given.offset + given.words[:, fitted.column] @ fitted.table + fitted.bias
    return odds


def temperature(odds: Float, label: Int64) -> float:
    """What held-out log-odds are divided by so that their labels are likeliest."""
    rows = np.arange(len(label))
    losses = [-np.log(seeds.softmax(odds / t)[rows, label] + 1e-12).mean() for t in TEMPERATURES]
    return TEMPERATURES[int(np.argmin(losses))]


def probabilities(fitted: Fitted, wide: Float, pairs: Sequence[tuple[str, str]]) -> Float:
    """How likely each speciality is for folded pairs, without scipy; `wide` is the fitted table's `wide()`."""
    odds = seeds.SLOPE * seeds.shares(pairs) + sums(wide, hashed(pairs)) + fitted.bias
    return seeds.softmax(odds / fitted.temperature)
