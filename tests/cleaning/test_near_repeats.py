"""Edited copies are found, other content is not."""

import random
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from cleaning.folding import fold
from cleaning.likeness import heaviest_by_chance, same_content
from cleaning.opposed import marked_string
from cleaning.recipe import Recipe, load
from cleaning.record import Record
from cleaning.steps import Sort
from tests.cleaning.real import real_pairs
from tests.cleaning.test_duplicates import corpus, edited, finals, pairs, step, words

REAL = ("niniban_crawled", "drhast_kept", "doctor_yab_kept", "isovisit", "mf3qa_dev", "mf3qa_test")
LABELS = Path(__file__).with_name("duplicate_labels.txt")
"""Pairs of texts that the engine found, or had found before a rule was made stricter, read and judged `same` or
`other`: same is what a reader would not want both of, for one says what the other says, in other words, to another
person or with a remark more or less. By hash."""


EDITS: dict[str, Callable[[list[str], int, str], list[str]]] = {
    "exchanged": lambda text, place, word: [*text[:place], word, *text[place + 1 :]],
    "left out": lambda text, place, _: [*text[:place], *text[place + 1 :]],
    "put in": lambda text, place, word: [*text[:place], word, *text[place:]],
}


def edited_so(
    text: list[str], share: float, kind: str, rng: random.Random, vocabulary: list[str] | None = None
) -> list[str]:
    """A share of the words, to the nearest whole word, edited in one way or, with "mixed", in any."""
    vocabulary = vocabulary or words(500, 7)
    for place in sorted(rng.sample(range(len(text)), max(1, round(len(text) * share))), reverse=True):
        text = EDITS[rng.choice(list(EDITS)) if kind == "mixed" else kind](text, place, rng.choice(vocabulary))
    return text


def shipped() -> Recipe:
    """The near steps of the default recipe, as they stand there."""
    return corpus(*(step for step in load("default").of(Sort.CORPUS) if step.kind.name == "near_repeats"))


def recall(texts: list[list[str]], share: float, kind: str, vocabulary: list[str]) -> float:
    """How many of the texts' edited copies the default recipe finds to be such, all being answers in one corpus.

    Found, and not dropped: where a text goes as the repeat of a third, its copy may be too far from that.
    """
    rng = random.Random(share)
    copies = [edited_so(text, share, kind, rng, vocabulary) for text in texts]
    records = pairs(*((f"پرسش {number}", " ".join(text)) for number, text in enumerate(texts + copies)))
    found = finals(shipped(), records)
    ties = zip(found, found[len(texts) :], strict=False)
    return sum(one.cluster is not None and one.cluster == copy.cluster for one, copy in ties) / len(texts)


@pytest.mark.parametrize("kind", [*EDITS, "mixed"])
@pytest.mark.parametrize(("share", "least"), [(0.05, 0.999), (0.1, 0.999), (0.2, 0.98)])
def test_edited_copies_are_found(share: float, least: float, kind: str) -> None:
    rng = random.Random(1)
    vocabulary = words(3000, 2)
    texts = [rng.choices(vocabulary, k=int(10 * 30 ** rng.random())) for _ in range(600)]
    assert recall(texts, share, kind, words(500, 7)) >= least


@pytest.mark.parametrize(("share", "least"), [(0.05, 0.999), (0.1, 0.999), (0.2, 0.98)])
def test_edited_copies_of_real_texts_are_found(share: float, least: float) -> None:
    """The words put in are real ones, numbers, drugs and negations among them."""
    answers = {fold(pair["answer"]): pair["answer"].split() for name in REAL for pair in real_pairs(name)}
    texts = [text for folded, text in answers.items() if folded.count(" ") >= 9]
    vocabulary = [word for text in texts for word in text]
    texts = random.Random(2).sample(texts, 1000)
    assert recall(texts, share, "exchanged", vocabulary) >= least
    assert recall(texts, share, "mixed", vocabulary) >= least


def test_a_copy_is_compared_where_one_of_the_two_is_long_enough() -> None:
    text = words(10, 3)
    records = pairs(*((str(n), " ".join(some)) for n, some in enumerate((text, text[:-1], text[:-1], text[:-2]))))
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept", "dropped", "dropped", "dropped"]
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records[1:])
    assert [final.outcome for final in found] == ["kept", "kept", "kept"]


