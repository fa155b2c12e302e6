"""What the quality score expects people to decide, and how sure that is; told beside the record, decided by nobody."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy.orm import Session

from cleaning.quality.model import Model, item, name_of, of_blob
from infra.admin.language import share, words
from storage import trained
from storage.errors import TabibError
from storage.models import Document, Verdict


def suggestions(session: Session, shown: Sequence[tuple[Document, Verdict | None]], language: str) -> list[str | None]:
    """A sentence or two for each record; None where no model has learned from what its recipe measures."""
    found: dict[int, str] = {}
    for kind in {document.kind for document, _ in shown}:
        places = [n for n, (document, verdict) in enumerate(shown) if document.kind == kind and verdict]
        found |= dict(zip(places, _of_kind(session, kind, [shown[n][1] for n in places], language), strict=False))
    return [found.get(place) for place in range(len(shown))]


def _of_kind(session: Session, kind: str, verdicts: Sequence[Verdict | None], language: str) -> list[str]:
    measured = [verdict.measurement for verdict in verdicts if verdict]
    model = _newest(session, kind, measured[0].measures_sha256) if measured else None
    if model is None:
        return []
    scores = model.score([item(kind, one.cleaned, one.figures) for one in measured])
    figures = zip(scores.p, scores.low, scores.high, strict=True)
    return [told(language, float(p), (float(low), float(high))) for p, low, high in figures]


def _newest(session: Session, kind: str, measures: str) -> Model | None:
    texts_alone = name_of(kind, texts_only=True)  # trained for a recipe, where figures are not to be had
    row = trained.newest(session, name_of(kind), measures) or trained.newest(session, texts_alone, measures)
    if row is None:
        return None
    try:
        model = _read(row.blob)
    except TabibError:  # a blob that is not on this machine: the room works without it
        return None
    return None if model.figures and row.metrics.get("measures_sha256") != measures else model


@lru_cache(maxsize=4)
def _read(blob: str) -> Model:
    return of_blob(blob)


def told(language: str, p: float, sure: tuple[float, float]) -> str:
    """What the probability `p` of an approval suggests; `sure` are the certainties of a rejection and an approval."""
    said, approves = words(language)["room"], p >= 0.5
    chance, certainty = (p, sure[1]) if approves else (1 - p, sure[0])
    first = said["suggests_approve" if approves else "suggests_reject"].format(chance=share(language, chance))
    second = said["certain"].format(certainty=share(language, certainty)) if certainty else said["uncertain"]
    return f"{first} {second}"
