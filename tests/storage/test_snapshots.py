"""A snapshot is what is kept, split as the paper did, immutable and verifiable."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import db, selection, snapshots, verdicts
from storage.documents import DocumentFields, document_id
from storage.errors import DataDamaged, UsageError
from storage.forgetting import exports
from storage.models import Document, Recipe, Review, Snapshot, User
from storage.settings import Settings
from storage.slugs import public_record, public_url
from storage.splits import Rule
from tests.storage.rows import add_article, add_documents, add_page, add_pair, add_verdict

RECIPE = "0" * 64
PAIRS = {"drhast": 4, "niniban": 10, "doctor-yab": 2, "isovisit": 1}


def _fill(session: Session) -> None:
    for source, count in PAIRS.items():
        for n in range(count):
            add_verdict(session, add_pair(session, source, str(n)), cleaned={"answer": f"پاسخ پاک {n}"})
    for n in range(3):
        add_verdict(session, add_article(session, "hidoctor", str(n)))
    add_verdict(session, add_pair(session, "drhast", "short"), "dropped", reason="short-answer")


def _rows(snapshot: Snapshot, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(snapshots.folder(snapshot) / path).to_pylist()
    return rows


def test_splits_follow_the_sources(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        made = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
    sources = {
        split: [r["source"] for r in _rows(made, f"pairs/{split}.parquet")] for split in ("train", "dev", "test")
    }
    assert sources["dev"] == ["niniban"] * 4  # 37 % of 10
    assert sources["train"] == ["drhast"] * 4 + ["niniban"] * 6
    assert sorted(sources["test"]) == ["doctor-yab", "doctor-yab", "isovisit"]
    assert len(_rows(made, "corpus/train.parquet")) == 3


def test_cleaned_text_is_exported_beside_its_page(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        made = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
    row = _rows(made, "pairs/train.parquet")[0]
    assert (row["record"], row["question"], row["answer"]) == ("0", "پرسش 0؟", "پاسخ پاک 0")
    assert len(row["page_sha256"]) == 64


def test_no_doctors_name_is_exported(database: Settings) -> None:
    with db.session() as session:
        add_verdict(session, add_pair(session, "drhast", "1", doctor="دکتر مینا نمونه", speciality="پوست"))
        made = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
    [row] = _rows(made, "pairs/train.parquet")
    assert row["speciality"] == "پوست"
    assert not any("نمونه" in (value or "") for value in row.values())


SLUG = "سلام-خسته-نباشی-اینجانب-علیرضا-توانا-هستم-کدملی-0483729159"


@pytest.mark.parametrize(
    ("url", "record", "public"),
    [
        (f"https://drhast.com/q/123-{quote(SLUG)}", "123", "https://drhast.com/q/123"),
        (f"https://drhast.com/q/{quote(SLUG)}-200123", "200123", "https://drhast.com/q/200123"),
        (f"https://drhast.com/q/123/{SLUG}?q={SLUG}#{SLUG}", "123", "https://drhast.com/q/123"),
        ("https://drhast.com/q/alireza-tavana-0483729159-77", "77", "https://drhast.com/q/77"),
        (f"https://www.hidoctor.ir/357156_{quote(SLUG)}.html/", "357156", "https://www.hidoctor.ir/357156"),
        (f"https://niniban.com/{quote('بخش-سلامت-20')}/243871-{quote(SLUG)}", "243871", "https://niniban.com/243871"),
        (f"https://niniban.com/fa/news/189778/{quote(SLUG)}", "189778", "https://niniban.com/fa/news/189778"),
        (f"https://doctor-yab.ir/faq/{quote(SLUG)}/", SLUG, "https://doctor-yab.ir/faq/"),
        ("https://doctor-yab.ir/faq/alireza-tavana", "alireza-tavana", "https://doctor-yab.ir/faq/"),
        (f"https://nabz.site/{quote(quote(SLUG))}/x", f"{SLUG}/x", "https://nabz.site/"),
        ("https://ali.tavana:0483729159@nabz.site:80/blog/diabetes", "diabetes", "https://nabz.site/blog/diabetes"),
        ("https://nabz.site/۱۲۳/12", "12", "https://nabz.site/12"),
        ("https://[nabz/12", "12", ""),
        ("mailto:ali@nabz.site", "12", ""),
    ],
)
def test_an_exported_address_holds_no_title(url: str, record: str, public: str) -> None:
    assert public_url(url, record) == public


def test_no_title_is_exported_and_every_row_is_found_again(database: Settings) -> None:
    with db.session() as session:
        for source, record, slug in (("drhast", "123", f"123-{SLUG}"), ("doctor-yab", SLUG, SLUG)):
            page = add_page(session, source, f"https://{source}.example/q/{quote(slug)}", source.encode())
            add_documents(session, page, [DocumentFields("qa", record, page.url, question="پرسش؟", answer="پاسخ.")])
            add_verdict(session, document_id(source, "qa", record, 0))
        made = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
        whole = set(session.scalars(select(Document.url)))
    rows = [*_rows(made, "pairs/train.parquet"), *_rows(made, "pairs/test.parquet")]
    assert {row["url"] for row in rows} == {"https://drhast.example/q/123", "https://doctor-yab.example/q/"}
    assert {row["record"] for row in rows} == {"123", public_record(SLUG)}
    told = "\n".join(unquote(value or "") for row in rows for value in row.values())
    assert "علیرضا" not in told
    assert "0483729159" not in told
    assert all(SLUG in unquote(url) for url in whole)
    for named in (("drhast", "123"), ("doctor-yab", SLUG)):
        assert exports.search(set(), {named}).holdings != []


def test_the_same_content_is_the_same_snapshot(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        first = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
        again = snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
        other = snapshots.freeze(session, "other", RECIPE, Rule.PAPER)
    assert again.id == first.id
    assert (other.sha256, other.name) == (first.sha256, "other")
    assert len(list((database.home / "snapshots").iterdir())) == 1


def test_reviews_outrank_verdicts(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        person = User(name="داور", password_hash="-")
        session.add(person)
        session.flush()

        def decide(source: str, record: str, decision: str, **fields: Any) -> None:
            identity = add_pair(session, source, record)
            content = session.get_one(Document, identity).content_sha256
            values = {"content_sha256": content, "user_id": person.id, "reason": None, "text": None}
            session.add(Review(document_id=identity, decision=decision, **(values | fields)))
            session.flush()

        decide("drhast", "short", "approve")
        decide("drhast", "0", "reject", reason="advertisement")
        decide("drhast", "1", "edit", text={"answer": "پاسخ ویراسته"})
        decide("drhast", "2", "reject", content_sha256="f" * 64)
        made = snapshots.freeze(session, "reviewed", RECIPE, Rule.PAPER)
    answers = {r["record"]: r["answer"] for r in _rows(made, "pairs/train.parquet") if r["source"] == "drhast"}
    assert answers == {"1": "پاسخ ویراسته", "2": "پاسخ پاک 2", "3": "پاسخ پاک 3", "short": "پاسخ short."}
    reasons = {row["reason"] for row in made.manifest["counts"]["outcomes"] if row["outcome"] == "rejected"}
    assert reasons == {"advertisement"}


def test_every_document_is_counted(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        counts = snapshots.freeze(session, "first", RECIPE, Rule.PAPER).manifest["counts"]
    assert sum(row["documents"] for row in counts["outcomes"]) == sum(PAIRS.values()) + 3 + 1
    dropped = [row for row in counts["outcomes"] if row["outcome"] == "dropped"]
    assert dropped == [
        {"source": "drhast", "kind": "qa", "outcome": "dropped", "reason": "short-answer", "documents": 1}
    ]


def test_unfinished_cleaning_is_refused(database: Settings) -> None:
    with db.session() as session:
        _fill(session)
        add_pair(session, "drhast", "uncleaned")
        with pytest.raises(UsageError, match="1 documents wait"):
            snapshots.freeze(session, "first", RECIPE, Rule.PAPER)
    assert list((database.home / "snapshots").iterdir()) == []


def test_nothing_kept_is_refused(database: Settings) -> None:
    with db.session() as session, pytest.raises(UsageError, match="nothing is kept"):
        snapshots.freeze(session, "first", RECIPE, Rule.PAPER)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 81, "a b"])
def test_a_name_that_is_none_is_refused(database: Settings, name: str) -> None:
    with db.session() as session, pytest.raises(UsageError, match="cannot name a snapshot"):
        snapshots.freeze(session, name, RECIPE)


@pytest.fixture
def place(database: Settings) -> Path:
    with db.session() as session:
        _fill(session)
        return snapshots.folder(snapshots.freeze(session, "first", RECIPE, Rule.PAPER))


def test_a_whole_snapshot_verifies(place: Path) -> None:
    assert place.name == snapshots.verify(place)["sha256"][:16]


def test_a_changed_file_is_noticed(place: Path) -> None:
    path = place / "pairs/dev.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(DataDamaged, match=r"dev\.parquet"):
        snapshots.verify(place)


def test_a_damaged_snapshot_is_made_anew_by_an_export(place: Path) -> None:
    path = place / "pairs/dev.parquet"
    path.chmod(0o644)
    path.write_bytes(b"cut short")
    with db.session() as session:
        assert snapshots.folder(snapshots.freeze(session, "first", RECIPE, Rule.PAPER)) == place
    assert snapshots.verify(place)["sha256"][:16] == place.name


def test_a_card_that_swaps_the_splits_is_noticed(place: Path) -> None:
    card = place / "README.md"
    card.chmod(0o644)
    card.write_text(
        card.read_text(encoding="utf-8").replace("pairs/test.parquet", "pairs/train.parquet"), encoding="utf-8"
    )
    with pytest.raises(DataDamaged, match=r"README\.md"):
        snapshots.verify(place)


def test_what_is_no_folder_is_no_snapshot(place: Path) -> None:
    with pytest.raises(UsageError, match="is no snapshot"):
        snapshots.verify(place / "manifest.json")


@pytest.mark.parametrize("files", [[], {"pairs/dev.parquet": {}}])
def test_a_manifest_of_another_shape_is_damage(place: Path, files: object) -> None:
    path = place / "manifest.json"
    path.chmod(0o644)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"files": files}), encoding="utf-8")
    with pytest.raises(DataDamaged, match=r"cannot be read|does not say its"):
        snapshots.verify(place)


def test_the_recipe_that_judged_last_is_exported_also_after_a_return_to_it(database: Settings) -> None:
    older, newer = (Recipe(sha256=digit * 64, name="own", measures_sha256="", text=digit) for digit in "12")
    for recipe in (older, newer, older):
        with db.session() as session:
            verdicts.register(session, recipe)
    with db.session() as session:
        assert selection.recipe_named(session, "own") == "1" * 64


def test_a_changed_manifest_is_noticed(place: Path) -> None:
    path = place / "manifest.json"
    path.chmod(0o644)
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["counts"]["splits"] = []
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataDamaged, match="its own hash"):
        snapshots.verify(place)


def test_found_by_name_and_by_hash(place: Path, database: Settings) -> None:
    with db.session() as session:
        by_name = snapshots.find(session, "first")
        assert snapshots.find(session, by_name.sha256[:12]).id == by_name.id
        with pytest.raises(UsageError, match=r"Did you mean first\? There are: first"):
            snapshots.find(session, "frist")


def test_datasets_loads_the_folder(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from datasets import load_dataset

    pairs = load_dataset(str(place), cache_dir=str(tmp_path / "cache"))
    corpus = load_dataset(str(place), "corpus", cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in pairs.items()} == {"train": 10, "dev": 4, "test": 3}
    assert corpus["train"][0]["text"].startswith("متن")


def test_more_documents_are_exported_than_are_read_at_once(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.selection.READ_BATCH", 2)
    with db.session() as session:
        for number in range(7):
            add_verdict(session, add_pair(session, "drhast", str(number), answer=f"پاسخ {number}"))
        made = snapshots.freeze(session, "many", RECIPE, Rule.PAPER)
        assert made.manifest["counts"]["outcomes"][0]["documents"] == 7
