"""The admin served in a thread, and records that wait in its queue."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from infra.admin.app import application, server
from infra.listening import listen
from storage import db
from storage.models import Document, State
from tests.storage.rows import add_pair, add_verdict

PASSWORD = "correct horse battery"


@contextmanager
def serving(*proxies: str, port: int = 0) -> Iterator[str]:
    """The admin as `infra admin` serves it, behind `proxies`; a port of 0 is a free one."""
    with listen("127.0.0.1", port) as listener:
        served = server(application(), proxies)
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            served.should_exit = True
            thread.join()


def waiting(record: str, **fields: object) -> uuid.UUID:
    """A pair in the review queue; the lower the record's number the sooner it comes."""
    with db.session() as session:
        return _wait(session, record, fields)


def several(count: int) -> list[uuid.UUID]:
    """Pairs 1 to `count` in the queue."""
    with db.session() as session:
        return [_wait(session, str(record), {}) for record in range(1, count + 1)]


def _wait(session: Session, record: str, fields: dict[str, object]) -> uuid.UUID:
    number = add_pair(session, "drhast", record, **fields)
    add_verdict(session, number, "review", reason="short_answer", measure={"words": 9, "minimum": 15})
    row = session.get_one(Document, number, populate_existing=True)
    row.state, row.priority = State.REVIEW.value, 1 / (1 + int(record))
    session.flush()
    return number
