"""Benchmarks' items are found in texts by runs of words, whatever the spelling, and by nothing shorter."""

import gzip
import json
from pathlib import Path

import pytest

from storage import benchmarks, db, grams, snapshots
from storage.benchmarks import Index, Item, Overlap
from storage.benchmarks.files import of_items, published, read
from storage.errors import DataDamaged, UsageError
from storage.settings import Settings
from tests.cleaning.real import DATA, real_pairs
from tests.storage.rows import add_article, add_pair, add_verdict

STEM = "مردی پنجاه ساله با درد ناگهانی قفسه سینه و تعریق سرد به اورژانس آورده می‌شود؛ نخستین اقدام چیست؟"
SHORT = "شایع‌ترین علت کم‌خونی در زنان باردار ایران چیست؟"
OPTIONS = ("گرفتن نوار قلب", "سنجش قند خون", "عکس قفسه سینه", "آزمایش ادرار")
ITEMS = [
    Item("1", STEM, OPTIONS),
    Item("2", SHORT, ("کمبود آهن", "تالاسمی")),
    Item("3", "کدام درست است؟", ("الف", "ب")),
    Item("4", "کدام یک از گزینه‌های زیر درباره این بیماری درست نیست؟", ("تب", "سرفه")),
    Item("5", "کدام یک از گزینه‌های زیر درباره این بیماری درست نیست؟", ("لرز", "درد")),
]
INDEX = Index((of_items("exam", ITEMS),))


def test_a_copy_is_found_with_its_words() -> None:
    text = f"دیروز در آزمون این بود: {STEM} کسی می‌داند؟"
    [found] = INDEX.find(text)
    assert (found.benchmark, found.item) == ("exam", "1")
    assert found.words == STEM.rstrip("؟")
    assert found.runs == len(STEM.split()) - 12


def test_spelling_hides_nothing() -> None:
    other = STEM.replace("ی", "ي").replace("ک", "ك").replace("\u200c", "").replace("؛", " , ").replace(" ", "\n")
    assert [o.item for o in INDEX.find(other)] == ["1"]


def test_twelve_words_of_a_longer_item_are_none_of_it_and_thirteen_are() -> None:
    words = STEM.split()
    assert INDEX.find(" ".join(words[:12]) + " و پس از آن چیز دیگری گفت") == []
    assert INDEX.find(" ".join(words[2:15]))[0].runs == 1


def test_a_short_item_counts_whole_and_one_of_few_words_not_at_all() -> None:
    assert [o.item for o in INDEX.find(f"پرسید: {SHORT} و پاسخی نیامد")] == ["2"]
    assert INDEX.find(SHORT.rsplit(" ", 2)[0]) == []
    assert INDEX.find("کدام درست است؟ الف ب") == []


def test_a_question_of_several_items_tells_none_of_them_without_its_answers() -> None:
    assert INDEX.find(f"{ITEMS[3].asked} نمی‌دانم") == []
    assert [o.item for o in INDEX.find(f"{ITEMS[3].asked} تب سرفه")] == ["4"]


def test_an_item_that_two_benchmarks_have_is_found_for_both() -> None:
    both = Index((of_items("exam", ITEMS), of_items("another", [Item("9", STEM)])))
    assert [(o.benchmark, o.item) for o in both.find(STEM)] == [("another", "9"), ("exam", "1")]
    assert both.sha256 != INDEX.sha256


def test_nothing_is_found_without_benchmarks_or_words() -> None:
    assert Index(()).find(STEM) == []
    assert INDEX.find("") == INDEX.find("؟!") == []


def test_a_registered_file_is_read_back_holds_no_text_and_is_checked(tmp_path: Path) -> None:
    made = of_items("exam", ITEMS)
    path = made.write(tmp_path)
    assert read(path).sha256 == made.sha256
    assert Index((read(path),)).find(STEM) == INDEX.find(STEM)
    text = path.read_text(encoding="utf-8")
    assert not set(STEM.split()) & set(text.split())
    for damage in ("{}", "[]", "", text.replace('"exam"', '"other"'), text.replace('"format": 2', '"format": 1')):
        path.write_text(damage, encoding="utf-8")
        with pytest.raises(DataDamaged, match="register it again"):
            read(path)


def test_what_the_data_folder_registers_counts_and_has_its_own_hash(data_dir: Path) -> None:
    before = benchmarks.index()
    assert benchmarks.index() is before
    assert [b.name for b in before.benchmarks] == ["persian-medical-basics"]
    of_items("exam", ITEMS).write(benchmarks.own_folder())
    after = benchmarks.index()
    assert [o.benchmark for o in after.find(STEM)] == ["exam"]
    assert after.sha256 != before.sha256
    assert benchmarks.index_of(before.sha256) is before
    with pytest.raises(UsageError, match="evaluator register"):
        benchmarks.index_of("0" * 64)


