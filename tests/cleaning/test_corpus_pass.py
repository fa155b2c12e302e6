"""The pass finds what comparing all with all finds; neither crowds nor batches change that, or cost its square."""

import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

import cleaning.corpus
from cleaning import candidates
from cleaning.candidates import EARLIEST, LARGEST_GROUP, MOST_ALIKE, Compared, near_pairs
from cleaning.corpus import CorpusPass, Tier
from cleaning.folding import fold
from cleaning.likeness import SCATTERED, same_content
from cleaning.opposed import marked_string
from cleaning.record import Record
from cleaning.sketch import PART, sketch_all, word_strings
from tests.cleaning.test_duplicates import corpus, edited, finals, pairs, step, words
from tests.cleaning.test_near_repeats import edited_so, shipped


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


def test_a_crowd_that_says_otherwise_is_read_pair_by_pair_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text, held = words(60, 1), Counter[tuple[str, ...]]()
    records = articles([" ".join([*text[:30], f"{number} روز", *text[30:]]) for number in range(1000, 1300)])

    def counted(one: str, other: str, enough: bool) -> bool:
        held[tuple(sorted((one, other)))] += 1
        return same_content(one, other, enough)

    monkeypatch.setattr("cleaning.duplicates.same_content", counted)
    found = finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), records)
    assert {final.outcome for final in found} == {"kept"}
    assert set(held.values()) == {1}
    assert len(held) <= len(records) * (EARLIEST + MOST_ALIKE)


def test_copies_of_a_text_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text, held = words(60, 1), list[str]()
    one, other = " ".join(text), " ".join(edited(text, 0.1, 2))
    canned = step("canned_replies", field="text", times=3)
    near_step = step("near_repeats", "review", field="text", similarity=0.8, words=10)
    records = articles([one, other] * 50)

    def counted(one: str, other: str, enough: bool) -> bool:
        held.append(one)
        return same_content(one, other, enough)

    monkeypatch.setattr("cleaning.duplicates.same_content", counted)
    assert {final.outcome for final in finals(corpus(near_step, canned), records)} == {"dropped"}
    assert len(held) == 1


def articles(texts: list[str]) -> list[Record]:
    return [Record("article", {"title": "", "text": text}) for text in texts]


def mixed_corpus(seed: int = 9) -> list[Record]:
    """Texts, near copies of some, copies of copies, short ones, and such as differ in a number or a denial."""
    rng = random.Random(seed)
    texts = [words(rng.choice([8, 9, 10, 11, 30, 60, 120]), seed) for seed in range(60)]
    for _ in range(120):
        texts.append(edited_so(rng.choice(texts), rng.choice([0.0, 0.03, 0.1]), "mixed", rng))
    for text in rng.sample(texts, 60):
        place = rng.randrange(len(text))
        texts += [[*text[:place], word, *text[place + 1 :]] for word in rng.sample(["۵", "۱۰", "است", "نیست"], 2)]
    texts += rng.sample(texts, 40)
    rng.shuffle(texts)
    return articles([" ".join(text) for text in texts])


def every_pair(records: list[Record], least: int) -> dict[tuple[int, int], float]:
    """The similarity of all that say the same, found by holding each against each."""
    strings = [found["text"] for found in word_strings(records)]
    folded = [fold(record.fields["text"]) for record in records]
    found = {}
    for one, other in combinations(range(len(records)), 2):
        if max(len(strings[one]), len(strings[other])) < least:
            continue
        likeness = Levenshtein.normalized_similarity(strings[one], strings[other])
        if folded[one] == folded[other]:
            found[one, other] = 1.0
        elif likeness >= 0.8 - SCATTERED and same_content(strings[one], strings[other], likeness >= 0.8):
            found[one, other] = likeness
    return found | {(other, one): likeness for (one, other), likeness in found.items()}


def expected(records: list[Record], tiers: list[Tier], least: int, cap: int) -> list[tuple[str, int | None]]:
    """How each leaves, and what it repeats."""
    said, admitted, ends = every_pair(records, least), list[int](), dict[int, tuple[str, int | None]]()
    for place in sorted(range(len(records)), key=lambda place: tiers[place]):
        near = sorted(
            (-said[place, other], admitted.index(other), other) for other in admitted if (place, other) in said
        )
        if len(near) >= cap:
            ends[place] = "dropped", near[0][2]
        else:
            admitted.append(place)
            ends[place] = "review" if tiers[place] == Tier.REVIEW else "kept", None
    return [ends[place] for place in range(len(records))]


@pytest.mark.parametrize(("seed", "cap"), [(9, 1), (10, 2), (11, 1), (12, 3)])
def test_the_pass_finds_what_comparing_all_with_all_finds(seed: int, cap: int) -> None:
    records = mixed_corpus(seed)
    tiers = random.Random(seed).choices(list(Tier), k=len(records))
    found = finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10, cap=cap)), records, tiers)
    ends = [(final.outcome, final.root if final.finding else None) for final in found]
    assert ends == expected(records, tiers, 10, cap)
    assert 60 <= sum(root is not None for _, root in ends) < len(records)


@pytest.mark.parametrize("seed", [9, 10, 11])
def test_clusters_hang_together_by_all_that_say_the_same(seed: int) -> None:
    records = mixed_corpus(seed)
    found = finals(corpus(step("near_repeats", field="text", similarity=0.8, words=10)), records)
    said = every_pair(records, 10)
    beside: dict[int, set[int]] = {place: {place} for place in range(len(records))}
    for one, other in said:
        if beside[one] is not beside[other]:
            beside[one] |= beside[other]
            for place in beside[other]:
                beside[place] = beside[one]
    folded = [fold(record.fields["text"]) for record in records]
    for place, final in enumerate(found):
        whole = beside[place] | {
            other for one in beside[place] for other in range(len(folded)) if folded[other] == folded[one]
        }
        together = {
            other for other, its in enumerate(found) if its.cluster is not None and its.cluster == final.cluster
        }
        assert together == (whole if len(beside[place]) > 1 else set())


def test_copies_of_a_short_text_are_tied_by_what_says_the_same_and_by_nothing_else() -> None:
    text = words(8, 1)
    short = " ".join([*text, "۵"])
    other, same = " ".join([*text, "۱۰", "روز"]), " ".join([*text, "۵", "روز"])
    near_step = step("near_repeats", field="text", similarity=0.8, words=10)
    found = finals(corpus(near_step), articles([short, short, other]))
    assert [(final.outcome, final.cluster) for final in found] == [("kept", None)] * 3
    found = finals(corpus(near_step), articles([short, short, same]))
    assert [(final.outcome, final.cluster) for final in found] == [("kept", 0), ("kept", 0), ("dropped", 0)]


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
