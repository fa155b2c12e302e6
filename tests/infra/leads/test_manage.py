"""Records managed over HTTP: who sees which tables, what may be changed, history, and an earlier text restored."""

import html
import re
import uuid

import httpx
import pytest
from sqlalchemy import select

from storage import browsing, db, users
from storage.models import AuditEvent, Document, Review, Source, State, User
from storage.review import decisions, showing
from storage.review.words import Judgement
from tests.infra.admin import waiting
from tests.infra.leads.conftest import Opened
from tests.infra.security.clients import post

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def row(who: httpx.Client, table: str, key: object) -> httpx.Response:
    return who.get(f"/manage/{table}/record", params={"key": str(key)})


def seen(page: httpx.Response) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page.text)
    assert found
    return found.group(1)


def audited() -> list[tuple[str, str]]:
    with db.session() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        return [(event.actor, event.action) for event in rows]


@pytest.mark.parametrize(
    ("role", "table", "status"),
    [
        ("annotator", "documents", 403),
        ("lead", "documents", 200),
        ("lead", "addresses", 403),
        ("lead", "audit_events", 403),
        ("operator", "addresses", 200),
        ("operator", "documents", 403),
        ("admin", "audit_events", 200),
        ("admin", "recovery_codes", 404),
        ("admin", "pg_authid", 404),
    ],
)
def test_each_role_sees_its_tables(opened: Opened, role: str, table: str, status: int) -> None:
    assert opened(role).get(f"/manage/{table}").status_code == status


def test_every_table_is_shown_and_none_of_its_secrets(opened: Opened) -> None:
    waiting("1")
    admin = opened("admin")
    overview = admin.get("/manage").text
    names = set(re.findall(r'href="/manage/([a-z_]+)"', overview))
    assert names == set(browsing.Base.metadata.tables) - browsing.CLOSED
    for name in names:
        assert admin.get(f"/manage/{name}").status_code == 200, name
    with db.session() as session:
        maryam = users.named(session, "maryam")
    for page in (admin.get("/manage/users"), row(admin, "users", maryam.id)):
        assert "maryam" in page.text
        assert "argon2" not in page.text
        assert "password" not in page.text


def test_documents_are_searched_and_filtered(opened: Opened) -> None:
    first, second = waiting("1", answer="داروي كبد"), waiting("2", answer=HOSTILE)
    lead = opened("lead")
    found = lead.get("/manage/documents", params={"q": "داروی کبد", "f.source": "drhast", "f.state": "review"}).text
    assert str(first) in found
    assert str(second) not in found
    assert str(first) not in lead.get("/manage/documents", params={"q": "داروی کبد", "f.state": "kept"}).text
    hostile = lead.get("/manage/documents", params={"q": HOSTILE})
    assert str(second) in hostile.text
    assert "<script>alert" not in hostile.text + row(lead, "documents", second).text
    assert html.escape("<script>alert(1)") in row(lead, "documents", second).text


@pytest.mark.parametrize(
    "query",
    [{"q": "از"}, {"q": "a\x00bc"}, {"f.created_at": "yesterday"}, {"f.id": "1"}, {"f.answer": "x"}, {"after": "x"}],
)
def test_what_cannot_be_asked_is_told(opened: Opened, query: dict[str, str]) -> None:
    assert opened("lead").get("/manage/documents", params=query).status_code == 422


def test_a_lead_changes_what_may_be_changed(opened: Opened) -> None:
    number = waiting("1")
    lead = opened("lead")
    form = {"key": str(number), "speciality": "قلب", "urgency": "7", "assignee": "maryam", "content_sha256": "0" * 64}

    assert post(lead, "/manage/documents/record", form=form).status_code == 303
    with db.session() as session:
        document = session.get_one(Document, number)
        assert (document.speciality, document.urgency) == ("قلب", 7)
        assert document.assignee_id == users.named(session, "maryam").id
        assert document.content_sha256 != "0" * 64
    after = row(lead, "documents", number)
    assert {action for _, action in audited()} >= {"speciality set", "urgency set", "assignee set"}
    assert "urgency set" in after.text


@pytest.mark.parametrize(
    ("role", "table", "form", "status"),
    [
        ("lead", "documents", {"urgency": "1000"}, 422),
        ("lead", "documents", {"assignee": "nobody-of-that-name"}, 422),
        ("lead", "documents", {"urgency": "many"}, 422),
        ("lead", "users", {"role": "admin"}, 403),
        ("lead", "reviews", {"decision": "approve"}, 403),
        ("operator", "documents", {"urgency": "1"}, 403),
        ("admin", "verdicts", {"outcome": "kept"}, 403),
        ("admin", "audit_events", {"actor": "other"}, 403),
    ],
)
def test_nothing_else_is_changed(opened: Opened, role: str, table: str, form: dict[str, str], status: int) -> None:
    number = waiting("1")
    assert post(opened(role), f"/manage/{table}/record", form={"key": str(number)} | form).status_code == status
    assert audited() == []


