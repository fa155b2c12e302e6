"""The audit: a chain that many may append to at once, and whose every wrong row is told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage import audit, audit_chain, audit_check, db, schema
from storage.audit_chain import GENESIS, Head
from storage.errors import TabibError, UsageError
from storage.models import AuditEvent
from storage.settings import Settings
from tests.infra.house import House

AWKWARD: dict[str, Any] = {
    "whole": 1.0,
    "zero": -0.0,
    "large": 1e22,
    "huge": 2**70 + 1,
    "small": 1e-7,
    "third": 1 / 3,
    "nothing": float("nan"),
    "متن": 'نیم‌فاصله \u200c "گیومه" \U0001f600 <b>',
    "nested": {"b": [1, 2.5, None, True], "a": "x"},
}


def noted(count: int = 5, **detail: Any) -> None:
    for number in range(count):
        with db.session() as session:
            audit.note(session, "test", "did", str(number), **detail)


def checked(*expected: Head) -> audit_check.Account:
    with db.session(repeatable=True) as session:
        return audit_check.verify(session, expected)


def broken(*expected: Head) -> tuple[int, str]:
    found = checked(*expected).broken
    assert found
    return found.row, found.kind


def tampered(*statements: str) -> None:
    """Change rows as the owner of the database can, behind the trigger."""
    with db.engine().begin() as connection:
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER only_added"))
        for statement in statements:
            connection.execute(text(statement))


def head() -> Head:
    with db.session() as session:
        return audit_chain.head(session)


def test_rows_are_a_chain_whatever_is_in_them(database: Settings) -> None:
    assert checked() == audit_check.Account(0, Head(0, GENESIS))
    noted(3, **AWKWARD)
    with db.session() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [row.id for row in rows] == [1, 2, 3]
    assert [row.prev_hash for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert checked(head()) == audit_check.Account(3, Head(3, rows[2].hash))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET actor = 'x'", "DELETE FROM audit_events WHERE id = 0", "TRUNCATE audit_events"],
)
def test_the_database_refuses_to_change_a_row(database: Settings, statement: str) -> None:
    noted(1)
    with pytest.raises(TabibError, match="only added"), db.session() as session:
        session.execute(text(statement))
    assert checked().rows == 1


@pytest.mark.parametrize(
    ("statement", "row", "kind"),
    [
        ("UPDATE audit_events SET actor = 'another' WHERE id = 3", 3, "changed"),
        ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = 5", 5, "changed"),
        ('UPDATE audit_events SET detail = detail || \'{"reason": "x"}\' WHERE id = 1', 1, "changed"),
        ("UPDATE audit_events SET detail = CAST('{\"n\": 1' || repeat('0', 5000) || '}' AS jsonb)", 1, "changed"),
        ("UPDATE audit_events SET id = 9 WHERE id = 2", 3, "out of order"),
        ("DELETE FROM audit_events WHERE id = 3", 4, "missing"),
        ("DELETE FROM audit_events WHERE id = 1", 2, "missing"),
    ],
)
def test_the_first_wrong_row_is_told(database: Settings, statement: str, row: int, kind: str) -> None:
    noted(reason="a")
    tampered(statement)
    assert broken() == (row, kind)


def test_a_cut_tail_and_a_chain_made_anew_are_told_by_a_noted_head(database: Settings) -> None:
    noted(4)
    early = head()
    noted(4)
    late = head()
    tampered("DELETE FROM audit_events WHERE id > 6")
    assert checked(early).broken is None
    assert broken(early, late) == (7, "cut")
    tampered("DELETE FROM audit_events")
    noted(8)
    assert checked().broken is None
    assert broken(early) == (4, "changed")
    with pytest.raises(UsageError, match="NUMBER:HASH"):
        Head.parse("7:abc")


def test_nothing_is_noted_of_what_did_not_happen(database: Settings) -> None:
    with Session(db.engine()) as session:
        audit.note(session, "test", "undone", "1")
        session.rollback()
        session.commit()
    with db.session() as session:
        audit.note(session, "test", "outer", "1")
        with session.begin_nested():
            audit.note(session, "test", "kept", "2")
        outer = session.begin_nested()
        with session.begin_nested():
            audit.note(session, "test", "undone", "3")
        outer.rollback()
    with db.session() as session:
        assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == ["outer", "kept"]
    assert checked().rows == 2


def test_many_append_at_once(database: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: noted(10), range(16)))
    assert checked().rows == 160


def test_who_holds_rows_and_notes_early_keeps_nobody_waiting(database: Settings) -> None:
    """One transaction notes, works on and commits last; another that notes and commits meanwhile gets past it."""
    early, late = threading.Event(), threading.Event()

    def bulk() -> None:
        with db.session() as session:
            audit.note(session, "bulk", "began", "1")
            session.execute(text("INSERT INTO sources (name, host) VALUES ('bulk', 'bulk.example')"))
            early.set()
            assert late.wait(30)

    thread = threading.Thread(target=bulk)
    thread.start()
    assert early.wait(30)
    noted(1)
    late.set()
    thread.join(30)
    with db.session() as session:
        assert session.scalars(select(AuditEvent.actor).order_by(AuditEvent.id)).all() == ["test", "bulk"]
    assert checked().rows == 2


def test_rows_from_before_are_chained_by_the_migration(database: Settings) -> None:
    noted(2)
    schema.downgrade("0009")
    with db.engine().begin() as connection:
        add = "INSERT INTO audit_events (actor, action, subject, detail) VALUES ('old', 'did', 'x', CAST(:d AS jsonb))"
        for detail in ('{"a": 1.0, "b": 10000000000000000000000, "c": 1e-7}', '{"نام": [1, {"x": null}]}'):
            connection.execute(text("SELECT nextval(pg_get_serial_sequence('audit_events', 'id'))"))
            connection.execute(text(add), {"d": detail})
    schema.upgrade()
    noted(1)
    assert checked().broken is None
    with db.session() as session:
        assert session.scalars(select(AuditEvent.id).order_by(AuditEvent.id)).all() == [1, 2, 4, 6, 7]


def test_commands_tell_and_exit(database: Settings) -> None:
    noted(3)
    house = House(database.home)
    told = house.infra("audit", "head").strip()
    assert told == str(head())
    assert "3 rows are whole" in house.infra("audit", "verify", "--expect", told)
    tampered("UPDATE audit_events SET subject = 'x' WHERE id = 2")
    assert '"kind": "changed"' in house.infra("audit", "verify", "--json", status=6)


def test_a_session_that_notes_nothing_takes_no_lock(database: Settings) -> None:
    with Session(db.engine()) as holder, holder.begin():
        audit_chain.append(holder, [audit_chain.Entry("test", "did", "x", {})])
        with db.session() as other:
            other.execute(text("SET LOCAL lock_timeout = '100ms'"))
            other.execute(text("INSERT INTO sources (name, host) VALUES ('free', 'free.example')"))
