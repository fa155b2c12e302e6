"""BM25 and trigrams against their definitions: a formula written out, and PostgreSQL's own pg_trgm."""

import errno
import math
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from evaluator.retrieval import saved
from evaluator.retrieval.features import counted, trigrams, words
from evaluator.retrieval.letters import LONGEST, plain, readable
from evaluator.retrieval.lexical import Bm25, Trigram
from evaluator.retrieval.postings import Scores
from storage import db
from storage.settings import Settings
from tests.evaluator.retrieval.made import PAIRS

TEXTS = [question for question, _ in PAIRS] + [answer for _, answer in PAIRS] + ["", "تب تب تب", "CRP و ESR ۱۲", "؟!"]
WORDS = ["تب", "سردرد", "کودک", "یبوست", "فشار", "خون", "قند", "آزمایش", "درد", "شدید", "دارو", "۵", "mri"]


def scores(method: Bm25 | Trigram, texts: Sequence[str], query: str, folder: Path) -> Scores:
    folder.mkdir(exist_ok=True)
    method.build(texts, folder)
    kept = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    return method.scorer(kept, len(texts)).scores(query)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("مي‌شود كه  بيماری", "می شود که بیماری"),
        ("مُسَکِّن", "مسکن"),
        ("ﻻﺯﻡ ﷲ", "لازم الله"),
        ("CRP: ۱۲٫۵ / ٣", "crp 12 5 3"),
        ("آب، أب؛ إب!", "اب اب اب"),
        ("كــــتاب", "کتاب"),
        ("İ Ⅷ ﬁ ²", "i viii fi 2"),
        ("\0\ud800\u200f\ufeff", ""),
        ("؟!…", ""),
    ],
)
def test_one_script_whatever_the_spelling(text: str, said: str) -> None:
    assert plain(text) == said


@given(st.text())
def test_plain_text_is_letters_and_single_spaces_and_stays_what_it_is(text: str) -> None:
    once = plain(text)
    assert all(char.isalnum() or char == " " for char in once)
    assert once == " ".join(once.split())
    assert plain(once) == once


@given(st.text())
def test_what_a_model_reads_is_as_long_as_any_normaliser_has_it(text: str) -> None:
    shown = readable(text, 40)
    assert len(shown) <= 40
    assert all(len(unicodedata.normalize("NFKC", char)) == 1 for char in shown)
    shown.encode()


def test_what_a_model_reads_keeps_its_signs() -> None:
    assert readable("تب\n\nدارم؛ مي‌شود؟\0", 99) == "تب دارم؛ می‌شود؟"
    assert readable("ﷺ" * 9, 99) == "صلی الله علیه وسلم" * 5 + "صلی الله "


def test_a_text_is_read_to_its_bound() -> None:
    assert plain("ا" * (LONGEST + 5)) == "ا" * LONGEST


def test_bm25_is_its_formula(tmp_path: Path) -> None:
    spoken = [plain(text).split() for text in TEXTS]
    mean = sum(map(len, spoken)) / len(spoken)

    def expected(query: str, document: list[str]) -> float:
        total = 0.0
        for word in plain(query).split():
            holders = sum(word in other for other in spoken)
            times = document.count(word)
            idf = math.log(1 + (len(spoken) - holders + 0.5) / (holders + 0.5))
            total += idf * times / (times + 1.5 * (0.25 + 0.75 * len(document) / mean))
        return total

    for n, query in enumerate(["تب و سردرد", "تب تب", "پزشك", "هیچکدام نیست", "", "esr"]):
        found = scores(Bm25(), TEXTS, query, tmp_path / str(n))
        assert found == pytest.approx([expected(query, document) for document in spoken], rel=1e-5)


def naive(text: str) -> set[str]:
    """Trigrams as the manual of pg_trgm has them: two blanks before each word, one after."""
    padded = [f"  {word} " for word in plain(text).split()]
    return {word[n : n + 3] for word in padded for n in range(len(word) - 2)}


@given(st.lists(st.text(alphabet="ابتث mاn۱ ‌.", max_size=12), max_size=5))
def test_trigrams_are_those_of_each_word(texts: list[str]) -> None:
    counts = counted(texts, trigrams)
    decoded = ["".join(chr(int(value) >> shift & 0x1FFFFF) for shift in (42, 21, 0)) for value in counts.values]
    found = [{gram for gram, owner in zip(decoded, counts.texts, strict=True) if owner == n} for n in range(len(texts))]
    assert found == [naive(text) for text in texts]


def test_similarity_is_postgresqls(database: Settings, tmp_path: Path) -> None:
    draw = random.Random(3)
    texts = [plain(" ".join(draw.choices(WORDS, k=draw.randint(1, 9)))) for _ in range(60)] + [plain(t) for t in TEXTS]
    with db.session() as session:
        for n, query in enumerate(texts[::9]):
            asked = sql(
                "SELECT similarity(t, :q) FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY u(t, n) ORDER BY n"
            )
            theirs = session.scalars(asked, {"q": query, "texts": texts}).all()
            assert scores(Trigram(), texts, query, tmp_path / str(n)) == pytest.approx(theirs, abs=1e-6)


@given(st.lists(st.text(alphabet="ابپ ‌ۀ", max_size=8), max_size=6))
def test_words_are_counted_by_text(texts: list[str]) -> None:
    counts = counted(texts, words)
    for n, text in enumerate(texts):
        assert sorted(counts.times[counts.texts == n]) == sorted(Counter(plain(text).split()).values())


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "features.npy").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as told:
        Bm25().build(TEXTS, tmp_path)
    assert told.value.errno == errno.ENOSPC  # which a command ends on with exit 4


def test_equal_texts_make_equal_bytes(tmp_path: Path) -> None:
    for method in (Bm25(), Trigram()):
        sums = []
        for name in ("a", "b"):
            folder = tmp_path / f"{method.name}-{name}"
            scores(method, TEXTS, "", folder)
            sums.append([(path.name, path.read_bytes()) for path in sorted(folder.iterdir())])
        assert sums[0] == sums[1]
    assert saved.sha256_of(Bm25().identity) != saved.sha256_of(Bm25(k1=1.2).identity)
