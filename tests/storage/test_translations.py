"""Translations in doubt on the real database: they wait, are decided by their words, and wait anew in others."""

import threading
import time

import pytest
from sqlalchemy import select, text, update

from storage import db, schema, translations
from storage.errors import TabibError, UsageError
from storage.models import AuditEvent, Decision, Translation
from storage.settings import Settings
from storage.translations import Doubtful, Made, Ruling

MADE = Made("exam", "fa", "mt", "1" * 64, "2" * 64)
SOURCE = {"question": "Which is 2 L?", "A": "liver", "B": "spleen"}


def doubtful(item: str, question: str = "کدام؟", **flags: str) -> Doubtful:
    translated = {"question": question, "A": "کبد", "B": "طحال"}
    return Doubtful(item, SOURCE, translated, {place: [line] for place, line in (flags or {"question": "2"}).items()})


def put(*found: Doubtful, made: Made = MADE) -> None:
    with db.session() as session:
        translations.put(session, made, found)


def waiting(**keys: object) -> list[Translation]:
    with db.session() as session:
        return list(translations.listed(session, **keys))  # type: ignore[arg-type]


def decide(number: int, decision: Decision, **keys: object) -> Translation:
    with db.session() as session:
        return translations.decide(session, number, Ruling(decision, "sara", **keys))  # type: ignore[arg-type]


def test_what_waits_is_kept_once_and_goes_when_it_is_found_no_more(database: Settings) -> None:
    put(doubtful("1"), doubtful("2", "دو"))
    put(doubtful("1", question="کدام؟", B="another line"), doubtful("3", "سه"))
    assert [(row.item, row.flags) for row in waiting()] == [
        ("1", {"B": ["another line"]}),
        ("3", {"question": ["2"]}),
    ]
    put(doubtful("9", "نه"), made=Made("other", "fa", "mt", "1" * 64, "2" * 64))
    assert [row.item for row in waiting(benchmark="exam")] == ["1", "3"]
    assert waiting(language="en") == []


def test_another_models_translation_takes_the_place_of_what_waited(database: Settings) -> None:
    other = Made("exam", "fa", "mt-2", "3" * 64, "4" * 64)
    put(doubtful("1"), doubtful("2", "دو"), doubtful("3", "سه"))
    decide(waiting()[2].id, Decision.REJECT)
    put(doubtful("2", "دو"), doubtful("1", "یک"), made=other)
    assert [(row.item, row.translated["question"], row.model) for row in waiting()] == [
        ("2", "دو", "mt-2"),
        ("1", "یک", "mt-2"),
    ]
    assert [row.item for row in waiting(every=True)] == ["2", "3", "1"]
    put(made=other)
    assert waiting() == []


def test_a_decision_is_about_the_words_and_outlasts_what_is_found_later(database: Settings) -> None:
    put(doubtful("1"))
    [row] = waiting()
    decide(row.id, Decision.APPROVE)
    put()
    put(doubtful("1", question="کدام؟", A="found now"), doubtful("1", "دیگر"))
    assert [each.translated["question"] for each in waiting()] == ["دیگر"]
    with db.session() as session:
        found = translations.decided(session, [doubtful("1").sha256("fa"), doubtful("1", "دیگر").sha256("fa")])
        assert [each.decision for each in found.values()] == ["approve"]
        assert [(e.actor, e.action, e.subject) for e in session.scalars(select(AuditEvent))] == [
            ("sara", "translation approve", "exam 1")
        ]


