"""What people decided as preferences of a snapshot: which side is which, and what must never stand in them."""

import uuid
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy.orm import Session

from storage import db, learned, preferences, snapshots
from storage.forgetting import exports
from storage.models import Document, Forgotten, Review, Snapshot, User
from storage.settings import Settings
from storage.splits import Rule
from storage.splits.outside import leaking
from tests.storage.rows import add_article, add_pair, add_verdict

RECIPE = "0" * 64
QUESTION = "سردرد شبانه من از چه چیزی است؟"
LONG = "این درد بیشتر از خستگی چشم و کم خوابی می آید و با استراحت بهتر می شود"


class Reviewed:
    """Pairs with verdicts and decisions, added to a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.person = User(name="داور", password_hash="-")
        session.add(self.person)
        session.flush()

    def pair(self, record: str, answer: str, question: str = QUESTION, **more: Any) -> uuid.UUID:
        source, verdict = more.pop("source", "drhast"), more.pop("verdict", True)
        ordinal = more.pop("ordinal", 0)
        document = add_pair(self.session, source, record, question=question, answer="خام " + answer, ordinal=ordinal)
        if verdict:
            add_verdict(self.session, document, cleaned={"question": question, "answer": answer})
        return document

    def decide(self, document: uuid.UUID, decision: str, answer: str | None = None, reason: str | None = None) -> None:
        row = self.session.get_one(Document, document)
        text = {"question": row.question, "answer": answer} if answer else None
        values = {"content_sha256": row.content_sha256, "user_id": self.person.id, "reason": reason, "text": text}
        self.session.add(Review(document_id=document, decision=decision, **values))
        self.session.flush()

    def frozen(self, rule: Rule = Rule.PAPER) -> Snapshot:
        return snapshots.freeze(self.session, "reviewed", RECIPE, rule)


def _rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    path = snapshots.folder(snapshot) / preferences.FILE
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist() if path.exists() else []
    return rows


def test_an_edit_is_chosen_over_the_cleaned_answer_it_was_edited_from(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        document = made.pair("1", "مسکن بخورید با [نام پزشک]")
        made.decide(document, "edit", "پیش از هر دارویی فشار خون را بگیرید")
        frozen = made.frozen()
        [row] = _rows(frozen)
    assert {name: row[name] for name in ("id", "source", "question", "chosen", "rejected", "reason")} == {
        "id": str(document),
        "source": "drhast",
        "question": QUESTION,
        "chosen": "پیش از هر دارویی فشار خون را بگیرید",
        "rejected": "مسکن بخورید با [نام پزشک]",  # as cleaned and masked, not raw
        "reason": "edited",
    }
    assert frozen.manifest["files"][preferences.FILE]["rows"] == 1
    assert frozen.manifest["preferences"] == {"by_reason": {"edited": 1}, "left_out": {}}
    assert list(row) == [*preferences.COLUMNS, *preferences.REJECTED]


def test_an_approved_answer_is_chosen_over_a_rejected_one_of_the_same_folded_question(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        good = made.pair("1", "به متخصص اعصاب مراجعه کنید")
        bad = made.pair("2", "خودش خوب می‌شود", "سردرد شبانه\u200c من، از چه چيزي است", source="niniban")
        other = made.pair("3", "ربطی ندارد", "پرسشی دیگر؟")
        made.decide(good, "approve", "به متخصص اعصاب مراجعه کنید")
        made.decide(bad, "reject", reason="wrong-answer")
        made.decide(other, "reject", reason="wrong-answer")
        rows = _rows(made.frozen())
    assert [(row["id"], row["rejected_id"], row["reason"]) for row in rows] == [(str(good), str(bad), "wrong-answer")]


@pytest.mark.parametrize("count", [(2, 2, 4), (5, 9, preferences.MOST_OF_A_QUESTION)])
def test_answers_of_a_forum_are_paired_up_to_a_bound_and_always_in_one_order(
    database: Settings, count: tuple[int, int, int]
) -> None:
    approved, rejected, pairs = count
    with db.session() as session:
        made = Reviewed(session)
        for number in range(approved):
            text = f"پاسخ درست شماره {number}"
            made.decide(made.pair("forum", text, ordinal=number), "approve", text)
        for number in range(rejected):
            made.decide(made.pair("forum", f"پاسخ بد {number}", ordinal=50 + number), "reject", reason="other")
        first, again = made.frozen(), made.frozen()
        rows = _rows(first)
    assert len(rows) == pairs
    assert first.sha256 == again.sha256
    assert (rows[0]["chosen"], rows[0]["rejected"]) == ("پاسخ درست شماره 0", "پاسخ بد 0")
    assert (rows[1]["chosen"], rows[1]["rejected"]) == ("پاسخ درست شماره 0", "پاسخ بد 1")


def test_what_personal_data_was_found_in_by_people_never_stands_in_them(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        good = made.pair("1", "به متخصص اعصاب مراجعه کنید")
        made.decide(good, "approve", "به متخصص اعصاب مراجعه کنید")
        made.decide(made.pair("2", "با مینا نمونه تماس بگیرید"), "reject", reason="personal-data")
        made.decide(made.pair("3", "با مینا نمونه حرف بزنید"), "edit", "با [نام] حرف بزنید")
        made.decide(made.pair("4", "مینا نمونه خوب است"), "edit", "پزشک خوبی است", reason="personal-data")
        made.decide(
            made.pair("7", "نزد خانم نمونه بروید و ایشان را ببینید"), "edit", "نزد خانم بروید و ایشان را ببینید"
        )
        unseen = made.pair("5", "تماس: مینا نمونه", verdict=False)
        made.decide(unseen, "edit", "تماس نگیرید")
        made.decide(made.pair("6", "شماره مینا نمونه", verdict=False), "reject", reason="other")
        frozen = made.frozen()
    assert _rows(frozen) == []
    assert preferences.FILE not in frozen.manifest["files"]
    assert frozen.manifest["preferences"]["left_out"] == {
        "masked_by_hand": 1,
        "not_cleaned_by_this_recipe": 2,
        "only_cut": 1,
    }


def test_a_spelling_is_no_preference_and_a_repeat_is_none_either(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        made.decide(made.pair("1", "درد را مي كاهد"), "edit", "درد را می کاهد!")
        for record in ("2", "3"):
            made.decide(made.pair(record, "نمی دانم", f"{QUESTION} چرا"), "edit", "پیش پزشک بروید")
        frozen = made.frozen()
    assert len(_rows(frozen)) == 1
    assert frozen.manifest["preferences"]["left_out"] == {"repeated": 1, "same_words": 1}


def test_an_edit_that_was_approved_again_is_still_one_and_a_later_rejection_is_none(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        twice, rejected, stale = (made.pair(r, f"پاسخ {r} کوتاه", f"پرسش {r} تازه؟") for r in "123")
        made.decide(twice, "edit", "پاسخ بلند و درست")
        made.decide(twice, "approve", "پاسخ بلند و درست")
        made.decide(rejected, "edit", "پاسخی دیگر")
        made.decide(rejected, "reject", reason="other")
        values = {"content_sha256": "f" * 64, "user_id": made.person.id, "text": {"answer": "ز"}}
        session.add(Review(document_id=stale, decision="edit", **values))
        session.flush()
        rows = _rows(made.frozen())
    assert [(row["id"], row["chosen"]) for row in rows] == [(str(twice), "پاسخ بلند و درست")]


def test_nothing_of_dev_or_test_stands_in_them(database: Settings) -> None:
    """The paper's rule holds out its test sources and a share of niniban."""
    with db.session() as session:
        made = Reviewed(session)
        held = made.pair("1", LONG, "پرسش آزمون؟", source="isovisit")
        made.decide(held, "edit", "پاسخی ویراسته برای آزمون")
        made.decide(made.pair("2", "پاسخ رد شده آزمون", source="doctor-yab"), "reject", reason="other")
        good = made.pair("3", "به متخصص اعصاب مراجعه کنید")
        made.decide(good, "approve", "به متخصص اعصاب مراجعه کنید")
        near = made.pair("4", LONG.replace("بهتر", "خوب") + " و خواب کافی")
        made.decide(near, "reject", reason="other")
        equal = made.pair("5", "پاسخی ویراسته")
        made.decide(equal, "reject", reason="other")
        made.pair("6", "پاسخی ویراسته", "پرسشی از آزمون", source="isovisit")
        fine = made.pair("7", "نیازی به پزشک نیست")
        made.decide(fine, "reject", reason="other")
        frozen = made.frozen()
    assert [row["rejected_id"] for row in _rows(frozen)] == [str(near), str(fine)]
    assert frozen.manifest["preferences"]["left_out"] == {"near_held_out": 1, "of_a_test_source": 1}