def test_an_admin_changes_roles_but_not_their_own(opened: Opened) -> None:
    admin = opened("admin")
    with db.session() as session:
        maryam, own = users.named(session, "maryam"), users.named(session, "admin")
    form = {"key": str(maryam.id), "role": "lead", "active": "false"}
    assert post(admin, "/manage/users/record", form=form).status_code == 303
    assert post(admin, "/manage/users/record", form=form | {"key": str(own.id)}).status_code == 422
    with db.session() as session:
        changed = session.get_one(User, maryam.id)
        assert (changed.role, changed.active) == ("lead", False)
        assert session.get_one(User, own.id).role == "admin"
    assert audited() == [("admin", "role changed"), ("admin", "user deactivated")]


def test_an_operator_sets_a_sites_rules(opened: Opened) -> None:
    waiting("1")
    form = {"key": "drhast", "paused": "true", "delay": "4", "hours": "22:00-05:30"}
    assert post(opened("operator"), "/manage/sources/record", form=form).status_code == 303
    assert post(opened("operator"), "/manage/sources/record", form=form | {"delay": "0.001"}).status_code == 422
    with db.session() as session:
        source = session.get_one(Source, "drhast")
        assert (source.paused, source.delay, source.hours) == (True, 4.0, "22:00-05:30")
    assert ("operator", "site rules set") in audited()


def test_a_lead_sets_the_rooms_settings(opened: Opened) -> None:
    lead = opened("lead")
    assert post(lead, "/manage/room_settings/record", form={"key": "1", "overlap_share": "0.08", "gold_every": "20"})
    assert "۰٫۰۸" in row(lead, "room_settings", 1).text
    refused = post(lead, "/manage/room_settings/record", form={"key": "1", "overlap_share": "2", "gold_every": "20"})
    assert refused.status_code == 422


def decided(number: uuid.UUID, who: str, answer: str) -> int:
    with db.session() as session:
        document, user = session.get_one(Document, number), users.named(session, who)
        now = showing.shown(session, document)
        typed = {"question": "پرسش؟", "answer": answer}
        made = decisions.decide(session, number, user, Judgement(decisions.Decision.EDIT, now.token, typed=typed))
        return made.id


def test_an_earlier_text_is_restored_as_a_new_decision(opened: Opened) -> None:
    number = waiting("1")
    first, second = decided(number, "maryam", "متن نخست"), decided(number, "sara", "متن دوم")
    lead = opened("lead")
    page = row(lead, "documents", number)
    assert page.text.count('action="/manage/documents/restore"') == 2
    form = {"key": str(number), "review": str(first), "seen": seen(page)}
    assert post(opened("annotator"), "/manage/documents/restore", form=form).status_code == 403
    assert post(lead, "/manage/documents/restore", form=form).status_code == 303
    assert post(lead, "/manage/documents/restore", form=form | {"seen": "0" * 64}).status_code == 409
    with db.session() as session:
        rows = session.scalars(select(Review).order_by(Review.id)).all()
        assert [(r.decision, (r.text or {})["answer"]) for r in rows] == [
            ("edit", "متن نخست"),
            ("edit", "متن دوم"),
            ("edit", "متن نخست"),
        ]
        assert all(r.undone_at is None for r in rows)
        document = session.get_one(Document, number)
        assert document.state == State.APPROVED.value
        assert showing.shown(session, document).text["answer"] == "متن نخست"
    assert second
    assert ("lead", "text restored") in audited()


def test_pages_lead_on_and_back(opened: Opened) -> None:
    numbers = {str(waiting(str(n))) for n in range(1, 31)}
    lead = opened("lead")
    first = lead.get("/manage/documents")
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert onward
    second = lead.get("/manage/documents" + html.unescape(onward.group(1)))
    shown = [re.findall(r"record\?key=([0-9a-f-]{36})", page.text) for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (25, 5)
    assert set(shown[0] + shown[1]) == numbers
    back = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert back
    again = lead.get("/manage/documents" + html.unescape(back.group(1)))
    assert re.findall(r"record\?key=([0-9a-f-]{36})", again.text) == shown[0]
    assert 'rel="prev"' not in again.text
    assert 'rel="next"' not in second.text
