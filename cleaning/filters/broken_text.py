"""Texts that are no writing: wrecked encodings, held keys, no spaces, symbols, keys pressed at random."""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from cleaning.characters import counts, repeats
from cleaning.letter_pairs import oddness
from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import measured
from cleaning.wording import LONGEST, word_set, words

Kind = Literal["strange", "held", "unspaced", "symbols", "apart", "again", "mash"]
Limit = Annotated[float, Field(gt=0, le=9, allow_inf_nan=False)]

_RUN = 6
_HELD = re.compile(r"([^\W\d_])\1{5,}")
_PERSIAN, _LONG_WORD = re.compile("[آ-ی]"), 25
_COMMON = word_set("و در به از که با این است برای من را")  # of a text that has two of them the letters need no look
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
    text = record.text(field)
    return {"kind": kind, "value": round(_MEASURES[kind](text[:LONGEST]), 3)} if text else None


@broken_text.rule
def _(found: Figures, *, limit: Limit) -> Finding | None:
    return Finding("broken_text", found | {"maximum": limit}) if found["value"] > limit else None


def _strange(text: str) -> float:
    return counts(text).strange / len(text)


def _held(text: str) -> float:
    # The expression is slow: it is asked only where some character does stand six times in a row.
    if not repeats(text, _RUN):
        return 0.0
    return sum(match.end() - match.start() for match in _HELD.finditer(text)) / len(text)


def _unspaced(text: str) -> float:
    found = words(text)
    if max(map(len, found), default=0) <= _LONG_WORD:
        return 0.0
    long = sum(len(word) for word in found if len(word) > _LONG_WORD and len(_PERSIAN.findall(word)) > _LONG_WORD)
    return long / sum(map(len, found))


def _symbols(text: str) -> float:
    found = counts(text)
    return found.symbols / found.visible if found.visible else 0.0


def _apart(text: str) -> float:
    found = words(text)
    return list(map(len, found)).count(1) / len(found) if len(found) >= _FEW_WORDS else 0.0


def _again(text: str) -> float:
    found = words(text)[:_FIRST_WORDS]
    return 1 - len(set(found)) / len(found) if len(found) >= _FEW_WORDS else 0.0


def _mash(text: str) -> float:
    if len(_COMMON.intersection(words(text))) > 1:
        return 0.0
    odd, pairs = oddness(text)
    return odd if pairs >= _FEW_PAIRS else 0.0


_MEASURES: dict[Kind, Callable[[str], float]] = {
    "strange": _strange,
    "held": _held,
    "unspaced": _unspaced,
    "symbols": _symbols,
    "apart": _apart,
    "again": _again,
    "mash": _mash,
}
