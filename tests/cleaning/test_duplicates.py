"""Repeats are found in question, answer and pair apart; what is kept follows from the order alone."""

import random

import pytest

from cleaning.corpus import CorpusPass, Final, Tier
from cleaning.folding import fold, word_string
from cleaning.recipe import Recipe, Step
from cleaning.record import Record
from cleaning.sketch import sketch_all, word_strings
from cleaning.steps import registry

SYLLABLES = [
    "دار",
    "بی",
    "ما",
    "سر",
    "تب",
    "خون",
    "کل",
    "مو",
    "نا",
    "شی",
    "گر",
    "زن",
    "پو",
    "فش",
    "چر",
    "لب",
    "هو",
    "رگ",
]


def words(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(count)]


def edited(text: list[str], share: float, seed: int) -> list[str]:
    rng = random.Random(seed)
    copy = list(text)
    for place in rng.sample(range(len(copy)), int(len(copy) * share)):
        copy[place] = words(1, rng.randrange(10**9))[0]
    return copy


def corpus(*steps: Step) -> Recipe:
    return Recipe("test", "", {}, steps)


def step(name: str, then: str = "drop", **parameters: object) -> Step:
    return Step(registry()[name], dict(parameters), then)


def pairs(*texts: tuple[str, str]) -> list[Record]:
    return [Record("qa", {"question": question, "answer": answer}) for question, answer in texts]


def finals(recipe: Recipe, records: list[Record], tiers: list[Tier] | None = None) -> list[Final]:
    passing = CorpusPass(recipe, lambda places: word_strings([records[place] for place in places]))
    for sketch, tier in zip(sketch_all(records), tiers or [Tier.PASSED] * len(records), strict=True):
        passing.add(sketch, tier)
    return list(passing.finals())


def ends(found: list[Final]) -> list[tuple[str, str | None, int | None]]:
    return [(final.outcome, final.finding.reason if final.finding else None, final.root) for final in found]


def test_exact_repeats_letter_for_letter() -> None:
    records = pairs(("الف", "۱"), ("الف", "۲"), ("الف ", "۳"), ("ب", "۴"))
    found = finals(corpus(step("exact_repeats", field="question")), records)
    assert ends(found) == [
        ("kept", None, 0),
        ("dropped", "repeated_question", 0),
        ("kept", None, None),
        ("kept", None, None),
    ]
    assert found[1].finding
    assert found[1].finding.measure == {"occurrence": 2, "cap": 1}


def test_exact_repeats_but_for_spelling_and_beyond_a_cap() -> None:
    answers = ["می‌شود، بله!", "ميشود بله", "می‌شود بله", "نه", "", ""]
    records = pairs(*((str(number), answer) for number, answer in enumerate(answers)))
    found = finals(corpus(step("exact_repeats", field="answer", folded=True, cap=2)), records)
    assert [final.outcome for final in found] == ["kept", "kept", "dropped", "kept", "kept", "kept"]
    assert found[2].root == 0


def test_question_answer_and_pair_are_looked_at_apart() -> None:
    records = pairs(("الف", "یک"), ("الف", "دو"), ("ب", "یک"), ("الف", "یک"))
    reasons = {
        field: [
            final.finding and final.finding.reason
            for final in finals(corpus(step("exact_repeats", field=field)), records)
        ]
        for field in ("question", "answer", "pair")
    }
    assert reasons == {
        "question": [None, "repeated_question", None, "repeated_question"],
        "answer": [None, None, "repeated_answer", "repeated_answer"],
        "pair": [None, None, None, "repeated_pair"],
    }


def test_a_dropped_text_is_no_ones_first() -> None:
    """The second pair goes for its question; the third repeats its answer and nothing that was kept."""
    records = pairs(("الف", "یک"), ("الف", "دو"), ("ب", "دو"))
    steps = step("exact_repeats", field="question"), step("exact_repeats", field="answer")
    assert [final.outcome for final in finals(corpus(*steps), records)] == ["kept", "dropped", "kept"]


