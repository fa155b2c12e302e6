"""The precision that each filter's docstring states, recomputed from judgements on the published pairs.

`quality_labels.jsonl` holds, for 279 findings, what a reader of the pair decided: the step, whether it was right, and
the BLAKE2b hash of the pair. The texts are not kept.
"""

import hashlib
import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cleaning import recipe
from cleaning.record import Record
from cleaning.steps import registry
from tests.cleaning.real import real_pairs

LABELS = [json.loads(line) for line in Path(__file__).with_name("quality_labels.jsonl").read_text().splitlines()]
FILES = ("niniban_crawled", "drhast_kept", "doctor_yab_kept", "isovisit", "mf3qa_dev", "mf3qa_test")
Parameters = dict[str, Any]

# Step, measuring parameters, thresholds from the strictest on, and what its manual says of each band between them.
BANDS: list[tuple[str, Parameters, list[Parameters], str]] = [
    (
        "referral_only",
        {"field": "answer"},
        [{"longest": 60, "beside": 2}, {"longest": 60, "beside": 8}],
        "below 2 words told {} right, from there to 7, {}.",
    ),
    (
        "non_answer",
        {"field": "answer"},
        [{"longest": 60, "beside": 2}, {"longest": 60, "beside": 8}],
        "below 2 words told {} right, from there to 7, {}.",
    ),
    ("advertisement", {"field": "answer"}, [{"signs": 3, "share": 0.001}], "from 3 signs on {} advertise"),
    ("broken_text", {"field": "question", "kind": "unspaced"}, [{"limit": 0.3}], "unspaced above .3, {} right."),
    ("cut_off", {"field": "answer"}, [{}], "answers: {} right."),
    ("not_a_question", {"field": "question"}, [{"told": 1}], "without any word told {} right"),
    ("not_persian", {"field": "pair"}, [{"share": 0.5}], "below .5, {} right"),
    (
        "unrelated_answer",
        {},
        [{"asked": 6.0, "answered": 6.0, "shared": 0}],
        "at 6 asked, 6 answered, none shared: {} right;",
    ),
    (
        "repeated_ngrams",
        {"field": "text"},
        [{"top": [0.189, 0.164, 0.143], "duplicate": [0.157, 0.147, 0.137, 0.127, 0.117, 0.107]}],
        "with FineWeb2's limits: {} right.",
    ),
]


@cache
def judged_pairs() -> dict[str, Record]:
    """The pairs that were judged, by hash, spelled as the filters see them."""
    wanted, found, spelling = {label["pair"] for label in LABELS}, dict[str, Record](), recipe.load("default")
    for name in FILES:
        for pair in real_pairs(name):
            text = f"{pair['question']}\n{pair['answer']}"
            key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
            if key in wanted and key not in found:
                fields = {field: spelling.respell(pair[field]) for field in ("question", "answer")}
                found[key] = Record("qa", fields)
    return found


def test_the_labels_are_enough_and_each_says_one_thing() -> None:
    assert len(LABELS) >= 200
    assert len({(label["step"], label["pair"]) for label in LABELS}) == len(LABELS)
    assert {label["step"] for label in LABELS} == {band[0] for band in BANDS}


@pytest.mark.parametrize(("step", "measuring", "thresholds", "says"), BANDS)
def test_the_manual_states_the_precision_that_was_judged(
    step: str, measuring: Parameters, thresholds: list[Parameters], says: str
) -> None:
    kind, records = registry()[step], judged_pairs()
    counts = [Counter[bool]() for _ in thresholds]
    labels = [label for label in LABELS if label["step"] == step]
    for label in labels:
        band = _band(kind, records[label["pair"]], measuring, thresholds)
        if band is not None:
            counts[band][label["right"]] += 1
    # Another spelling of a text may move a finding or two over a threshold; the figures hold within that.
    assert sum(count.total() for count in counts) >= 0.95 * len(labels) - 1
    for count, (right, total) in zip(counts, _stated(kind.manual, says), strict=True):
        assert abs(count[True] / count.total() - right / total) <= 0.03
        assert abs(count.total() - total) <= 1 + 0.05 * total


def test_the_manual_counts_every_label() -> None:
    for step, _, _, says in BANDS:
        stated = _stated(registry()[step].manual, says)
        own = [label["right"] for label in LABELS if label["step"] == step]
        assert (sum(right for right, _ in stated), sum(total for _, total in stated)) == (sum(own), len(own)), step


@pytest.mark.parametrize(("step", "measuring", "thresholds", "says"), BANDS)
def test_a_stricter_threshold_finds_no_more(
    step: str, measuring: Parameters, thresholds: list[Parameters], says: str
) -> None:
    kind = registry()[step]
    for record in judged_pairs().values():
        figures = kind.function(_as_article(record) if measuring.get("field") == "text" else record, **measuring)
        if figures is None:
            continue
        found = [bool(_rule(kind, figures, measuring, one)) for one in thresholds]
        assert all(loose or not strict for strict, loose in pairwise(found)), says


def _stated(manual: str, says: str) -> list[tuple[int, int]]:
    """The (right, total) that stand in a manual where `says` has its braces."""
    pattern = re.escape(says).replace(r"\{\}", r"(\d+) of (\d+)")
    match = re.search(pattern, " ".join(manual.split()))
    assert match, says
    figures = list(map(int, match.groups()))
    return list(zip(figures[::2], figures[1::2], strict=True))


def _band(kind: Any, record: Record, measuring: Parameters, thresholds: list[Parameters]) -> int | None:
    """The first thresholds that find the pair."""
    figures = kind.function(_as_article(record) if measuring.get("field") == "text" else record, **measuring)
    if figures is None:
        return None
    return next((place for place, one in enumerate(thresholds) if _rule(kind, figures, measuring, one)), None)


def _rule(kind: Any, figures: Any, measuring: Parameters, thresholds: Parameters) -> object:
    own = {key: value for key, value in (measuring | thresholds).items() if key in kind.ruling}
    return kind.rule(figures, **own)


def _as_article(record: Record) -> Record:
    return Record("article", {"title": "", "text": record.fields["answer"]})