def test_a_text_is_held_against_what_is_held_out_by_likeness_equality_and_runs() -> None:
    words = [f"واژه{number}" for number in range(40)]
    held = [("پرسش کوتاه", " ".join(words)), (None, "سپاس")]
    texts = [
        " ".join(words[:13]) + " سپس چیزهایی که هیچ جای دیگر نیستند و بسیار بلندتر از آن اند",
        " ".join(words[:12]) + " سپس چیزهایی که هیچ جای دیگر نیستند و بسیار بلندتر از آن اند",
        "سپاس!",
        " ".join([*words[:5], "نو", *words[6:16], "نو", *words[17:27], "نو", *words[28:]]),
        "",
    ]
    assert leaking(texts, held) == {0, 2, 3}
    assert leaking(texts, []) == set()


def test_a_snapshot_without_preferences_is_as_it_always_was(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        made.pair("1", "پاسخ")
        made.decide(made.pair("2", "پاسخ دو"), "approve", "پاسخ دو")
        add_verdict(session, add_article(session, "hidoctor", "1"))
        frozen = made.frozen()
    assert set(frozen.manifest["files"]) == {f"pairs/{s}.parquet" for s in ("train", "dev", "test")} | {
        "corpus/train.parquet"
    }
    assert "preferences" not in frozen.manifest
    assert "preferences" not in (snapshots.folder(frozen) / "README.md").read_text(encoding="utf-8")


def test_the_card_and_datasets_know_them(database: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from datasets import load_dataset

    with db.session() as session:
        made = Reviewed(session)
        made.decide(made.pair("1", "پاسخ بد"), "edit", "پاسخی بهتر از آن")
        place = snapshots.folder(made.frozen())
    assert snapshots.verify(place)
    loaded = load_dataset(str(place), "preferences", cache_dir=str(tmp_path / "cache"))
    assert loaded["train"][0]["chosen"] == "پاسخی بهتر از آن"
    assert "| edited | 1 |" in (place / "README.md").read_text(encoding="utf-8")


def test_what_is_forgotten_is_found_on_both_sides(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        good, bad = made.pair("1", "به متخصص مراجعه کنید"), made.pair("2", "خودش خوب می شود", source="niniban")
        made.decide(good, "edit", "به متخصص اعصاب مراجعه کنید")
        made.decide(bad, "reject", reason="wrong-answer")
        frozen = made.frozen()
        by_id, by_record = exports.search({bad}), exports.search(set(), {("niniban", "2")})
        for searched in (by_id, by_record):
            assert searched.unread == []
            assert [(h.path, h.documents) for h in searched.holdings] == [(preferences.FILE, frozenset({bad}))]
        chosen = exports.search({good})
        assert {h.path for h in chosen.holdings} == {preferences.FILE, "pairs/train.parquet"}
        session.add_all([Forgotten(kind="document", id=each) for each in (good, bad)])
        session.flush()
        exports.mark(session, [*by_id.holdings, *chosen.holdings])
        loss = learned.losses(session)[frozen.sha256]
    assert (loss.trained_on, loss.others) == (2, 0)


def test_under_the_grouped_rule_a_rejected_answer_shares_no_shorter_run_either(database: Settings) -> None:
    with db.session() as session:
        made = Reviewed(session)
        for number in range(60):
            words = " ".join(f"واژه{number}و{place}" for place in range(20))
            made.pair(f"held-{number}", words, f"پرسش{number} آیا{number} چرا{number}؟")
        made.decide(made.pair("good", "به متخصص اعصاب مراجعه کنید"), "approve", "به متخصص اعصاب مراجعه کنید")
        for number in range(60):
            words = " ".join(f"واژه{number}و{place}" for place in range(9))
            made.decide(made.pair(f"bad-{number}", f"{words} {number} و دیگر هیچ"), "reject", reason="other")
        frozen = made.frozen(Rule.GROUPED)
        files = frozen.manifest["files"]
        held = files["pairs/dev.parquet"]["rows"] + files["pairs/test.parquet"]["rows"]
        dev = pq.read_table(snapshots.folder(frozen) / "pairs/dev.parquet").to_pylist()
        rejected = " ".join(row["rejected"] for row in _rows(frozen))
    assert held > 0
    assert not any(row["answer"].split()[0] in rejected for row in dev)
    left_out = frozen.manifest["preferences"]["left_out"]
    assert left_out["beyond_most_of_a_question"] == 60 - preferences.MOST_OF_A_QUESTION
