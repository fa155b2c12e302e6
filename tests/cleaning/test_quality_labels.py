"""The precision that each filter's docstring states, recomputed from judgements on the published pairs.

`quality_labels.jsonl` holds for each finding the step, the BLAKE2b hash of the pair, what the readers of the pair
decided, and whether it is `right`: what they agree on, what they settled on, or what the one reader says where only one
read it; `found` is false where the step was changed for it and finds it no more: these are in no precision, and must
stay unfound. The texts are not kept. `duplicate_labels_second.txt` is the second reader's part of
`duplicate_labels.txt`. What the two readers' agreement comes to is stated in `docs/cleaning.md`.
"""

import hashlib
import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cleaning import recipe
from cleaning.judge import measure
from cleaning.record import Record
from cleaning.steps import registry
from tests.cleaning.real import real_pairs

HERE = Path(__file__).parent
LABELS = [json.loads(line) for line in (HERE / "quality_labels.jsonl").read_text().splitlines()]
FOUND = [label for label in LABELS if label.get("found", True)]
TWICE = [label for label in LABELS if "first" in label]
PAGE = HERE.parents[1] / "docs" / "cleaning.md"
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
    ("cut_off", {"field": "answer"}, [{}], "answers: {} right, after"),
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
    """The pairs that were judged, by hash, cleaned as the filters see them."""
    wanted, found, default = {label["pair"] for label in LABELS}, dict[str, Record](), recipe.load("default").deciding
    for name in FILES:
        for pair in real_pairs(name):
            text = f"{pair['question']}\n{pair['answer']}"
            key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
            if key in wanted and key not in found:
                fields = {field: pair[field] for field in ("question", "answer")}
                found[key] = Record("qa", measure(default, Record("qa", fields)).fields)
    return found


def test_the_labels_are_enough_and_each_says_one_thing() -> None:
    assert len(LABELS) >= 200
    assert len({(label["step"], label["pair"]) for label in LABELS}) == len(LABELS)
    assert {label["step"] for label in LABELS} == {band[0] for band in BANDS}
    for label in LABELS:
        readers = [label[reader] for reader in ("first", "second") if reader in label]
        assert label["right"] in readers, "it is settled for one of the readers"


def test_the_page_states_how_far_the_readers_agree() -> None:
    both = [(label["first"], label["second"]) for label in TWICE]
    judged, agreed, *figures = _page(
        "Two readers judged {} findings, neither seeing the other's label. They agree on {}, Cohen's kappa is {} "
        "(95 % interval {} to {}), for `referral_only` alone {}, for `non_answer` {}."
    )
    assert (judged, agreed) == (len(both), sum(first == second for first, second in both))
    alone = [
        [(label["first"], label["second"]) for label in TWICE if label["step"] == step]
        for step in ("referral_only", "non_answer")
    ]
    assert figures == pytest.approx([_kappa(both), *_interval(both), *map(_kappa, alone)], abs=0.0101)
    assert _page("{} findings were read by the second alone.") == [len(LABELS) - len(TWICE)]


def test_the_page_states_how_far_the_readers_agree_on_repeats() -> None:
    first, second = (
        dict(line.split() for line in (HERE / f"duplicate_labels{name}.txt").read_text().splitlines())
        for name in ("", "_second")
    )
    both = [(first[key] == "same", label == "same") for key, label in second.items()]
    judged, agreed, *figures = _page("Of {} pairs of repeats they agree on {}, kappa {} ({} to {}).")
    assert (judged, agreed) == (len(both), sum(one == other for one, other in both))
    assert figures == pytest.approx([_kappa(both), *_interval(both)], abs=0.0101)


@pytest.mark.parametrize(
    ("both", "kappa"),
    [
        ([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15, 0.4),
        ([(True, True)] * 5 + [(False, False)] * 5, 1.0),
        ([(True, False), (False, True)], -1.0),
    ],
)
def test_kappa_is_agreement_beyond_chance(both: list[tuple[bool, bool]], kappa: float) -> None:
    assert _kappa(both) == pytest.approx(kappa)


@pytest.mark.parametrize(("step", "measuring", "thresholds", "says"), BANDS)
def test_the_manual_states_the_precision_that_was_judged(
    step: str, measuring: Parameters, thresholds: list[Parameters], says: str
) -> None:
    kind, records = registry()[step], judged_pairs()
    counts = [Counter[bool]() for _ in thresholds]
    labels = [label for label in FOUND if label["step"] == step]
    for label in labels:
        band = _band(kind, records[label["pair"]], measuring, thresholds)
        if band is not None:
            counts[band][label["right"]] += 1
    # Another spelling of a text may move a finding or two over a threshold; the figures hold within that.
    assert sum(count.total() for count in counts) >= 0.95 * len(labels) - 1
    for count, (right, total) in zip(counts, _stated(kind.manual, says), strict=True):
        assert abs(count[True] / count.total() - right / total) <= 0.03
        assert abs(count.total() - total) <= 1 + 0.05 * total


@pytest.mark.parametrize("label", [label for label in LABELS if label not in FOUND], ids=lambda label: label["pair"])
def test_what_a_step_was_changed_for_stays_unfound(label: dict[str, Any]) -> None:
    assert not label["right"]
    for step, measuring, thresholds, _ in BANDS:
        if step == label["step"]:
            assert _band(registry()[step], judged_pairs()[label["pair"]], measuring, thresholds) is None


def test_the_manual_tells_for_how_many_others_the_step_was_changed() -> None:
    changed = Counter(label["step"] for label in LABELS if label not in FOUND)
    assert changed
    for step, _, _, _ in BANDS:
        told = re.findall(r"after the rule was changed for (\d+) others?\b", " ".join(registry()[step].manual.split()))
        assert [*map(int, told)] == [changed[step]] * (step in changed), step


def test_the_manual_counts_every_label() -> None:
    for step, _, _, says in BANDS:
        stated = _stated(registry()[step].manual, says)
        own = [label["right"] for label in FOUND if label["step"] == step]
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


def _kappa(both: list[tuple[bool, bool]]) -> float:
    return float(_kappas(np.array(both)[None])[0])


def _interval(both: list[tuple[bool, bool]]) -> tuple[float, float]:
    """The middle 95 % over samples of the pairs drawn again with replacement."""
    drawn = np.random.default_rng(1).integers(len(both), size=(4000, len(both)))
    low, high = np.nanpercentile(_kappas(np.array(both)[drawn]), [2.5, 97.5])
    return float(low), float(high)


def _kappas(samples: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Cohen's kappa of each sample, of shape (samples, findings, 2); none where both readers say one thing alone."""
    agreed = (samples[..., 0] == samples[..., 1]).mean(axis=1)
    shares = samples.mean(axis=1)
    chance = shares.prod(axis=1) + (1 - shares).prod(axis=1)
    found: npt.NDArray[np.float64] = np.full(len(samples), np.nan)
    np.divide(agreed - chance, 1 - chance, out=found, where=chance < 1)
    return found


def _page(says: str) -> list[float]:
    """The numbers that stand in the page where `says` has its braces."""
    pattern = re.escape(says).replace(r"\{\}", r"(\d*\.?\d+)")
    match = re.search(pattern, " ".join(PAGE.read_text().split()))
    assert match, says
    return list(map(float, match.groups()))


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