AMONG = "بیمار گرامی در پاسخ پرسش شما باید بگویم که {} و پس از آن برای بررسی دوباره با همین نسخه نزد ما بیایید"
OPPOSED = [
    (
        "مصرف آموکسی سیلین در بارداری خطری ندارد و می توانید بخورید",
        "مصرف داکسی سایکلین در بارداری خطر دارد و نمی توانید بخورید",
    ),
    ("خوردن این دارو در شیردهی مجاز است", "خوردن این دارو در شیردهی مجاز نیست"),
    ("روزی یک قرص متفورمین 500 بخورید", "روزی یک قرص گلی بنکلامید 5 بخورید"),
    ("روزی یک قرص متفورمین ۵۰۰ بخورید", "روزی یک قرص متفورمین ۸۵۰ بخورید"),
    ("این علائم از دیابت نوع یک است", "این علائم از دیابت نوع دو است"),
    ("این علائم از سکته قلبی است", "این علائم از سکته مغزی است"),
    ("این علائم از میگرن است", "این علائم از سینوزیت است"),
    ("آن را با غذا بخورید", "آن را با غذا نخورید"),
    ("درد شما می‌تواند از قلب باشد", "درد شما نمی‌تواند از قلب باشد"),
    ("نیاز به جراحی هست", "نیاز به جراحی نیست"),
    ("دارو را قطع کنید", "دارو را قطع نکنید"),
    ("بافت بررسی شده است", "بافت بررسی نشده است"),
    ("هر شش ساعت ۵ میلی لیتر بخورید", "هر شش ساعت ۲٫۵ میلی لیتر بخورید"),
    ("هر شش ساعت ۵ میلی لیتر بخورید", "هر شش ساعت ۵.۲۵ میلی لیتر بخورید"),
    ("از سه سال به بالا بخورد", "از سیزده سال به بالا بخورد"),
    ("اگر دختر باشد طبیعی است", "اگر پسر باشد طبیعی است"),
    ("اگر بیش از سه روز ماند بیایید", "اگر کمتر از سه روز ماند بیایید"),
    ("جواب آزمایش مثبت است", "جواب آزمایش منفی است"),
]
SAME = [
    ("روزی ۲ قرص متفورمین بخورید", "روزی دو قرص متفورمین بخورید"),
    ("روزی دو قرص آموکسی سیلین بخورید", "روزی دو قرص اموکسی‌سیلین بخورید"),
    ("روزی دو قرص متفورمین بخورید", "روزی دو عدد متفورمین بخورید"),
    ("روزی دو قرص متفورمین ۵۰۰ بخورید", "روزی دو قرص ۵۰۰ متفورمین بخورید"),
    ("نیاز به جراحی نیست", "نیاز به عمل نیست"),
    ("روزی 3 تا 4 قرص متفورمین بخورید", "روزی 3 4 قرص متفورمین بخورید"),
    ("روزی 3 4 قرص متفورمین بخورید", "روزی 3 یا 4 قرص متفورمین بخورید"),
]


@pytest.mark.parametrize(("one", "other"), OPPOSED)
def test_a_number_a_drug_or_a_negation_is_other_content(one: str, other: str) -> None:
    assert near_outcomes(one, other) == ["kept", "kept"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_spelling_or_word_is_the_same_content(one: str, other: str) -> None:
    assert near_outcomes(one, other) == ["kept", "dropped"]


def near_outcomes(one: str, other: str) -> list[str]:
    texts = pairs(*((AMONG.format(said), AMONG.format("چنین است")) for said in (one, other)))
    found = finals(corpus(step("near_repeats", field="pair", similarity=0.8, words=30)), texts)
    return [final.outcome for final in found]


def label_key(field: str, *texts: str) -> str:
    return blake2b("\0".join([field, *sorted(texts)]).encode(), digest_size=8).hexdigest()


def test_what_is_found_is_the_same_content() -> None:
    """Of 453 pairs found 155 have a similarity under .9: 99 of 103 judged are the same, and 71 of 71 above: .987."""
    labels = dict(line.split() for line in LABELS.read_text().splitlines())
    raw = {(fold(p["question"]), fold(p["answer"])): p for name in REAL for p in real_pairs(name)}
    records = [Record("qa", {"question": p["question"], "answer": p["answer"]}) for p in raw.values()]
    judged: dict[bool, list[str]] = {True: [], False: []}
    counts = {True: 0, False: 0}
    for field, least in (("answer", 10), ("question", 25), ("pair", 30)):
        folded = [
            fold(record.text(field) or "") if field != "pair" else "\n".join(key)
            for key, record in zip(raw, records, strict=True)
        ]
        found = finals(corpus(step("near_repeats", field=field, similarity=0.8, words=least)), records)
        seen = {}
        for place, final in enumerate(found):
            if final.finding and final.root is not None and final.finding.measure["similarity"] < 1:
                seen[label_key(field, folded[place], folded[final.root])] = final.finding.measure["similarity"] >= 0.9
        for key, high in seen.items():
            counts[high] += 1
            judged[high] += [labels[key]] if key in labels else []
    assert len(judged[False]) >= 95
    assert len(judged[True]) >= 65
    right = sum(counts[high] * judged[high].count("same") / len(judged[high]) for high in counts)
    assert right / sum(counts.values()) >= 0.98


def test_another_sentence_in_its_place_is_other_content() -> None:
    body, first, second = words(80, 1), words(12, 2), words(12, 3)
    one, other = (marked_string(" ".join(body[:40] + middle + body[40:])) for middle in (first, second))
    without = marked_string(" ".join(body))
    assert Levenshtein.normalized_similarity(one, other) > 0.8
    assert not same_content(one, other, True)
    assert same_content(one, without, True)
    assert not same_content(one, without, False)
    assert same_content(one, marked_string(" ".join(edited(body[:40] + first + body[40:], 0.2, 4))), False)


@pytest.mark.parametrize("length", [20, 60, 300, 2000])
def test_chance_alone_rarely_makes_a_heavy_stretch(length: int) -> None:
    rng, weights = random.Random(length), []
    for _ in range(400):
        changed = set(rng.sample(range(length), length // 5))
        weight = heaviest = 0
        for place in range(length):
            weight = max(0, weight + (1 if place in changed else -2))
            heaviest = max(heaviest, weight)
        weights.append(heaviest)
    assert sum(weight > heaviest_by_chance(length) for weight in weights) <= 4


def test_a_pair_is_near_when_question_and_answer_are() -> None:
    question, answer = words(20, 1), words(60, 2)
    near = " ".join(edited(question, 0.1, 3)), " ".join(edited(answer, 0.1, 4))
    elsewhere = " ".join(words(20, 5)), " ".join(edited(answer, 0.1, 6))
    records = pairs((" ".join(question), " ".join(answer)), near, elsewhere)
    found = finals(corpus(step("near_repeats", field="pair", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept", "dropped", "kept"]
