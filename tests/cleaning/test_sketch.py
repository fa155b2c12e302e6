"""A sketch depends on its record alone, whatever the batch, and takes any text."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.folding import fold, fold_all
from cleaning.minhash import BANDS, GRAM, agreeing
from cleaning.record import Record
from cleaning.sketch import PART, VERSION, Sketches, read_header, sketch_all, word_strings

HOSTILE = {
    "empty": "",
    "spaces": " \n\t ",
    "one letter": "ا",
    "punctuation": "؟!..",
    "control characters": "\x00\x01\x1f\x7f\u200f\u202e",
    "lone surrogates": "\ud800درد\udfff",
    "marks alone": "ًٌٍ" * 50,
    "another script": "発熱と頭痛が三日続く " * 20,
    "beyond the basic plane": "𝟛 𐍈 𠮷 😀 " * 20,
    "a case that grows": "İΣς ẞ ﬁ",
    "a million letters": "ا" * 1_000_000,
    "a million words": "تب " * 1_000_000,
}


def qa(question: str, answer: str = "") -> Record:
    return Record("qa", {"question": question, "answer": answer})


def parts(*texts: str) -> np.ndarray:
    """One PART a text, through articles."""
    sketches = sketch_all([Record("article", {"title": "عنوان", "text": text}) for text in texts])
    return np.concatenate([np.frombuffer(sketch, PART, offset=1) for sketch in sketches])


def folded_texts(texts: list[str]) -> list[str]:
    folded = fold_all(texts)
    pieces = [folded.points[a:b] for a, b in zip(folded.starts.tolist(), folded.ends.tolist(), strict=True)]
    return [piece.tobytes().decode("utf-32-le", "surrogatepass") for piece in pieces]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_a_batch_folds_as_its_texts_do_alone(texts: list[str]) -> None:
    assert folded_texts(texts) == [fold(text) for text in texts]
    assert fold_all(texts).words.tolist() == [len(fold(text).split()) for text in texts]


def test_folding_lower_cases_and_unifies() -> None:
    texts = ["«مي‌شود» كه؛ ۱۲٣ HbA1c!", "İstanbul ΟΔΟΣ", "بَـــد", ""]
    assert folded_texts(texts) == ["میشود که 123 hba1c", "istanbul οδοσ", "بد", ""]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_has_a_sketch(name: str) -> None:
    text = HOSTILE[name]
    alone, among = parts(text), parts("یک متن دیگر برای آزمون", text, "")
    assert alone.tobytes() == among[1:2].tobytes()
    assert alone["words"] == len(fold(text).split())
    assert bool(alone["exact"].any()) == bool(text.strip())
    assert bool(alone["folded"].any()) == bool(fold(text))
    assert bool(alone["bands"].any()) == (len(fold(text)) >= GRAM)
    assert len(next(word_strings([qa(text)]))["question"]) == min(int(alone["words"][0]), 5000)


def test_batches_change_nothing() -> None:
    rng = random.Random(5)
    records = [
        qa(" ".join(rng.choices(["درد", "تب", "سرفه", "قرص"], k=n)), "".join(rng.choices("ابپتث ", k=3 * n)))
        for n in range(300)
    ]
    records[100] = Record("article", {"title": "عنوان", "text": "متن " * 50_000})
    whole = sketch_all(records)
    assert whole == [sketch_all([record])[0] for record in records]
    assert {len(sketch) for sketch in whole} == {1 + PART.itemsize, 1 + 2 * PART.itemsize}


def test_exact_is_letter_for_letter_and_folded_but_for_spelling() -> None:
    one, other, third = parts("می‌شود، بله!", "ميشود بله", "می‌شود بلی")
    assert one["folded"].tolist() == other["folded"].tolist() != third["folded"].tolist()
    assert one["exact"].tolist() != other["exact"].tolist()
    assert one["bands"].tolist() == other["bands"].tolist()


def test_bits_estimate_what_texts_have_in_common() -> None:
    """Halves of one text: a third of all grams in common gives a half of the bits, within three deviations."""
    rng = random.Random(6)
    some = ["".join(rng.choices("ابپتثجچحخدرزسشصعفقکگلمنوهی", k=40)) for _ in range(3)]
    found = parts(some[0] * 10 + some[1] * 10, some[0] * 10 + some[2] * 10)
    assert agreeing(found["bits"][:1], found["bits"][1:])[0] == pytest.approx(0.5, abs=0.1)
    assert agreeing(found["bits"][:1], found["bits"][:1])[0] == 1


def test_a_title_is_not_compared() -> None:
    first, second = (Record("article", {"title": title, "text": "همان متن"}) for title in ("یک", "دو"))
    assert sketch_all([first]) == sketch_all([second])


@pytest.mark.parametrize("broken", [b"", b"\x00", bytes([2 * VERSION]) + b"short", bytes([2 * VERSION + 2])])
def test_what_is_no_sketch_of_this_version_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="not a sketch"):
        Sketches().add(broken)


def test_sketches_are_held_packed_by_kind() -> None:
    records = [qa("یک", "دو"), Record("article", {"title": "", "text": "سه"}), qa("چهار", "پنج")]
    held = Sketches()
    for sketch in sketch_all(records):
        assert read_header(sketch) in ("qa", "article")
        held.add(sketch)
    places, (question, answer) = held.parts(("question", "answer"))
    assert places.tolist() == [0, 2]
    assert question["words"].tolist() == answer["words"].tolist() == [1, 1]
    assert held.parts(("text",))[0].tolist() == [1]
    assert question["bands"].shape == (2, BANDS)
    with pytest.raises(ValueError, match="no kind of record"):
        held.parts(("title",))
