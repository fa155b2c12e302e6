"""Searching a snapshot: what is found, the index that is built once, the item's own pairs, hostile questions."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.retrieval import METHODS, Own, Retriever, retriever_of, taken
from evaluator.retrieval.letters import LONGEST, plain
from evaluator.retrieval.lexical import Bm25, Trigram
from evaluator.retrieval.retriever import FIRST_RANKED
from storage import db
from storage.errors import DataDamaged, UsageError
from storage.models import ForgottenRow
from storage.settings import Settings
from tests.evaluator.retrieval.made import PAIRS, id_of, write

LEXICAL: list[Bm25 | Trigram] = [Bm25(), Trigram()]
HEADACHE = "چشمم تار مي بيند و سر درد دارم"


@pytest.fixture
def snapshot(data_dir: Path, tmp_path: Path) -> Path:
    return write(tmp_path / "snapshot")


def ids(retriever: Retriever, question: str, k: int = 5, own: Own | None = None) -> list[str]:
    return [hit.pair.id for hit in retriever.search(question, k, own).hits]


def indexes(data_dir: Path) -> list[Path]:
    return sorted(path for path in (data_dir / "retrieval").iterdir() if path.is_dir())


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
def test_the_most_similar_question_comes_first(snapshot: Path, method: Bm25 | Trigram) -> None:
    retriever = Retriever(taken(str(snapshot)), method)
    [first, *_] = retriever.search(HEADACHE).hits
    assert (first.pair.id, first.pair.question, first.pair.answer) == (id_of(1), *PAIRS[1])
    found = retriever.search(HEADACHE, 6).hits
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert all(hit.score > 0 for hit in found)
    assert ids(retriever, HEADACHE, 1) == [id_of(1)]
    assert retriever.name == f"retriever:{method.name}@{snapshot}"


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
def test_equal_scores_stand_in_the_snapshots_order(data_dir: Path, tmp_path: Path, method: Bm25 | Trigram) -> None:
    pairs = [("تب و لرز", f"پاسخ {n}") for n in range(40)] + [("تب", "تنها")] + [("تب و لرز", "آخر")]
    retriever = Retriever(taken(str(write(tmp_path / "s", pairs))), method)
    for k in (1, 7, 40, 41, 60):
        found = ids(retriever, "تب و لرز", k)
        assert found == [id_of(n) for n in [*range(40), 41, 40]][:k]


def test_a_method_of_another_name_lists_those_there_are() -> None:
    assert set(METHODS) == {"bm25", "trigram", "embedding"}
    with pytest.raises(UsageError, match=r"no method of retrieval is named 'bm26'. Did you mean bm25\?"):
        retriever_of("bm26", "nowhere")


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
def test_an_index_is_built_once_for_a_snapshots_hash(
    snapshot: Path, data_dir: Path, tmp_path: Path, method: Bm25 | Trigram
) -> None:
    found = ids(Retriever(taken(str(snapshot)), method), HEADACHE)
    [index] = indexes(data_dir)
    before = {path.name: path.stat().st_mtime_ns for path in index.iterdir()}
    copy = shutil.copytree(snapshot, tmp_path / "copy")
    assert ids(Retriever(taken(str(copy)), method), HEADACHE) == found
    assert {path.name: path.stat().st_mtime_ns for path in index.iterdir()} == before
    other = write(tmp_path / "other", PAIRS[:3])
    ids(Retriever(taken(str(other)), method), HEADACHE)
    assert len(indexes(data_dir)) == 2


def test_no_text_is_kept_in_an_index(snapshot: Path, data_dir: Path) -> None:
    for method in LEXICAL:
        ids(Retriever(taken(str(snapshot)), method), HEADACHE)
    kept = b"".join(path.read_bytes() for path in (data_dir / "retrieval").rglob("*") if path.is_file())
    assert len(kept) > 1000
    for word in ("استامینوفن", "تیروئید"):
        assert not any(word.encode(code) in kept for code in ("utf-8", "utf-16-le", "utf-32-le"))


@pytest.mark.parametrize("how", ["cut", "flipped", "missing", "no manifest", "not json", "other key", "a list"])
def test_a_damaged_index_is_built_anew(snapshot: Path, data_dir: Path, how: str) -> None:
    found = ids(Retriever(taken(str(snapshot)), Bm25()), HEADACHE)
    [index] = indexes(data_dir)
    sound = {path.name: path.read_bytes() for path in index.iterdir()}
    weights, manifest = index / "weights.npy", index / "manifest.json"
    match how:
        case "cut":
            weights.write_bytes(sound["weights.npy"][:-3])
        case "flipped":
            weights.write_bytes(sound["weights.npy"][:-1] + bytes([sound["weights.npy"][-1] ^ 1]))
        case "missing":
            weights.unlink()
        case "no manifest":
            manifest.unlink()
        case "not json":
            manifest.write_text("{")
        case "other key":
            manifest.write_text(manifest.read_text().replace('"key": "', '"key": "0'))
        case "a list":
            manifest.write_text("[]")
    assert ids(Retriever(taken(str(snapshot)), Bm25()), HEADACHE) == found
    assert {path.name: path.read_bytes() for path in index.iterdir()} == sound


BUILT = """
import sys
from evaluator.retrieval import Retriever, taken
from evaluator.retrieval.lexical import Bm25
from tests.evaluator.retrieval import made
class Slow(Bm25):
    def build(self, texts, folder):
        super().build(texts, folder)
        (folder / "weights.npy").write_bytes(b"half")
        print("half", flush=True)
        sys.stdin.read()
