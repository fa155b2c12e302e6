"""The speciality of a pair or an article: as its site says, else by a model trained here, else by seed words.

Which of the three spoke is kept beside the name, with the version of the model or of the word lists.
"""

import io
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from cleaning.folding import fold
from cleaning.medical import learning, seeds
from cleaning.medical.learning import Fitted
from cleaning.medical.ngrams import Float
from cleaning.medical.terms import Terms
from cleaning.wording import sentence
from storage import blobs
from storage.errors import DataDamaged

BATCH = 500


class Asked(NamedTuple):
    """A question and its answer (an article: its title and text), and what the site calls the doctor's speciality."""

    question: str
    answer: str
    title: str | None = None


class Found(NamedTuple):
    """A speciality, who says so (`site`, `model` or `seeds`), how likely it is, and by which version."""

    name: str
    by: str
    p: float
    version: str

    def as_json(self) -> dict[str, Any]:
        """As it is kept among a document's figures."""
        return {"name": self.name, "by": self.by, "p": self.p, "version": self.version}


class Classifier:
    """Tells the specialities of texts: by `fitted` where one is given, else by the seed words alone."""

    def __init__(self, fitted: Fitted | None = None, version: str | None = None) -> None:
        self._fitted = fitted
        self.by = "model" if fitted else "seeds"
        self.version = version or seeds.version()

    @cached_property
    def _wide(self) -> Float:
        return self._fitted.wide() if self._fitted else np.zeros((0, 0))

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Float:
        """How likely each speciality is for folded pairs: (pairs, specialities in the order of their file)."""
        if self._fitted is None:
            return seeds.probabilities(pairs)
        return learning.probabilities(self._fitted, self._wide, pairs)

    def describe(self, asked: Sequence[Asked]) -> list[Found]:
        """The speciality of each."""
        found = [found_at_site(one.title) for one in asked]
        open_ = [place for place, one in enumerate(found) if one is None]
        for first in range(0, len(open_), BATCH):
            places = open_[first : first + BATCH]
            table = self.probabilities(
                [(sentence(asked[place].question), sentence(asked[place].answer)) for place in places]
            )
            best, p = table.argmax(axis=1).tolist(), table.max(axis=1).tolist()
            for number, place in enumerate(places):
                found[place] = Found(names()[best[number]], self.by, round(p[number], 4), self.version)
        return [one for one in found if one]


@cache
def names() -> tuple[str, ...]:
    """The specialities' names, `general` last."""
    return tuple(seeds.specialities())


def of_title(title: str | None) -> str | None:
    """The speciality that a doctor's title as printed by a site names; the longest name in it wins.

    None where there is no title, or none that is known.
    """
    if not title:
        return None
    terms, owners = _titles()
    named = terms.count(fold(title[:LONGEST_TITLE]))
    return owners[max(named, key=lambda term: (len(term), term))] if named else None


def found_at_site(title: str | None) -> Found | None:
    """As `of_title`, in the form of a finding."""
    name = of_title(title)
    return Found(name, "site", 1.0, seeds.version()) if name else None


LONGEST_TITLE = 500  # characters; a reader may take a whole paragraph for a title
ARRAYS = ("column", "table", "bias", "temperature")


def dump(fitted: Fitted) -> bytes:
    """The fitted model as an npz archive of plain arrays; the same model gives the same bytes."""
    kept = {"names": np.array(names()), "seeds": np.array(seeds.version()), **fitted._asdict()}
    kept["table"] = fitted.table.astype(np.float32)
    kept["bias"] = fitted.bias.astype(np.float32)
    file = io.BytesIO()
    np.savez(file, **kept)
    return file.getvalue()


def load(data: bytes, version: str) -> Classifier:
    """The model of `dump`. Raises DataDamaged for other bytes, and for a model made with other word lists."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            column, table, bias, temperature = (file[name] for name in ARRAYS)
            made = (tuple(file["names"].tolist()), str(file["seeds"]))
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise DataDamaged(f"speciality model {version[:16]} cannot be read: {error}") from None
    if made != (names(), seeds.version()):
        raise DataDamaged(f"speciality model {version[:16]} was trained with other word lists: train it again")
    return Classifier(Fitted(column, table.astype(np.float64), bias.astype(np.float64), float(temperature)), version)


@lru_cache(maxsize=4)
def classifier_of(blob: str) -> Classifier:
    """The model in a file among the blobs. Raises DataDamaged where it is missing or broken."""
    return load(blobs.get(blob), blob)


@cache
def _titles() -> tuple[Terms, dict[str, str]]:
    owners: dict[str, str] = {}
    for speciality in seeds.specialities().values():
        for title in speciality.titles:
            owners.setdefault(title, speciality.name)
    return Terms((title, title) for title in owners), owners
