"""Texts that are no writing: wrecked encodings, held keys, no spaces, symbols, keys pressed at random."""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated, Literal

from pydantic import Field

from cleaning.characters import RUN, Counts, counts
from cleaning.folding import fold
from cleaning.letter_pairs import oddness
from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import measured
from cleaning.wording import LONGEST, sentence, words

Kind = Literal["strange", "held", "unspaced", "symbols", "apart", "again", "mash"]
Limit = Annotated[float, Field(gt=0, le=9, allow_inf_nan=False)]

_HELD = re.compile(rf"([^\W\d_])\1{{{RUN - 1},}}")
_PERSIAN, _LONG_WORD = re.compile("[آ-ی]"), 25
# Of a text that has two of them the letters need no look.
_COMMON = tuple(f" {fold(word)} " for word in ("و", "از", "به", "در", "که", "با", "این", "است", "برای", "من", "را"))
_FEW_WORDS, _FIRST_WORDS, _FEW_PAIRS = 8, 100, 15


@measured
def broken_text(record: Record, *, field: FieldName, kind: Kind) -> Figures | None:
    """More than `limit` of what no written text has. Kinds, all but the last shares:

    strange: characters of wrecked encodings; held: letters in runs of six or more of one; unspaced: letters in words
    of more than 25; symbols: signs that are no letter, digit or punctuation, of all but spaces; apart: one-letter
    words; again: repeated words among the first hundred; mash: the oddness, 0 to 9, of letters beside each other.
    Reason `broken_text`; measure: the kind, its value and the limit.
    Judged on published questions: unspaced above .3, 4 of 4 right. Of 30,028 published texts none is above .01 strange,
    .1 held, .2 symbols, .5 apart, .6 again or 2.9 mash: what these find is broken in ways no published text is.
    """
    if kind in _OF_WORDS:
        text = record.text(field)
        return _figures(kind, _OF_WORDS[kind](words(text))) if text else None
    return _all([record], field, kind)[0]


@broken_text.many
def _(records: Sequence[Record], *, field: FieldName, kind: Kind) -> list[Figures | None]:
    return [] if kind in _OF_WORDS else _all(records, field, kind)


@broken_text.rule
def _(found: Figures, *, limit: Limit) -> Finding | None:
    return Finding("broken_text", found | {"maximum": limit}) if found["value"] > limit else None


def _figures(kind: Kind, value: float) -> Figures:
    return {"kind": kind, "value": round(value, 3) if value else 0.0}


def _all(records: Sequence[Record], field: FieldName, kind: Kind) -> list[Figures | None]:
    texts = tuple(record.text(field) or "" for record in records)
    if kind == "mash":
        values = _mash(texts)
    else:
        measure = _OF_CHARACTERS[kind]
        values = [measure(text, found) if text else 0.0 for text, found in zip(texts, counts(texts), strict=True)]
    return [_figures(kind, value) if text else None for text, value in zip(texts, values, strict=True)]


def _strange(text: str, found: Counts) -> float:
    return found.strange / min(len(text), LONGEST)


def _symbols(_: str, found: Counts) -> float:
    return found.symbols / found.visible if found.visible else 0.0


def _held(text: str, found: Counts) -> float:
    if not found.held:  # else the expression is asked, which is slow
        return 0.0
    text = text[:LONGEST]
    return sum(match.end() - match.start() for match in _HELD.finditer(text)) / len(text)


def _mash(texts: Sequence[str]) -> list[float]:
    unsettled = [n for n, text in enumerate(texts) if not _plain(text)]
    odd = zip(unsettled, oddness([texts[n] for n in unsettled]), strict=True)
    found = {n: mean for n, (mean, pairs) in odd if pairs >= _FEW_PAIRS}
    return [found.get(n, 0.0) for n in range(len(texts))]


def _plain(text: str) -> bool:
    whole = f" {sentence(text)} "
    return len(list(islice(filter(whole.__contains__, _COMMON), 2))) > 1


def _unspaced(found: Sequence[str]) -> float:
    if max(map(len, found), default=0) <= _LONG_WORD:
        return 0.0
    long = sum(len(word) for word in found if len(word) > _LONG_WORD and len(_PERSIAN.findall(word)) > _LONG_WORD)
    return long / sum(map(len, found))


def _apart(found: Sequence[str]) -> float:
    return list(map(len, found)).count(1) / len(found) if len(found) >= _FEW_WORDS else 0.0


def _again(found: Sequence[str]) -> float:
    found = found[:_FIRST_WORDS]
    return 1 - len(set(found)) / len(found) if len(found) >= _FEW_WORDS else 0.0


_OF_CHARACTERS: dict[Kind, Callable[[str, Counts], float]] = {"strange": _strange, "symbols": _symbols, "held": _held}
_OF_WORDS: dict[Kind, Callable[[Sequence[str]], float]] = {"unspaced": _unspaced, "apart": _apart, "again": _again}
