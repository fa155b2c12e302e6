"""Assigning over HTTP: a preview, what it did, and that the queue heeds it."""

import pytest

from storage import db, users
from storage.models import Document, State
from storage.review import queue
from tests.infra.admin import waiting
from tests.infra.leads.conftest import Opened
from tests.infra.security.clients import post

QUERY = "sources=drhast&look=1"


@pytest.mark.parametrize(("role", "status"), [("annotator", 403), ("operator", 403), ("lead", 200), ("admin", 200)])
def test_leads_alone_assign(opened: Opened, role: str, status: int) -> None:
    assert opened(role).get("/assign").status_code == status


def test_a_filters_records_are_given_to_one_person(opened: Opened) -> None:
    numbers = [waiting(str(n)) for n in range(1, 4)]
    lead = opened("lead")
    assert "۳ مورد منتظر با صافی جور است" in lead.get(f"/assign?{QUERY}").text
    done = post(lead, "/assign/give", form={"query": QUERY, "person": "reza"})
    assert "۳ مورد به reza سپرده شد" in done.text
    with db.session() as session:
        maryam, reza = users.named(session, "maryam"), users.named(session, "reza")
        assert queue.claim(session, maryam, 5) == []
        assert {document.id for document in queue.claim(session, reza, 5)} == set(numbers)
    assert "۳ مورد به همه سپرده شد" in post(lead, "/assign/give", form={"query": QUERY, "person": ""}).text


def test_urgent_ones_come_first(opened: Opened) -> None:
    first, last = waiting("1"), waiting("2", question="پرسش بسیار درازتر از پرسش‌های دیگر؟" * 3)
    done = post(opened("lead"), "/assign/urgency", form={"query": "longer_than=80&look=1", "value": "9"})
    assert "فوریت ۱ مورد ۹ شد" in done.text
    with db.session() as session:
        assert session.get_one(Document, first).urgency == 0
        assert [document.id for document in queue.claim(session, users.named(session, "maryam"), 1)] == [last]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("give", {"person": "nobody-of-that-name"}),
        ("urgency", {"value": "1000"}),
        ("urgency", {"value": "much"}),
        ("requeue", {"documents": "1"}),
        ("requeue", {"documents": ""}),
    ],
)
def test_what_cannot_be_done_is_told(opened: Opened, path: str, form: dict[str, str]) -> None:
    assert post(opened("lead"), f"/assign/{path}", form={"query": QUERY} | form).status_code == 422


def test_records_are_judged_anew(opened: Opened) -> None:
    number = waiting("1")
    with db.session() as session:
        session.get_one(Document, number).state = State.APPROVED.value
    done = post(opened("lead"), "/assign/requeue", form={"documents": f" {number}\r\n"})
    assert "۱ از ۱ مورد به صف بازگشت" in done.text
    with db.session() as session:
        assert session.get_one(Document, number).state == State.REVIEW.value