def test_the_better_founded_copy_stays() -> None:
    records = pairs(*[("الف", "یک")] * 3)
    tiers = [Tier.REVIEW, Tier.PASSED, Tier.APPROVED]
    found = finals(corpus(step("exact_repeats", field="pair")), records, tiers)
    assert ends(found) == [("dropped", "repeated_pair", 2), ("dropped", "repeated_pair", 2), ("kept", None, 2)]


def test_canned_replies_are_counted_over_the_whole_corpus() -> None:
    records = pairs(*((str(number), "به پزشک مراجعه کنید") for number in range(5)), ("۶", "پاسخ دیگر"))
    steps = step("exact_repeats", field="answer", cap=2), step("canned_replies", "review", field="answer", times=4)
    found = finals(corpus(*steps), records)
    assert [final.outcome for final in found] == ["review", "review", "dropped", "dropped", "dropped", "kept"]
    assert found[0].finding
    assert found[0].finding == ("canned_answer", {"times": 5, "limit": 4})
    assert [final.root for final in found] == [0, None, 0, 0, 0, None]


def test_one_pair_posted_again_and_again_is_no_canned_reply() -> None:
    records = pairs(*(("پرسش", "به پزشک مراجعه کنید") for _ in range(5)), *((str(n), "دو بار") for n in (1, 2, 2, 2)))
    steps = step("exact_repeats", field="pair"), step("canned_replies", "review", field="answer", times=4)
    assert [final.outcome for final in finals(corpus(*steps), records)] == [
        "kept",
        *["dropped"] * 4,
        "kept",
        "kept",
        *["dropped"] * 2,
    ]


def test_what_is_canned_is_no_ones_first() -> None:
    """The first and second share a question; the first goes for its answer, so the second stays."""
    records = pairs(("الف", "به پزشک مراجعه کنید"), ("الف", "پاسخی از آن خود"))
    records += pairs(*((str(number), "به پزشک مراجعه کنید") for number in range(3)))
    canned, question = step("canned_replies", field="answer", times=4), step("exact_repeats", field="question")
    for steps in ((canned, question), (question, canned)):
        found = finals(corpus(*steps), records)
        assert (
            ends(found)
            == [("dropped", "canned_answer", None), ("kept", None, None)] + [("dropped", "canned_answer", None)] * 3
        )
        assert found[2].finding
        assert found[2].finding.measure == {"times": 4, "limit": 4}


def test_near_repeats_are_verified() -> None:
    originals = [" ".join(words(60, seed)) for seed in range(30)]
    copies = [" ".join(edited(words(60, seed), 0.1, seed)) for seed in range(30)]
    distant = [" ".join(edited(words(60, seed), 0.35, seed + 99)) for seed in range(30)]
    records = pairs(*((str(number), text) for number, text in enumerate(originals + copies + distant)))
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept"] * 30 + ["dropped"] * 30 + ["kept"] * 30
    assert [final.root for final in found[30:60]] == list(range(30))
    for final in found[30:60]:
        assert final.finding
        assert final.finding.reason == "near_answer"
        assert 0.8 <= final.finding.measure["similarity"] <= 0.92


def test_a_chain_of_edits_does_not_tie_its_ends() -> None:
    first = words(100, 1)
    second = edited(first, 0.15, 2)
    third = edited(second, 0.15, 3)
    records = pairs(*(("پرسش", " ".join(text)) for text in (first, second, third)))
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept", "dropped", "kept"]


def test_one_word_makes_another_short_question() -> None:
    records = pairs(("علائم دیابت نوع یک چیست", "۱"), ("علائم دیابت نوع دو چیست", "۲"))
    found = finals(corpus(step("near_repeats", field="question", similarity=0.8, words=10)), records)
    assert [final.outcome for final in found] == ["kept", "kept"]


def test_a_field_the_record_lacks_repeats_nothing() -> None:
    records = [Record("article", {"title": "عنوان", "text": " ".join(words(60, seed))}) for seed in (1, 2)]
    steps = [step("exact_repeats", field=field) for field in ("question", "answer", "pair")]
    near = [step("near_repeats", field="pair", similarity=0.8, words=words) for words in (1, 10)]
    assert [final.outcome for final in finals(corpus(*steps, *near), records)] == ["kept", "kept"]


def test_an_empty_corpus_has_no_finals() -> None:
    assert finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), []) == []


