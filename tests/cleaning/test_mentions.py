"""Drugs and diseases found in texts, however they are spelled, and how many are missed."""

import hashlib
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from cleaning.folding import fold
from cleaning.medical import mentions as module
from cleaning.medical.mentions import mentions, mentions_all, names
from cleaning.medical.table import Table, words
from cleaning.medical.terms import Terms
from tests.cleaning.real import real_pairs

LABELS = Path(__file__).with_name("mention_labels.txt")
FILES = ("drhast_kept", "doctor_yab_kept", "niniban_crawled", "isovisit", "mf3qa_test")


@pytest.mark.parametrize(
    ("text", "drugs", "diseases"),
    [
        ("دیابت دارم و متفورمین می‌خورم", {"metformin"}, {"diabetes mellitus"}),
        ("دیابت بارداری", set(), {"gestational diabetes"}),
        ("پلی‌کیستیک", set(), {"polycystic ovary syndrome"}),
        ("پلی کیستیک", set(), {"polycystic ovary syndrome"}),
        ("پليكيستيك", set(), {"polycystic ovary syndrome"}),
        ("METFORMIN 500 mg", {"metformin"}, set()),
        ("لووتیروکسین۵۰", {"levothyroxine"}, set()),
        ("سرترالینو قطع کردم", {"sertraline"}, set()),
        ("استامینوفن کدئین", {"acetaminophen codeine"}, set()),
        ("استامِینوفِن", {"acetaminophen"}, set()),
        ("آموکسی‌سیلین‌ها", {"amoxicillin"}, set()),
        ("ام‌اس یا ام اس", set(), {"multiple sclerosis"}),
        ("هپاتیت ب دارد", set(), {"hepatitis b"}),
        ("فشار خون پایین", set(), {"hypotension"}),
        ("سلام خسته نباشید", set(), set()),
        ("نان خریدم با مادرم و با پدرم", set(), set()),
        ("وبا دوستم رفتیم", set(), set()),
        ("اسم من منیر است", set(), set()),
        ("دلم درد می‌کند", set(), set()),
        ("", set(), set()),
    ],
)
def test_found_and_not_found(text: str, drugs: set[str], diseases: set[str]) -> None:
    found = mentions(text)
    assert set(found.drugs) == drugs
    assert set(found.diseases) == diseases


def test_counts_and_their_order() -> None:
    found = mentions("آسپرین و متفورمین", "متفورمین را بعد از غذا. سرماخوردگی")
    assert found.as_json() == {"drugs": {"metformin": 2, "aspirin": 1}, "diseases": {"common cold": 1}}
    assert list(found.drugs) == ["metformin", "aspirin"]


def test_records_together_are_told_as_each_alone() -> None:
    records = [("دیابت", "آسپرین"), ("", ""), ("سلام", "آسپرین و آسپرین"), ("\ud800", "ام اس"), ("", "دیابت بارداری")]
    assert mentions_all(records) == [mentions(*texts) for texts in records]
    assert mentions_all([]) == []


def test_a_name_may_reach_from_the_question_into_the_answer_but_not_into_the_next_record() -> None:
    assert mentions_all([("دیابت", "بارداری")])[0].diseases == {"gestational diabetes": 1}
    apart = mentions_all([("سلام", "دیابت"), ("بارداری", "")])
    assert [found.diseases for found in apart] == [{"diabetes mellitus": 1}, {}]


@pytest.mark.parametrize("seed", range(4))
def test_a_table_finds_what_its_terms_find(seed: int) -> None:
    """Texts of the terms' own words, so that many overlap, some glued to a number or to each other."""
    draw = random.Random(seed)
    listed = [fold(spelling) for kind in module.LISTS for row in module._rows(kind).values() for spelling in row]
    few = draw.sample(listed, 60)
    terms = Terms((form, f"{number % 40}") for number, form in enumerate(few))
    parts = [*few, *(word for form in few for word in form.split()), *(word for form in few for word in form.split())]
    texts = [
        "".join(draw.choice(parts) + draw.choice(["", "ها", "ی", "50"]) + draw.choice(["", " ", " "]) for _ in range(n))
        for n in range(120)
    ]
    folded = tuple(map(fold, texts))
    table = Table(terms)
    found: list[Counter[str]] = [Counter() for _ in texts]
    for text, key in zip(*(array.tolist() for array in table.find(words(folded))), strict=True):
        found[text][table.keys[key]] += 1
    assert found == [terms.count(text) for text in folded]
    assert sum(map(len, found)) > 1000


def test_the_lists_are_whole() -> None:
    assert len(names("drugs")) >= 450
    assert len(names("diseases")) >= 440
    owners: dict[str, set[str]] = {}
    for kind in module.LISTS:
        text = (module.FOLDER / f"{kind}.txt").read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(rows) == len(names(kind)), f"a name stands twice in {kind}.txt"
        for name, spellings in module._rows(kind).items():
            assert spellings, name
            for spelling in spellings:
                owners.setdefault(fold(spelling), set()).add(name)
    assert {spelling: found for spelling, found in owners.items() if len(found) > 1} == {}


def test_no_ambiguous_word_is_counted_alone() -> None:
    words = list(module._rows("ambiguous"))
    assert len(words) > 30
    assert [word for word in words if mentions(word) != mentions("")] == []


@pytest.mark.parametrize(
    "text", ["دیابت " * 200_000, "ا" * 1_000_000, "درد " * 300_000, "\ud800\x00", "1ا" * 100_000, "کم خونی " * 100_000]
)
def test_long_and_broken_texts_end_soon(text: str) -> None:
    begun = time.process_time()
    mentions(text)
    assert time.process_time() - begun < 2


def test_recall_and_precision_on_judged_real_texts() -> None:
    """Before the missed names were added: 28 of 38 drugs, none wrong; 91 of 117 diseases, 3 of 94 found wrong."""
    labels = {}
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            key, rest = line.split(" ", 1)
            labels[key] = [{name for name in side.strip().split("; ") if name} for side in f" {rest} ".split(" / ")]
    true, found, right = [0, 0], [0, 0], [0, 0]
    for file in FILES:
        for pair in real_pairs(file):
            wanted = labels.pop(hashlib.sha256(f"{pair['question']}\n{pair['answer']}".encode()).hexdigest()[:16], None)
            if wanted is None:
                continue
            text = f"{' '.join(pair['question'].split())[:190]} |A: {' '.join(pair['answer'].split())[:110]}"
            told = mentions(text)
            for side, names_found in enumerate((set(told.drugs), set(told.diseases))):
                true[side] += len(wanted[side])
                found[side] += len(names_found)
                right[side] += len(names_found & wanted[side])
    assert not labels
    assert true[0] >= 38
    assert true[1] >= 115
    assert right[0] / true[0] > 0.9
    assert right[1] / true[1] > 0.9
    assert right[0] / found[0] > 0.9
    assert right[1] / found[1] > 0.9