def test_published_files_of_every_shape(tmp_path: Path) -> None:
    rows = [
        {"question": STEM, "options": list(OPTIONS), "answer": "A"},
        {"id": "k", "Question": SHORT, "Free_form_answer": "پاسخ", "Must_have": ["یک", "دو"], "Sources": "http"},
    ]
    plain, zipped = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    assert published(plain) == published(zipped)
    assert published(plain)[0] == Item("1", STEM, (*OPTIONS, "A"))
    assert published(plain)[1] == Item("k", SHORT, ("پاسخ", "یک", "دو"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no items"),
        (b"[1]", "line 1 is list"),
        (b"{", "line 1 is not JSON"),
        (b'{"question": "a"}\n{"answer": "b"}', "line 2 has no question"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (b"\x1f\x8bgarbage", "cannot be read"),
    ],
)
def test_a_file_that_is_no_benchmark_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=told):
        published(path)


def test_a_benchmark_that_cannot_be_looked_for_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing could be looked for"):
        of_items("few", [Item("1", "چرا؟", ("چون",))])
    with pytest.raises(UsageError, match="cannot name a benchmark"):
        of_items("../few", ITEMS)


def test_a_long_text_is_held_against_all_in_one_go() -> None:
    text = "درد سر و تب " * 200_000 + STEM + " تب" * 500_000
    [found] = INDEX.find(text)
    assert found.words == STEM.rstrip("؟")


def test_a_snapshot_tells_what_it_holds_of_benchmarks(database: Settings) -> None:
    of_items("exam", ITEMS).write(benchmarks.own_folder())
    with db.session() as session:
        held = add_pair(session, "drhast", "1", question=STEM, answer="نوار قلب بگیرید")
        for document in (held, add_pair(session, "drhast", "2"), add_article(session, "hidoctor", "3")):
            add_verdict(session, document)
        made = snapshots.freeze(session, "own", "0" * 64)
    found = made.manifest["contamination"]
    assert (found["documents"], found["by_benchmark"]) == (1, {"exam": 1})
    assert found["index_sha256"] == benchmarks.index().sha256
    [row] = found["found"]
    assert (row["document"], row["benchmark"], row["item"]) == (str(held), "exam", "1")
    assert row["words"] == STEM.rstrip("؟")
    assert "- exam: 1" in (snapshots.folder(made) / "README.md").read_text(encoding="utf-8")


def test_published_benchmarks_are_found_where_they_are_and_nowhere_else() -> None:
    path = DATA.parent / "benchmarks" / "kqa_fa.jsonl.gz"
    rows = real_pairs("mf3qa_test")
    index = Index((of_items("kqa", published(path)),))
    hit = [row for row in rows if index.find(f"{row['question']}\n{row['answer']}")]
    assert len(hit) == 201
    assert {row["source"] for row in hit} == {"kqa"}


def test_the_hashes_in_files_already_registered_stay() -> None:
    """Whoever changes the words or their hashes raises `FORMAT`: else what was registered is found no more."""
    assert of_items("exam", ITEMS).sha256 == "cf964c8a3a21d276f7ee49f6e230de73cfdc7a59e8c8f5ab4ec1fa76d9dd55bd"


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("size", [1, 10, 1000, grams.AT_ONCE - 1, grams.AT_ONCE, grams.PIECE - 1, grams.PIECE + 1])
def test_a_text_has_the_same_words_in_any_company(size: int, tied: bool) -> None:
    long = (STEM * (size // len(STEM) + 1))[:size]
    texts = ["", STEM, long, "؟", f"{long[::-1]} آ", "\u200c", "a" * size, SHORT, "\ud800 \U0010ffff", "ها می", "شود"]
    together, before = grams.batch(texts, tied), 0
    for number, text in enumerate(texts):
        alone = grams.batch([text], tied)
        own = slice(*together.bounds[number : number + 2])
        assert together.words[own].tolist() == alone.words.tolist()
        assert (together.starts[own] - before).tolist() == alone.starts.tolist()
        assert (together.ends[own] - before).tolist() == alone.ends.tolist()
        before += len(text) + 1


def test_an_overlap_is_told_by_its_longest_stretch() -> None:
    words = STEM.split()
    text = " ".join([*words[:13], "و", *words[:14]])
    assert INDEX.find(text) == [Overlap("exam", "1", 3, " ".join(words[:14]).rstrip("؛"))]


@pytest.mark.parametrize(
    "written",
    [
        "می شود می گیرد پروتئین های بزرگ تر",
        "می‌شود می‌گیرد پروتئین‌های بزرگ‌تر",
        "میشود میگیرد پروتئینهای بزرگتر",
        "می\u202c \u202bشود می\xa0گیرد پروتئین  های بزرگ تر",
    ],
)
def test_whoever_tied_prefixes_and_endings_an_item_is_found(written: str) -> None:
    rest = "در کدام بافت بدن انسان ساخته و کجا ذخیره خواهد شد هنگام ماﻻریا"
    registered = Index((of_items("own", [Item("1", f"می شود می گیرد پروتئین های بزرگ تر {rest}")]),))
    text = f"{written} {rest.replace('ﻻ', 'لا')}"
    [found] = registered.find(f"پیش از آن {text} و پس از آن")
    assert found.words == text
    assert registered.find(text.replace("بافت", "اندام")) == []


def test_nothing_is_tied_across_texts_and_marks() -> None:
    assert grams.batch(["کار", "ها می", "شود"], tied=True).bounds.tolist() == [0, 1, 3, 4]
    assert len(grams.batch(["کار. ها"], tied=True).words) == len(grams.batch(["کار\nها"], tied=True).words) == 2
    assert len(grams.batch(["ها ها ها ها", "می می می"], tied=True).words) == 2
