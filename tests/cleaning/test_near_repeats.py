"""Edited copies are found, other content is not, and neither crowds nor batches change what is found."""

import random
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

import cleaning.corpus
from cleaning import candidates
from cleaning.candidates import EARLIEST, LARGEST_GROUP, MOST_ALIKE, Compared, near_pairs
from cleaning.corpus import CorpusPass, Tier
from cleaning.folding import fold
from cleaning.likeness import SCATTERED, heaviest_by_chance, same_content
from cleaning.opposed import marked_string
from cleaning.recipe import Recipe, load
from cleaning.record import Record
from cleaning.sketch import PART, sketch_all, word_strings
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


def template(count: int, fixed: int, own: int) -> list[list[str]]:
    """Texts that open alike and end each in its own way."""
    rng, vocabulary, opening = random.Random(3), words(2000, 4), words(fixed, 5)
    return [opening + rng.choices(vocabulary, k=own) for _ in range(count)]


def test_copies_within_a_template_are_found_and_nothing_else() -> None:
    originals = template(1000, 60, 40)
    rng = random.Random(8)
    copies = [edited_so(text, 0.1, "mixed", rng) for text in originals[:100]]
    records = pairs(*(("پرسش", " ".join(text)) for text in originals + copies))
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept"] * 1000 + ["dropped"] * 100
    assert [final.root for final in found[1000:]] == list(range(100))


def near(texts: list[str]) -> np.ndarray:
    """The pairs of places that `near_pairs` finds."""
    parts = np.concatenate([np.frombuffer(sketch, PART, offset=1) for sketch in sketch_all(articles(texts))])
    strings = [marked_string(fold(text)) for text in texts]
    compared = Compared([parts], np.arange(len(texts)), lambda places: [(strings[place],) for place in places])
    return near_pairs(compared, 0.8)[0]


@pytest.mark.parametrize("count", [LARGEST_GROUP * 4, LARGEST_GROUP * 16])
def test_pairs_grow_with_the_texts_and_not_with_their_square(count: int) -> None:
    text = words(100, 1)
    found = near([" ".join(edited(text, 0.03, seed)) for seed in range(count)])
    assert len(found) <= count * (EARLIEST + MOST_ALIKE)
    assert set(found[found[:, 0] == 0, 1].tolist()) == set(range(1, count))


def test_a_crowd_is_thinned_the_same_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    text = words(100, 1)
    texts = [" ".join(edited(text, 0.05, seed)) for seed in range(150)]
    whole = near(texts)
    monkeypatch.setattr(candidates, "PAIRS_AT_ONCE", 50)
    assert near(texts).tolist() == whole.tolist()


def test_a_crowd_is_held_against_what_is_kept_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text, held = words(100, 1), list[tuple[str, str]]()
    records = articles([" ".join(edited(text, 0.05, seed)) for seed in range(150)])

    def counted(one: str, other: str, enough: bool) -> bool:
        held.append((one, other))
        return same_content(one, other, enough)

    monkeypatch.setattr("cleaning.duplicates.same_content", counted)
    found = finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), records)
    assert {final.cluster for final in found} == {0}
    assert len(held) < 2 * len(records)


def articles(texts: list[str]) -> list[Record]:
    return [Record("article", {"title": "", "text": text}) for text in texts]


def mixed_corpus() -> list[Record]:
    """Texts, near copies of some, copies of copies, and short ones."""
    rng = random.Random(9)
    texts = [words(rng.randint(8, 120), seed) for seed in range(60)]
    for _ in range(120):
        texts.append(edited_so(rng.choice(texts), rng.choice([0.0, 0.03, 0.1]), "mixed", rng))
    rng.shuffle(texts)
    return articles([" ".join(text) for text in texts])


def test_the_pass_finds_what_comparing_all_with_all_finds() -> None:
    records = mixed_corpus()
    strings = [found["text"] for found in word_strings(records)]
    admitted: list[int] = []
    expected: list[int | None] = []
    for place, string in enumerate(strings):
        near = [
            (-1.0, other)
            for other in admitted
            if fold(records[other].fields["text"]) == fold(records[place].fields["text"])
        ]
        for other in admitted:
            likeness = Levenshtein.normalized_similarity(string, strings[other])
            if likeness >= 0.8 - SCATTERED and same_content(string, strings[other], likeness >= 0.8):
                near.append((-likeness, other))
        near = near if len(string) >= 10 else []
        admitted += [] if near else [place]
        expected.append(min(near)[1] if near else None)
    found = finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), records)
    assert [final.root if final.outcome == "dropped" else None for final in found] == expected
    assert 60 <= sum(root is not None for root in expected) < len(records)


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    records = mixed_corpus()
    recipe = corpus(step("near_repeats", field="text", similarity=0.8, words=10))
    whole = finals(recipe, records)
    for name, small in (("TEXTS_AT_ONCE", 3), ("WORDS_AT_ONCE", 500), ("PAIRS_AT_ONCE", 10)):
        monkeypatch.setattr(candidates, name, small)
        assert finals(recipe, records) == whole


def test_texts_are_asked_for_only_where_they_may_repeat_another() -> None:
    records = articles([" ".join(words(60, seed)) for seed in range(50)])
    records += articles([" ".join(edited(words(60, seed), 0.1, seed)) for seed in range(5)])
    asked: set[int] = set()

    def texts(places: list[int]) -> list[dict[str, str]]:
        asked.update(places)
        return word_strings([records[place] for place in places])

    passing = CorpusPass(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), texts)
    for sketch in sketch_all(records):
        passing.add(sketch, Tier.PASSED)
    assert sum(final.outcome == "dropped" for final in passing.finals()) == 5
    assert asked == {*range(5), *range(50, 55)}


@pytest.mark.parametrize(("room", "once"), [(10_000, True), (400, False), (0, False)])
def test_a_text_that_several_steps_ask_for_is_read_once_while_there_is_room(
    room: int, once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [(" ".join(words(20, seed)), " ".join(words(40, 100 + seed))) for seed in range(30)]
    texts += [(question, " ".join(edited(answer.split(), 0.1, 1))) for question, answer in texts[:9]]
    records, asked = pairs(*texts), Counter[int]()
    roomy = finals(shipped(), records)
    monkeypatch.setattr(cleaning.corpus, "REMEMBERED", room)

    def strings(places: list[int]) -> list[dict[str, str]]:
        asked.update(places)
        return word_strings([records[place] for place in places])

    passing = CorpusPass(shipped(), strings)
    for sketch in sketch_all(records):
        passing.add(sketch, Tier.PASSED)
    assert list(passing.finals()) == roomy
    assert asked.keys() == {*range(9), *range(30, 39)}
    assert (set(asked.values()) == {1}) is once
