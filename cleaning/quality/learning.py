"""Training the quality score on decisions, with what it is worth measured on decisions it had not seen.

Decisions are put in one order, cut in FOLDS with repeated answers on one side, and scored by a model of the other
folds. These held-out scores choose the penalty, make Platt's line, and give AUC, Brier, calibration error and the
certainties at both ends; the line that a fold is judged by comes from the other folds. The model kept is fitted on all.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from cleaning.medical.ngrams import Columns, Float, Int64
from cleaning.quality.features import BITS, NUMBERS, Features, Item, features, figure_names, groups
from cleaning.quality.model import SEEN, Ladder, Model, sigmoid
from storage.errors import UsageError

CODE_VERSION = 1
"""Raise it when the same decisions would make another model than before."""
MINIMUM = 50
"""Decisions of each kind. With so many the standard error of an AUC of .8 is .044 (Hanley and McNeil 1982)."""
FOLDS = 5
PENALTIES = (0.1, 1.0, 10.0)
"""C of the logistic regression; the likeliest on held-out decisions is taken."""
EVIDENCE = 60
"""Held-out decisions beyond a score before it is said to be certain: none wrong of 60 bounds the share by .05."""
CONFIDENCE = 0.95
CERTAINTIES = (0.8, 0.9, 0.95, 0.98)
BINS = 10
"""Of equally many decisions, for the calibration error."""


class Decided(NamedTuple):
    """A record and what a person decided; `id` only orders."""

    id: str
    item: Item
    approved: bool


@dataclass(frozen=True)
class Trained:
    """A model, the hash of what it was trained on and by, and what it was measured to do."""

    model: Model
    version: str
    metrics: dict[str, Any]


def train(decided: Sequence[Decided]) -> Trained:
    """A model of the decisions, in whatever order they come.

    Raises UsageError with the counts where there are fewer than MINIMUM approvals or rejections.
    """
    decided = sorted(decided, key=lambda one: one.id)
    label = labels(decided)
    if min(approved := int(label.sum()), rejected := len(label) - int(label.sum())) < MINIMUM:
        raise UsageError(
            f"a quality score needs {MINIMUM} approvals and {MINIMUM} rejections to learn from; "
            f"there are {approved} and {rejected}: review more"
        )
    items = [one.item for one in decided]
    fold = folds(groups(items), label)
    names = figure_names(items)
    given = features(items, names)
    held = {penalty: _held_out(given, label, fold, penalty) for penalty in PENALTIES}
    penalty = min(PENALTIES, key=lambda one: _loss(held[one], label))
    p = _calibrated(held[penalty], label, fold)
    slope, shift = platt(held[penalty], label)
    low, high = ladder(p, label == 1), ladder(1 - p, label == 0)
    model = replace(fit(given, label, names, penalty), slope=slope, shift=shift, low=low, high=high)
    metrics: dict[str, Any] = {
        "decisions": len(label),
        "approved": approved,
        "rejected": rejected,
        "penalty": penalty,
        "folds": FOLDS,
    }
    metrics |= {"dropped_at": reach(low, p), "passed_at": reach(high, 1 - p)}
    return Trained(model, version(decided), metrics | measures(p, label))


def labels(decided: Sequence[Decided]) -> Int64:
    """1 where a person approved, 0 where not."""
    return np.array([one.approved for one in decided], dtype=np.int64)


def version(decided: Sequence[Decided]) -> str:
    """The sha256 of the decisions with their texts and figures, and of the code's version."""
    digest = hashlib.sha256(f"quality {CODE_VERSION}".encode())
    for one in sorted(decided, key=lambda one: one.id):
        figures = json.dumps(one.item.figures, sort_keys=True, default=repr)
        said = (one.id, one.item.question, one.item.answer, figures, one.approved)
        digest.update(repr(said).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def fit(given: Features, label: Int64, figures: Sequence[str], penalty: float) -> Model:
    """One logistic regression on all that is given; its line is the identity and its ladders are empty."""
    numbers = given.numbers
    known = ~np.isnan(numbers)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, numbers, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, numbers - mean, 0) ** 2).sum(axis=0) / count)
    words = _matrix(given.words)
    seen = np.minimum(np.asarray((words > 0).sum(axis=0)).ravel(), SEEN).astype(np.float64)
    nothing = Ladder(np.zeros(0), np.zeros(0))
    blank = Model(tuple(figures), mean, np.where(spread > 0, spread, 1), np.zeros(len(mean)), np.zeros(1 << BITS),
                  0.0, 1.0, 0.0, seen, nothing, nothing)  # fmt: skip
    column = np.flatnonzero(seen)
    table = hstack([csr_matrix(blank.standard(numbers)), words[:, column]]).tocsr()
    with threadpool_limits(1):  # several threads wait for one another on vectors this short, and add in any order
        fitted = LogisticRegression(C=penalty, max_iter=500, tol=1e-5).fit(table, label)
    weights, rest = np.split(fitted.coef_[0].astype(np.float32).astype(np.float64), [len(mean)])
    wide = np.zeros(1 << BITS)
    wide[column] = rest
    return replace(blank, weights=weights, table=wide, bias=float(fitted.intercept_[0]))


