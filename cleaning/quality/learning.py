"""Training the quality score on decisions, with what it is worth measured on decisions it had not seen.

Decisions are put in one order, cut in FOLDS with repeated answers on one side, and scored by a model of the other
folds, whose penalty and Platt's line are chosen inside those: nothing of a fold is in what judges it. These held-out
probabilities give AUC, Brier, calibration error and the certainties at both ends. The model kept is fitted on all; its
penalty and line come from held-out scores of all, so the figures are those of the way it was made.

The certainties are of the records that the decisions sample: where EVIDENCE decisions are of the queue's random share,
they alone give the certainties, which then hold for the queue; else all give them, which holds for records that people
were shown, and a queue ordered by doubt shows others more rarely. Of records outside the queue neither says anything.
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

CODE_VERSION = 2
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
CERTAIN_OF = {True: "records in the queue", False: "records that people were shown"}
BINS = 10
"""Of equally many decisions, for the calibration error."""


class Decided(NamedTuple):
    """A record and what a person decided; `id` only orders. `drawn`: of the queue's random share."""

    id: str
    item: Item
    approved: bool
    drawn: bool = False


@dataclass(frozen=True)
class Trained:
    """A model, the hash of what it was trained on and by, and what it was measured to do."""

    model: Model
    version: str
    metrics: dict[str, Any]


def train(decided: Sequence[Decided], measured_by: str = "") -> Trained:
    """A model of the decisions, in whatever order they come; `measured_by` names what made texts and figures.

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
    names = figure_names(items)
    given = features(items, names)
    held = HeldOut(given, label, folds(groups(items), label))
    p, (penalty, slope, shift) = held.probabilities(), held.chosen()
    certain, ladders = certainties(decided, p, label)
    fitted = fit(given, label, names, penalty)
    model = replace(fitted, slope=slope, shift=shift, low=ladders[0], high=ladders[1])
    metrics: dict[str, Any] = {
        "decisions": len(label),
        "approved": approved,
        "rejected": rejected,
        "penalty": penalty,
        "folds": FOLDS,
    }
    return Trained(model, version(decided, measured_by), metrics | certain | measures(p, label))


def certainties(decided: Sequence[Decided], p: Float, label: Int64) -> tuple[dict[str, Any], tuple[Ladder, Ladder]]:
    """What the certainties reach and of which records they are, and the ladders at the low and the high end."""
    share = np.array([one.drawn for one in decided])
    count = int(share.sum())
    of_queue = count >= EVIDENCE
    if of_queue:
        p, label = p[share], label[share]
    low, high = ladder(p, label == 1), ladder(1 - p, label == 0)
    told = {"random_share": count, "certain_of": CERTAIN_OF[of_queue]}
    return told | {"dropped_at": reach(low, p), "passed_at": reach(high, 1 - p)}, (low, high)


def labels(decided: Sequence[Decided]) -> Int64:
    """1 where a person approved, 0 where not."""
    return np.array([one.approved for one in decided], dtype=np.int64)


def version(decided: Sequence[Decided], measured_by: str = "") -> str:
    """The sha256 of the decisions with their texts and figures, of what measured those, and of the code's version."""
    digest = hashlib.sha256(f"quality {CODE_VERSION} {measured_by}".encode())
    for one in sorted(decided, key=lambda one: one.id):
        figures = json.dumps(one.item.figures, sort_keys=True, default=repr)
        said = (one.id, one.item.question, one.item.answer, figures, one.approved, one.drawn)
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


class HeldOut:
    """Scores by models that have not seen what they score, of one fold out, or of two: then one judges the other."""

    def __init__(self, given: Features, label: Int64, fold: Int64) -> None:
        self.given, self.label, self.fold = given, label, fold
        self._scores: dict[tuple[float, int, int], Float] = {}

    def probabilities(self) -> Float:
        """For each decision, by a model, a penalty and a line that come from the other folds."""
        p = np.zeros(len(self.label))
        for out in range(FOLDS):
            p[self.fold == out] = self.judged(out)
        return p

    def judged(self, out: int) -> Float:
        """The probabilities of one fold's decisions, in their order."""
        penalty, slope, shift = self.chosen(out)
        return sigmoid(slope * self._score(penalty, out, out)[self.fold == out] + shift)

    def chosen(self, out: int | None = None) -> tuple[float, float, float]:
        """The likeliest penalty and its line, by the folds other than `out`, each scored by models of the rest."""
        rest = self.fold != (-1 if out is None else out)
        label = self.label[rest]
        scores = {penalty: self._scored(penalty, out)[rest] for penalty in PENALTIES}
        penalty = min(PENALTIES, key=lambda one: _loss(scores[one], label))
        return penalty, *platt(scores[penalty], label)

    def _scored(self, penalty: float, out: int | None) -> Float:
        score = np.zeros(len(self.label))
        for one in range(FOLDS):
            score[self.fold == one] = self._score(penalty, one, one if out is None else out)[self.fold == one]
        return score

    def _score(self, penalty: float, one: int, other: int) -> Float:
        """Scores of two folds by a model of the rest; 0 for the rest."""
        key = (penalty, min(one, other), max(one, other))
        if key not in self._scores:
            out = (self.fold == one) | (self.fold == other)
            inside, outside = np.flatnonzero(~out), np.flatnonzero(out)
            figures = ("",) * (self.given.numbers.shape[1] - len(NUMBERS))
            score = np.zeros(len(self.label))
            model = fit(_of(self.given, inside), self.label[inside], figures, penalty)
            score[outside] = model.raw(_of(self.given, outside))
            self._scores[key] = score
        return self._scores[key]


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