def test_ten_thousand_copies_are_held_against_one() -> None:
    text = " ".join(words(60, 1))
    records = pairs(*(("پرسش", text) for _ in range(10_000)))
    found = finals(corpus(step("near_repeats", field="answer", similarity=0.8, words=10)), records)
    assert sum(final.outcome == "kept" for final in found) == 1


def test_folding_forgets_spelling_alone() -> None:
    assert fold("«مي‌شود» كه؛ ۱۲٣ HbA1c!") == fold("می‌شود که 123 hba1c") == "میشود که 123 hba1c"
    assert len(word_string(fold("یک دو سه"))) == 3
    assert fold("دیابت نوع یک") != fold("دیابت نوع دو")


def test_a_cluster_holds_all_that_hang_together() -> None:
    """The first and second share a question, the second and third an answer; the cap keeps all three."""
    records = pairs(("الف", "یک"), ("الف", "دو"), ("ب", "دو"), ("ج", "سه"))
    steps = step("exact_repeats", field="question", cap=2), step("exact_repeats", field="answer", cap=2)
    found = finals(corpus(*steps), records)
    assert [final.outcome for final in found] == ["kept"] * 4
    assert [final.cluster for final in found] == [0, 0, 0, None]
    tiers = [Tier.REVIEW, Tier.PASSED, Tier.PASSED, Tier.PASSED]
    assert [final.cluster for final in finals(corpus(*steps), records, tiers)] == [1, 1, 1, None]


def test_a_cluster_is_named_by_a_member_that_is_kept() -> None:
    """The first goes for its answer; of those that hang together with it the second is the first kept."""
    records = pairs(("الف", "یک"), ("الف", "دو"), ("ب", "دو"), *[(str(number), "یک") for number in range(2)])
    canned = step("canned_replies", field="answer", times=3)
    steps = canned, step("exact_repeats", field="question"), step("exact_repeats", field="answer")
    found = finals(corpus(*steps), records)
    assert [final.outcome for final in found] == ["dropped", "kept", "dropped", "dropped", "dropped"]
    assert [final.root for final in found] == [None, 1, 1, None, None]
    assert [final.cluster for final in found] == [1] * 5
    assert [final.cluster for final in finals(corpus(canned), records)] == [0, None, None, 0, 0]


def test_a_root_lies_in_its_cluster_and_stays() -> None:
    rng = random.Random(4)
    texts = [" ".join(words(12, seed)) for seed in range(12)]
    texts += [" ".join(edited(words(12, seed), 0.1, seed)) for seed in range(12)]
    records = pairs(*((rng.choice(texts), rng.choice(texts)) for _ in range(200)))
    tiers = [rng.choice(list(Tier)) for _ in records]
    near = [step("near_repeats", field=field, similarity=0.8, words=10, cap=2) for field in ("question", "answer")]
    steps = [step("exact_repeats", field="question", cap=3), *near, step("canned_replies", field="answer", times=9)]
    found = finals(corpus(*steps), records, tiers)
    assert {final.outcome for final in found} == {"kept", "review", "dropped"}
    for place, final in enumerate(found):
        if final.root is not None:
            assert found[final.root].outcome != "dropped"
            assert found[final.root].root is not None
            assert final.cluster == found[final.root].cluster
        if final.cluster is not None:
            assert found[final.cluster].cluster == final.cluster
            assert found[final.cluster].outcome == "kept" or final.outcome != "kept", place


@pytest.mark.parametrize("text", ["", "ا", "\x00\x1f", "؟!", "ا" * 1_000_000, "تب " * 100_000])
def test_hostile_texts_pass(text: str) -> None:
    records = pairs((text, text), (text, text), ("پرسش", text))
    steps = [step("near_repeats", field=field, similarity=0.8, words=1) for field in ("question", "answer", "pair")]
    exact = [step("exact_repeats", field=field, folded=True) for field in ("question", "answer", "pair")]
    for chosen in (steps, exact):
        found = finals(corpus(*chosen), records)
        dropped = [final.outcome == "dropped" for final in found]
        assert dropped == ([False, True, True] if fold(text) else [False] * 3)
