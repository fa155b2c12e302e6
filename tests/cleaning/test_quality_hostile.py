"""Whatever a record holds, every filter measures it, soon, and its figures fit JSON."""

import json
from typing import Any, get_args

import pytest

from cleaning.filters.broken_text import Kind
from cleaning.record import Record
from cleaning.steps import Sort, registry

HOSTILE = {
    "empty": "",
    "spaces": " \n\t" * 100_000,
    "one letter": "ا" * 2_000_000,
    "one word": "سلام " * 100_000,
    "control characters": "\x00\x1f\x7f\x85" * 100_000,
    "lone surrogates": "\ud800 سلام \udfff" * 10_000,
    "emojis": "🌹" * 100_000,
    "digits": "0912 " * 100_000,
    "marks": "\u064b\u200c" * 200_000,
    "lines": "\n".join(["سرفه"] * 100_000),
    "signs of advertisements": "شماره تلفن تماس کانال تلگرام " * 100_000,
    "openings of phrases": "امکان تحلیل " * 50_000,
    "foreign": "ہے میں ڈاکٹر " * 50_000,
}


def steps() -> list[tuple[str, dict[str, Any]]]:
    """Every filter once for each field it may take, with the measuring parameters it needs."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, kind in registry().items():
        needs = kind.measuring - {"field", "kind"}  # a model, a list: such steps have tests of their own
        if kind.sort != Sort.DOCUMENT or needs:
            continue
        fields = [{"field": field} for field in ("question", "answer", "pair")] if "field" in kind.measuring else [{}]
        kinds = [{"kind": one} for one in get_args(Kind)] if "kind" in kind.measuring else [{}]
        found += [(name, field | one) for field in fields for one in kinds]
    return found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_filter_measures_hostile_texts(text: str) -> None:
    record = Record("qa", {"question": text, "answer": text})
    for name, parameters in steps():
        figures = registry()[name].function(record, **parameters)
        assert json.loads(json.dumps(figures)) == figures, name


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_article_filter_measures_hostile_texts(text: str) -> None:
    record = Record("article", {"title": "", "text": text})
    for name, parameters in steps():
        if "field" in parameters:
            figures = registry()[name].function(record, **parameters | {"field": "text"})
            assert json.loads(json.dumps(figures)) == figures, name


NEIGHBOURS = [
    "\U0001d41a" * 8 + "\n" * 5,
    "\n" * 5,
    "",
    "aaaaa",
    "aa",
    "\ud83d" * 5,
    "\ud83d",
    "ضصثق فغعه خحجچ شسیب",
    "ب",
]
"""Texts that would hold a run, or make an odd pair of letters, if one were read on into the next."""


def test_records_measured_together_have_the_figures_of_each_alone() -> None:
    texts = [*NEIGHBOURS, *(text[:5_000] for text in HOSTILE.values()), "متن سالمی است و چیزی ندارد", "Ã¢â‚¬ 🌹"]
    records = [Record("qa", {"question": text, "answer": text}) for text in texts for _ in range(2)]
    records.append(Record("article", {"title": "ب", "text": "متن"}))
    checked = 0
    for name, parameters in steps():
        kind = registry()[name]
        if kind.many and (together := kind.many(records, **parameters)):
            assert together == [kind.function(record, **parameters) for record in records], (name, parameters)
            checked += 1
    assert checked >= 12


def test_filters_without_anything_to_look_at_measure_nothing_or_zeros() -> None:
    for name, parameters in steps():
        figures = registry()[name].function(Record("article", {"title": "", "text": ""}), **parameters)
        assert figures is None or not any(value for key, value in figures.items() if key not in ("kind", "empty")), name
