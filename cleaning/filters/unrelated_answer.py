"""Answers to another question."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from cleaning.medical import seeds
from cleaning.medical.speciality import names
from cleaning.record import Figures, Finding, Record
from cleaning.steps import measured
from cleaning.wording import SAYING_NOTHING, sentence, words

AtMost = Annotated[int, Field(ge=0)]
_STEM = 4  # letters: «قاعدگی» and «قاعدگیم» share them
_LEAST = 1.0  # evidence in question and answer below which nothing is measured: one word in passing
Evidence = Annotated[float, Field(ge=_LEAST, allow_inf_nan=False)]


@measured
def unrelated_answer(record: Record) -> Figures | None:
    """Question and answer speak of different specialities, and share at most `shared` words by their first letters.

    The question's words say at least `asked` for some specialities, the answer's at least `answered` for none of these:
    a plain word 1, a telling one 3, and √k times that in all where it speaks for k (see `cleaning.medical.seeds`). A
    weak sign by nature: many a right answer repeats nothing of its question.
    Reason `unrelated_answer`; measure: the evidence in the question and in the answer, the speciality that is likeliest
    in each, words shared, and the thresholds.
    Judged on published pairs, at 6 asked, 6 answered, none shared: 0 of 11 right; there are 15,014, and hardly one is
    another question's answer. Of pairs made by exchanging their answers that setting finds 13 %: so where one pair in a
    hundred is exchanged, two findings in three are. Plain overlap of words is worse: 4 to 9 % of the published pairs
    share no word at all.
    """
    return _all([record])[0]


@unrelated_answer.many
def _(records: Sequence[Record]) -> list[Figures | None]:
    return _all(records)


@unrelated_answer.rule
def _(found: Figures, *, asked: Evidence, answered: Evidence, shared: AtMost) -> Finding | None:
    if found["asked"] < asked or found["answered"] < answered or found["shared"] > shared:
        return None
    thresholds = {"minimum_asked": asked, "minimum_answered": answered, "maximum": shared}
    return Finding("unrelated_answer", found | thresholds)


def _all(records: Sequence[Record]) -> list[Figures | None]:
    pairs = [(r.fields.get("question", ""), r.fields.get("answer", "")) for r in records]
    spoken = seeds.evidence(tuple(sentence(text) for pair in pairs for text in pair))
    asked, answered = spoken[::2], spoken[1::2]
    sums = [(float(q), float(a)) for q, a in zip(asked.sum(axis=1), answered.sum(axis=1), strict=True)]
    common = [bool(row.any()) for row in (asked > 0) & (answered > 0)]
    return [
        None
        if together or min(evidence) < _LEAST
        else {
            "asked": round(evidence[0], 2),
            "answered": round(evidence[1], 2),
            "asked_of": names()[int(asked[number].argmax())],
            "answered_of": names()[int(answered[number].argmax())],
            "shared": len(_stems(pairs[number][0]) & _stems(pairs[number][1])),
        }
        for number, (evidence, together) in enumerate(zip(sums, common, strict=True))
    ]


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in words(text) if len(word) > 2 and word not in SAYING_NOTHING}
