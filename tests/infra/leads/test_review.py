"""The leads' dashboard over HTTP: its figures are those of the rows, and what waits for a lead can be settled."""

import re
import uuid

import pytest
from sqlalchemy import func, select

from storage import db, users
from storage.models import BulkAction, Decision, Document, Review, SetAside
from storage.review import aside, figures, gold
from storage.review.gold import Answer
from tests.infra.admin import waiting
from tests.infra.leads.conftest import Opened
from tests.infra.security.clients import post


def say(number: uuid.UUID, who: str, decision: str, **fields: object) -> None:
    with db.session() as session:
        document, user = session.get_one(Document, number), users.named(session, who)
        values = {"document_id": number, "user_id": user.id, "content_sha256": document.content_sha256}
        session.add(Review(decision=decision, **values, **fields))


@pytest.mark.parametrize(("role", "status"), [("annotator", 403), ("operator", 403), ("lead", 200), ("admin", 200)])
def test_leads_alone_see_it(opened: Opened, role: str, status: int) -> None:
    assert opened(role).get("/review").status_code == status


def test_its_figures_are_those_of_the_rows(opened: Opened) -> None:
    numbers = [waiting(str(n)) for n in range(1, 8)]
    for n in numbers[:3]:
        say(n, "maryam", "approve", seconds=4.0)
    say(numbers[3], "maryam", "reject", reason="advertisement", seconds=9.0)
    with db.session() as session:
        undone = session.scalar(select(func.now()))
    say(numbers[4], "reza", "reject", reason="other", undone_at=undone)
    with db.session() as session:
        lead = users.named(session, "lead")
        gold.mark(session, lead, numbers[5], Answer(Decision.APPROVE, None, "چون", "for"))
    say(numbers[5], "reza", "approve", purpose="gold", seconds=90.0)
    with db.session() as session:
        made = BulkAction(user_id=users.named(session, "lead").id, filters={}, decision="reject", documents=1)
        session.add(made)
        session.flush()
        bulk = made.id
    say(numbers[6], "lead", "reject", reason="other", bulk_id=bulk)
    with db.session() as session:
        period = figures.period(session)
        ages, oldest = figures.backlog(session)
        of, sources = figures.by_source(session)
    assert (period.total, period.bulk, dict(period.reasons)) == (4, 1, {"advertisement": 1})
    told = {p.name: (dict(p.decided), p.undone, p.seconds) for p in period.people}
    assert told == {"maryam": ({"approve": 3, "reject": 1}, 0, 4.0), "reza": ({}, 1, None)}
    assert [p.gold.right for p in period.people if p.gold] == [1]
    assert (of, dict(sources["drhast"])) == (4, {"approve": 3, "reject": 1})
    assert oldest is not None
    assert next((age.name, age.count, age.more) for age in ages) == ("under_day", 7, False)
    page = opened("lead").get("/review").text
    assert "تبلیغ" in page
    assert page.count("<svg") >= 10
    assert "style=" not in page


def test_agreement_is_told_with_its_interval(opened: Opened) -> None:
    for n in range(1, 25):
        number = waiting(str(n))
        say(
            number,
            "maryam",
            "approve" if n % 2 else "reject",
            reason=None if n % 2 else "other",
            purpose="blind",
            blind=True,
        )
        say(number, "reza", "approve" if n % 2 or n == 2 else "reject", purpose="blind", blind=True)
    page = opened("lead").get("/review").text
    assert re.search(r"۰٫۹\d \(", page)
    assert "maryam – reza" in page
    assert "برای بازه کم است" not in page


def test_a_flagged_record_goes_back_to_the_queue(opened: Opened) -> None:
    number = waiting("1")
    with db.session() as session:
        user = users.named(session, "maryam")
        aside.flag(session, user, number, "<b>نمی‌دانم</b>", uuid.uuid4())
    lead = opened("lead")
    page = lead.get("/review").text
    assert "&lt;b&gt;نمی‌دانم" in page
    form = {"document": str(number)}
    assert post(opened("annotator"), "/review/resolve", form=form).status_code == 403
    assert post(lead, "/review/resolve", form=form).status_code == 303
    assert post(lead, "/review/resolve", form={"document": "1"}).status_code == 404
    with db.session() as session:
        assert not session.get_one(Document, number).flagged
        assert session.scalars(select(SetAside.resolved_by)).one() is not None