Retriever(taken(sys.argv[1]), Slow()).search("x")
"""


def test_a_killed_build_leaves_nothing_that_is_taken_for_an_index(snapshot: Path, data_dir: Path) -> None:
    keys = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", BUILT, str(snapshot)], **keys) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert not [path for path in indexes(data_dir) if not path.name.startswith(".")]
    assert ids(Retriever(taken(str(snapshot)), Bm25()), HEADACHE)[0] == id_of(1)


def _searched(snapshot: str, folder: str, found: "multiprocessing.Queue[list[str]]") -> None:
    os.environ["TABIB_DATA_DIR"] = folder
    found.put(ids(Retriever(taken(snapshot), Trigram()), HEADACHE))


def test_processes_that_begin_together_build_one_index(snapshot: Path, data_dir: Path) -> None:
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[list[str]] = context.Queue()
    several = [context.Process(target=_searched, args=(str(snapshot), str(data_dir), queue)) for _ in range(3)]
    for process in several:
        process.start()
    found = [queue.get(timeout=60) for _ in several]
    for process in several:
        process.join()
    assert found[0]
    assert found.count(found[0]) == 3
    assert len(indexes(data_dir)) == 1


# Long enough for a run of 13 words.
LONG = "دو هفته است که پس از خوردن غذا درد شدیدی در بالای شکم سمت راست دارم و شب‌ها بیدار می‌شوم"


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
@pytest.mark.parametrize(
    "stored",
    [
        (LONG, "پاسخ"),
        (LONG.replace("ی", "ي").replace("‌", " "), "پاسخ"),
        (LONG.replace("شدیدی", "بدی").replace("راست", "چپ"), "پاسخ"),  # two words of 18
        (f"سلام آقای دکتر خسته نباشید {LONG} لطفا راهنمایی کنید که چه کار باید بکنم ممنونم از شما", "پاسخ"),
        ("پرسش کاربر", f"پرسیده‌اید: {LONG}؟ به پزشک مراجعه کنید."),
    ],
)
def test_the_items_own_pair_is_left_out_and_counted(
    data_dir: Path, tmp_path: Path, method: Bm25 | Trigram, stored: tuple[str, str]
) -> None:
    retriever = Retriever(taken(str(write(tmp_path / "s", [*PAIRS, stored]))), method)
    question = LONG if stored[0] != "پرسش کاربر" else f"{LONG} پرسش کاربر"
    every = ids(retriever, question, 99)
    assert id_of(len(PAIRS)) in every
    hits, left_out = retriever.search(question, 99, Own(question))
    assert left_out == 1
    assert [hit.pair.id for hit in hits] == [id_ for id_ in every if id_ != id_of(len(PAIRS))]


def test_a_similar_question_is_not_the_item_itself(snapshot: Path) -> None:
    retriever = Retriever(taken(str(snapshot)), Bm25())
    hits, left_out = retriever.search(HEADACHE, 3, Own(HEADACHE))
    assert (hits[0].pair.id, left_out) == (id_of(1), 0)


def test_a_pair_that_holds_question_and_options_is_the_items_own(data_dir: Path, tmp_path: Path) -> None:
    question, options = "کدام ویتامین محلول در آب است؟", ["ویتامین آ", "ویتامین ث", "ویتامین دی", "ویتامین کا"]
    told = "در آزمون آمده بود: کدام ویتامین محلول در آب است؟ ویتامین آ، ویتامین ث، ویتامین دی، ویتامین کا"
    retriever = Retriever(taken(str(write(tmp_path / "s", [(told, "گزینه دو")]))), Bm25())
    assert retriever.search(question, 3, Own(question)).left_out == 0
    assert retriever.search(question, 3, Own(question, options)) == ([], 1)


def test_more_own_pairs_than_are_looked_at_first(data_dir: Path, tmp_path: Path) -> None:
    pairs = [(LONG, f"پاسخ {n}") for n in range(9 * FIRST_RANKED)] + [("درد شکم", "آب بنوشید")]
    retriever = Retriever(taken(str(write(tmp_path / "s", pairs))), Bm25())
    hits, left_out = retriever.search(LONG, 2, Own(LONG))
    assert [hit.pair.answer for hit in hits] == ["آب بنوشید"]
    assert left_out == 9 * FIRST_RANKED


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
@pytest.mark.parametrize("question", ["", "   ", "؟؟!", "\0", "\ud800", "𓀀" * 9, "ok"])
def test_what_has_nothing_in_common_finds_nothing(snapshot: Path, method: Bm25 | Trigram, question: str) -> None:
    assert Retriever(taken(str(snapshot)), method).search(question, 5, Own(question)) == ([], 0)


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
@pytest.mark.parametrize("piece", ["تب و درد ", "ا", "َِ", "ﷺ", "\u0315\u0300"])
def test_a_question_of_a_megabyte_is_read_to_its_bound(snapshot: Path, method: Bm25 | Trigram, piece: str) -> None:
    question = piece * (1_000_000 // len(piece))
    read = question[:LONGEST]
    assert len(plain(question)) <= 18 * LONGEST  # U+FDFA becomes 18 letters, and none more
    retriever = Retriever(taken(str(snapshot)), method)
    assert retriever.search(question, 5, Own(question)) == retriever.search(read, 5, Own(read))


@pytest.mark.parametrize("method", LEXICAL, ids=lambda m: m.name)
def test_pairs_without_texts_are_no_trouble(data_dir: Path, tmp_path: Path, method: Bm25 | Trigram) -> None:
    pairs = [(None, "پاسخ"), ("؟", None), ("", ""), ("تب دارم", None)]
    retriever = Retriever(taken(str(write(tmp_path / "s", pairs))), method)
    [hit] = retriever.search("تب", 5, Own("تب")).hits
    assert hit.pair == (id_of(3), "تب دارم", "")
    wordless = Retriever(taken(str(write(tmp_path / "t", [(None, None)]))), method)
    assert wordless.search("تب").hits == []


def test_a_snapshot_that_cannot_be_searched_says_why(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no training pairs: there is nothing to search"):
        taken(str(write(tmp_path / "empty", [])))
    with pytest.raises(UsageError, match="is no snapshot"):
        taken(str(tmp_path))
    with pytest.raises(UsageError, match="there is no snapshot folder"):
        taken(str(tmp_path / "nowhere"))
    folder = write(tmp_path / "broken")
    (folder / "pairs" / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataDamaged, match="does not match the manifest"):
        taken(str(folder))


def test_what_was_forgotten_is_shown_no_more(database: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "snapshot")
    before = Retriever(taken(str(folder)), Bm25())
    assert ids(before, HEADACHE)[0] == id_of(1)
    with db.session() as session:
        row = {"snapshot_sha256": before.pairs.sha256[:16], "document_id": id_of(1), "path": "pairs/train.parquet"}
        session.add(ForgottenRow(**row))
    after = Retriever(taken(str(folder)), Bm25())
    assert id_of(1) not in ids(after, HEADACHE)
    assert after.sha256 != before.sha256