def folds(group: Sequence[str], label: Int64) -> Int64:
    """A fold for each decision: groups whole, both kinds spread evenly, by the groups' hashes alone."""
    kinds: dict[str, list[int]] = {}
    for name, one in zip(group, label, strict=True):
        kinds.setdefault(name, []).append(int(one))
    order = sorted(kinds, key=lambda name: (round(sum(kinds[name]) / len(kinds[name])), _hash(name)))
    of = {name: place % FOLDS for place, name in enumerate(order)}
    return np.array([of[name] for name in group], dtype=np.int64)


def platt(score: Float, label: Int64) -> tuple[float, float]:
    """Slope and shift that make probabilities of scores, with Platt's smoothed targets (1999)."""
    good = int(label.sum())
    bad = len(label) - good
    target = np.where(label == 1, (good + 1) / (good + 2), 1 / (bad + 2))
    twice = np.concatenate([score, score]).reshape(-1, 1)
    sides = np.repeat([1, 0], len(score))
    line = LogisticRegression(C=1e6, max_iter=500).fit(twice, sides, np.concatenate([target, 1 - target]))
    return max(float(line.coef_[0, 0]), 0.0), float(line.intercept_[0])


def measures(p: Float, label: Int64) -> dict[str, float]:
    """AUC, Brier score and calibration error of held-out probabilities."""
    parts = np.array_split(np.argsort(p, kind="stable"), BINS)
    gaps = [abs(p[part].mean() - label[part].mean()) * len(part) for part in parts if len(part)]
    found = {"auc": roc_auc_score(label, p), "brier": ((p - label) ** 2).mean(), "ece": sum(gaps) / len(p)}
    return {name: round(float(value), 4) for name, value in found.items()}


def ladder(score: Float, wrong: Float) -> Ladder:
    """From held-out scores, surest first, and whether acting on each would be wrong: the bounds of the share wrong.

    Steps hold EVIDENCE decisions, twice as many, and so on. Each has its Clopper-Pearson bound, all of them holding
    together with CONFIDENCE (Bonferroni), so that the widest step whose bound will do may be taken.
    """
    order = np.argsort(score, kind="stable")
    score, errors = score[order], np.cumsum(wrong[order])
    sizes = EVIDENCE * 2 ** np.arange(max(len(score) // EVIDENCE, 1).bit_length())
    sizes = sizes[sizes <= len(score)]
    count = np.searchsorted(score, score[sizes - 1], side="right")  # equal scores go together
    miss = errors[count - 1]
    share = 1 - (1 - CONFIDENCE) / max(len(count), 1)
    bound = np.where(miss < count, beta.ppf(share, miss + 1, np.maximum(count - miss, 1)), 1.0)
    return Ladder(score[count - 1], np.minimum.accumulate(bound[::-1])[::-1])


def reach(found: Ladder, score: Float) -> dict[str, float]:
    """The share of held-out decisions that a step at each certainty would have taken."""
    certain = found.certainty(score)
    return {str(at): round(float((certain >= at).mean()), 4) for at in CERTAINTIES}


def _held_out(given: Features, label: Int64, fold: Int64, penalty: float) -> Float:
    score = np.zeros(len(label))
    for out in range(FOLDS):
        inside, outside = np.flatnonzero(fold != out), np.flatnonzero(fold == out)
        figures = ("",) * (given.numbers.shape[1] - len(NUMBERS))
        score[outside] = fit(_of(given, inside), label[inside], figures, penalty).raw(_of(given, outside))
    return score


def _calibrated(score: Float, label: Int64, fold: Int64) -> Float:
    p = np.zeros(len(label))
    for out in range(FOLDS):
        slope, shift = platt(score[fold != out], label[fold != out])
        p[fold == out] = sigmoid(slope * score[fold == out] + shift)
    return p


def _loss(score: Float, label: Int64) -> float:
    slope, shift = platt(score, label)
    p = np.clip(sigmoid(slope * score + shift), 1e-9, 1 - 1e-9)
    return round(float(-np.log(np.where(label == 1, p, 1 - p)).mean()), 6)


def _matrix(words: Columns) -> csr_matrix:
    count = np.diff(words.start)
    values = np.repeat(1 / np.sqrt(np.maximum(count, 1)), count)
    made = csr_matrix((values, words.column, words.start), shape=(len(count), 1 << BITS))
    made.sum_duplicates()
    return made


def _of(given: Features, which: Int64) -> Features:
    count = np.diff(given.words.start)[which]
    start = np.concatenate([[0], np.cumsum(count)])
    place = np.repeat(given.words.start[which] - start[:-1], count) + np.arange(start[-1])
    return Features(given.numbers[which], Columns(given.words.column[place], start))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()
