"""What an error of the database tells, and what it must not."""

import random
import traceback

import pytest
from sqlalchemy import text

from storage import db
from storage.errors import ServiceUnavailable, TabibError
from storage.settings import Settings, settings
from tests.storage.rows import add_page

PRIVATE = "متن خصوصی یک بیمار"


def test_an_error_tells_no_text_of_a_row(database: Settings) -> None:
    with pytest.raises(TabibError, match="PostgreSQL refused a statement") as refused, db.session() as session:
        session.execute(text("INSERT INTO sources (name, host) VALUES (:t, NULL)"), {"t": PRIVATE})
    assert PRIVATE not in "".join(traceback.format_exception(refused.value))


def test_a_row_too_large_for_an_index_is_no_dead_database(database: Settings) -> None:
    url = "https://a.example/" + "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))
    with pytest.raises(TabibError, match="PostgreSQL refused a statement") as refused, db.session() as session:
        add_page(session, url=url)
    assert not isinstance(refused.value, ServiceUnavailable)


def test_a_database_that_is_not_there_is_unavailable(database: Settings) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATABASE_URL", f"{database.database_url}_none")
        settings.cache_clear()
        with pytest.raises(ServiceUnavailable, match="PostgreSQL failed"), db.session() as session:
            session.execute(text("SELECT 1"))
    settings.cache_clear()


def test_a_repeatable_session_sees_one_state(database: Settings) -> None:
    with db.session(repeatable=True) as reader:
        before = reader.scalar(text("SELECT count(*) FROM sources"))
        with db.session() as writer:
            writer.execute(text("INSERT INTO sources (name, host) VALUES ('a', 'a.example')"))
        assert reader.scalar(text("SELECT count(*) FROM sources")) == before


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("rediss://h:6380/1", "rediss://h:6380/1?ssl_cert_reqs=required"),
        ("rediss://h/0?ssl_cert_reqs=none", "rediss://h/0?ssl_cert_reqs=none"),
        ("redis://h:6379/2", "redis://h:6379/2"),
    ],
)
def test_celery_checks_certificates_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, url: str, broker: str
) -> None:
    monkeypatch.setenv("TABIB_REDIS_URL", url)
    settings.cache_clear()
    assert settings().celery_broker() == broker
    settings.cache_clear()
