"""Searching finds what is written with other letters, and in what people edited; both sides are folded alike."""

import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from storage import db, schema, search
from storage.errors import UsageError
from storage.forgetting import in_texts
from storage.models import Document, Review, SearchText
from storage.settings import Settings
from storage.users import add
from tests.bench.big_house import before_searching
from tests.storage.rows import add_article, add_pair

LETTERS = "".join(in_texts.LETTERS) + "".join(in_texts.DIGITS) + in_texts.UNSEEN + "ﺳﻼﹱو ٔیکهای ۱aB%_\\"


def one(answer: str, record: str = "1") -> uuid.UUID:
    with db.session() as session:
        return add_pair(session, "drhast", record, answer=answer)


def hits(words: str) -> list[uuid.UUID]:
    with db.session() as session:
        return search.found(session, words)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("سردرد شديد با كلسترول", "شدید کلسترول"),
        ("سردرد شدید با کلسترول", "شديد كلسترول"),
        ("می‌خواهم بدانم", "میخواهم"),
        ("میخواهم بدانم", "می‌خواهم"),
        ("فشار ۱۲۰ روی ٨٠", "120"),
        ("فشار 120", "۱۲۰"),
        ("دَرمان", "درمان"),
        ("درمـــان", "درمان"),
        ("Vitamin B12", "VITAMIN b۱۲"),
        ("100%_پوست", "100%_"),
        ("تأیید مسؤول", "تایید مسئول"),
        ("تایید مسئول", "تأیید مسؤول"),
        ("رئیس", "رییس"),
        ("أنسولین خانۀ", "انسولین خانه"),
        ("انسولین خانهٔ", "أنسولین خانۀ"),
        ("ﺳﻼﻡ", "سلام"),
        ("می روم", "می‌روم"),
        ("می‌روم", "می روم"),
        (r"نشانی c:\دارو", r"c:\دارو"),
    ],
)
def test_it_is_found_however_it_is_written(database: Settings, written: str, asked: str) -> None:
    number = one(written)
    one("هیچ ربطی ندارد 100 percent", "2")
    assert hits(asked) == [number]


def test_every_word_must_be_there_and_wildcards_are_letters(database: Settings) -> None:
    one("تب و لرز")
    assert hits("لرزش") == []
    assert hits("لرز سرفه") == []
    assert hits("لر%") == hits("___") == []


@pytest.mark.parametrize(
    "words", ["", "از", "ـــــ", "a" * 201, "از\x00", "یک دو سه چهار پنج شش هفت هشت نهم", "\ud800abc"]
)
def test_what_cannot_be_searched_is_told(database: Settings, words: str) -> None:
    with pytest.raises(UsageError):
        hits(words)


def test_what_people_edited_is_found_until_it_is_undone(database: Settings) -> None:
    number, article = one("پاسخ کوتاه"), None
    with db.session() as session:
        article = add_article(session, "niniban", "7")
        user = add(session, "maryam", "correct horse battery", "annotator")
        values = {"document_id": number, "user_id": user.id, "content_sha256": "0" * 64}
        edit = Review(decision="edit", text={"question": "پرسش", "answer": "پاسخ ويرايش‌شده"}, **values)
        session.add_all([edit, Review(decision="approve", text={"answer": "تأییدشده"}, **values)])
    assert hits("ویرایششده") == [number]
    assert hits("تأییدشده") == []
    assert hits("عنوان متن") == [article]
    with db.session() as session:
        session.get_one(Review, edit.id).undone_at = session.scalar(select(func.now()))
        session.get_one(Document, number).answer = "متنی دیگر"
    assert hits("ویرایششده") == hits("کوتاه") == []
    assert hits("متنی دیگر") == [number]


def test_a_document_leaves_no_text_behind(database: Settings) -> None:
    number = one("پاک می‌شود")
    with db.session() as session:
        session.delete(session.get_one(Document, number))
        session.flush()
        assert session.scalars(select(SearchText)).all() == []


@tuned(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.text(st.sampled_from(LETTERS), max_size=40))
def test_the_database_folds_as_forgetting_does(database: Settings, words: str) -> None:
    with db.session() as session:
        folded = session.scalar(select(func.search_folded(words))) or ""
    assert folded.split() == in_texts.folded(words).split()


def test_a_migration_that_was_interrupted_is_begun_anew(database: Settings) -> None:
    number = one("پیش از کوچ")
    schema.downgrade("0014")
    with db.engine().connect() as connection:
        before = {"before": before_searching()}
        connection.execute(text("UPDATE alembic_version SET version_num = :before"), before)
        connection.execute(text("DELETE FROM search_texts"))
        connection.execute(text("DROP INDEX ix_reviews_told"))
        # As one whose building was killed is left behind.
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_search_texts_folded'::regclass"
        connection.execute(text(broken))
        connection.commit()
    assert schema.upgrade() == schema.head()
    assert hits("کوچ") == [number]
    with db.engine().connect() as connection:
        valid = (
            "SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid::regclass::text IN ('search_texts', 'reviews')"
        )
        assert connection.scalar(text(valid))
        assert connection.scalar(text("SELECT to_regclass('ix_reviews_told') IS NOT NULL"))


def test_letters_are_folded_anew_and_back_by_the_migration(database: Settings) -> None:
    number = one("تأیید")
    schema.downgrade("0014")
    assert hits("تایید") == []
    assert hits("تأیید") == [number]
    schema.upgrade()
    assert hits("تایید") == hits("تأیید") == [number]
