"""The speciality classifier learned from what sites say, with its accuracy on pairs it had not seen."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cleaning.folding import fold
from cleaning.medical import learning, seeds
from cleaning.medical.learning import Fitted, Texts
from cleaning.medical.ngrams import Float, Int64
from cleaning.medical.speciality import dump, names, of_title
from storage import db, models, trained
from storage.errors import UsageError

CODE_VERSION = 1
"""Raise it when the same pairs would make another model than before."""
MINIMUM = 200
"""Pairs with a speciality: with so many an accuracy of .7 is known within .065 either way."""
MOST = 20_000
"""Pairs learned from, those with the lowest hashes: beyond it minutes grow and accuracy hardly."""
FOLDS = 3
NAME = "speciality"


class Labelled(NamedTuple):
    """A folded question and answer, and the speciality that its site gave."""

    question: str
    answer: str
    name: str


class Trained(NamedTuple):
    """A fitted model, the hash of what it was trained on and by, and what it was measured to do."""

    fitted: Fitted
    version: str
    metrics: dict[str, Any]


def train_from_sites() -> models.Model:
    """Learn from every stored pair whose site names a known speciality, and keep the model; returns its row.

    Raises UsageError where there are fewer than MINIMUM of them.
    """
    with db.session() as session:
        pairs = ((row.question, row.answer, of_title(row.title)) for row in trained.titled(session))
        made = train([Labelled(fold(question), fold(answer), name) for question, answer, name in pairs if name])
        row = models.Model(name=NAME, version=made.version, kind="speciality", metrics=made.metrics)
        return trained.add(session, row, dump(made.fitted))


def train(labelled: Sequence[Labelled]) -> Trained:
    """A classifier of the pairs, in whatever order they come; of pairs with the same words one stays."""
    chosen = [one for _, one in sorted((_hash(one), one) for one in set(labelled))][:MOST]
    if len(chosen) < MINIMUM:
        raise UsageError(
            f"a speciality classifier needs {MINIMUM} pairs whose site names a speciality; there are {len(chosen)}. "
            "Until then the seed words decide"
        )
    label = np.array([names().index(one.name) for one in chosen], dtype=np.int64)
    given = learning.texts([(one.question, one.answer) for one in chosen])
    fold_of = _folds([one.answer for one in chosen])
    odds = _held_out(given, label, fold_of)
    temperature = learning.temperature(odds, label)
    fitted = learning.fit(given, label)._replace(temperature=temperature)
    metrics: dict[str, Any] = {"pairs": len(chosen), "folds": FOLDS, "temperature": temperature}
    metrics["by_site"] = dict(Counter(one.name for one in chosen).most_common())
    return Trained(fitted, version(chosen), metrics | measures(odds, given.offset, label, temperature))


def version(labelled: Sequence[Labelled]) -> str:
    """The sha256 of the pairs in any order, the word lists and the code's version."""
    digest = hashlib.sha256(f"speciality {CODE_VERSION} {seeds.version()}".encode())
    for one in sorted(map(_hash, labelled)):
        digest.update(bytes.fromhex(one))
    return digest.hexdigest()


def measures(odds: Float, offset: Float, label: Int64, temperature: float) -> dict[str, Any]:
    """Accuracy of held-out pairs beside the seed words', calibration error, and recall by speciality."""
    p = seeds.softmax(odds / temperature)
    hit, sure = p.argmax(axis=1) == label, p.max(axis=1)
    parts = np.array_split(np.argsort(sure, kind="stable"), 10)
    ece = sum(abs(sure[part].mean() - hit[part].mean()) * len(part) for part in parts if len(part)) / len(label)
    recall = {names()[one]: round(float(hit[label == one].mean()), 3) for one in np.unique(label)}
    seeds_hit = float((offset.argmax(axis=1) == label).mean())
    found = {"accuracy": float(hit.mean()), "accuracy_of_seeds": seeds_hit, "ece": float(ece)}
    return {name: round(value, 4) for name, value in found.items()} | {"recall": recall}


def _held_out(given: Texts, label: Int64, fold_of: Int64) -> Float:
    odds = np.zeros_like(given.offset)
    for out in range(FOLDS):
        inside, outside = np.flatnonzero(fold_of != out), np.flatnonzero(fold_of == out)
        if len(outside):
            odds[outside] = learning.log_odds(learning.fit(given.of(inside), label[inside]), given.of(outside))
    return odds


def _folds(answers: Sequence[str]) -> Int64:
    """A fold for each pair by its answer alone, so that a repeated answer is never on both sides."""
    return np.array([int(_sha256(answer)[:8], 16) % FOLDS for answer in answers], dtype=np.int64)


def _hash(one: Labelled) -> str:
    return _sha256("\n".join(one))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