def test_the_same_words_wait_in_each_benchmark_and_are_decided_once_for_all(database: Settings) -> None:
    later = Made("later exam", "fa", "mt", "1" * 64, "2" * 64)
    put(doubtful("1"), doubtful("2", "دو"))
    put(doubtful("1"), doubtful("3", "سه"), made=later)
    assert [row.item for row in waiting(benchmark="later exam")] == ["1", "3"]
    put(made=Made("exam", "fa", "mt-2", "3" * 64, "4" * 64))
    assert [(row.benchmark, row.item) for row in waiting()] == [("later exam", "1"), ("later exam", "3")]
    put(doubtful("1"))
    ours, others = waiting(benchmark="exam"), waiting(benchmark="later exam")
    decide(ours[0].id, Decision.EDIT, texts={"A": "جگر"})
    assert [row.item for row in waiting()] == ["3"]
    put(doubtful("1"), made=Made("third exam", "fa", "mt", "1" * 64, "2" * 64))
    assert [row.item for row in waiting()] == ["3"]
    assert decide(others[0].id, Decision.EDIT, texts={"B": "کبد"}).edited == {"A": "جگر", "B": "کبد"}
    assert [row.edited for row in waiting(every=True) if row.item == "1"] == [{"A": "جگر", "B": "کبد"}] * 2


def test_the_table_goes_back_to_one_row_of_the_same_words(database: Settings) -> None:
    for benchmark in ("exam", "later exam"):
        put(doubtful("1"), doubtful("2", "دو"), made=Made(benchmark, "fa", "mt", "1" * 64, "2" * 64))
    decide(waiting()[0].id, Decision.APPROVE)
    schema.downgrade("0008")
    assert schema.upgrade() == schema.head()
    assert [(row.benchmark, row.item, row.decision) for row in waiting(every=True)] == [
        ("exam", "1", "approve"),
        ("exam", "2", None),
    ]


def test_an_edit_holds_the_texts_it_changes_and_a_later_one_adds_to_it(database: Settings) -> None:
    put(doubtful("1"))
    [row] = waiting()
    assert decide(row.id, Decision.EDIT, texts={"A": "جگر"}).edited == {"A": "جگر"}
    assert decide(row.id, Decision.EDIT, texts={"question": "۲ لیتر؟"}).edited == {"A": "جگر", "question": "۲ لیتر؟"}
    assert decide(row.id, Decision.REJECT, reason="untranslatable").edited is None
    assert waiting() == []
    assert [each.reason for each in waiting(every=True)] == ["untranslatable"]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({}, "an edit needs its text"),
        ({"C": "x"}, "has no C: its places are"),
        ({"A": " "}, "would have nothing as A"),
        ({"A": "\x00"}, "holds NUL"),
    ],
)
def test_an_edit_that_cannot_stand_is_refused(database: Settings, texts: dict[str, str], told: str) -> None:
    put(doubtful("1"))
    with pytest.raises(UsageError, match=told):
        decide(waiting()[0].id, Decision.EDIT, texts=texts)
    assert len(waiting()) == 1


@pytest.mark.parametrize("number", [0, -1, 99, 1 << 70])
def test_a_number_that_nothing_has_is_told(database: Settings, number: int) -> None:
    with pytest.raises(UsageError, match="no translation has the number"):
        decide(number, Decision.APPROVE)


def test_the_table_takes_no_decision_without_its_texts(database: Settings) -> None:
    put(doubtful("1"))
    values = {"decision": "edit", "decided_at": waiting()[0].created_at}
    with pytest.raises(TabibError, match="ck_translations_edited"), db.session() as session:
        session.execute(update(Translation).values(values))


def test_more_than_one_statement_holds(database: Settings) -> None:
    put(*(doubtful(str(n), f"پرسش {n}") for n in range(1200)))
    assert len(waiting()) == 1200
    put()
    assert waiting() == []


def test_a_decision_made_while_the_item_is_found_no_more_is_not_lost(database: Settings) -> None:
    put(doubtful("1"))
    [row] = waiting()
    other = threading.Thread(target=put)
    with db.session() as session:
        translations.decide(session, row.id, Ruling(Decision.APPROVE, "sara"))
        other.start()
        _until_blocked()
    other.join(10)
    assert [each.decision for each in waiting(every=True)] == ["approve"]


def _until_blocked() -> None:
    """Wait until a session waits for a row that another one holds."""
    for _ in range(500):
        with db.session() as session:
            if session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        time.sleep(0.01)
    raise AssertionError("nothing waits")
