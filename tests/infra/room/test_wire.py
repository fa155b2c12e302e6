"""What the page posts, posted by hand: who may, in which form, and what becomes of each event."""

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from storage import db, users
from storage.models import Claim, Review, Training, Verdict
from tests.infra.admin import several, waiting
from tests.infra.room.visiting import decisions
from tests.infra.security.clients import cookie
from tests.storage.rows import add_pair, add_verdict


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, base_url=site, cookies={"tabib": cookie("maryam")}) as opened:
        opened.headers["x-csrf"] = opened.get("/room/door").json()["csrf"]
        yield opened


def claim(client: httpx.Client, want: int = 5, **filters: Any) -> list[dict[str, Any]]:
    answer = client.post("/room/claim", json={"want": want, "filters": filters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def event(record: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {"key": str(uuid.uuid4()), "kind": "decide", "decision": "approve"}
    return said | {"document": record["id"], "seen": record["seen"]} | more


def send(client: httpx.Client, *events: dict[str, Any]) -> list[str]:
    answer = client.post("/room/events", json={"events": events})
    assert answer.status_code == 200, answer.text
    answers = answer.json()["events"]
    assert [one["key"] for one in answers] == [one["key"] for one in events]
    return [one["status"] for one in answers]


def test_only_a_logged_in_person_of_this_site_with_the_token(client: httpx.Client, site: str) -> None:
    waiting("1")
    for path in ("/room/claim", "/room/beat", "/room/events"):
        assert httpx.post(f"{site}{path}", json={}).status_code == 401
        assert client.post(path, json={}, headers={"x-csrf": "wrong"}).status_code == 403
        assert client.post(path, json={}, headers={"origin": "http://evil.example"}).status_code == 403
        assert client.post(path, json={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post(path, content=b"[1]", headers={"content-type": "application/json"}).status_code == 400
        assert client.post(path, content=b"{}", headers={"content-type": "text/plain"}).status_code == 400
        assert client.post(path, content=b'{"a":' * 99_999).status_code == 400
        assert client.get(path).status_code == 405
    assert httpx.get(f"{site}/room/door").status_code == 401
    assert client.post("/room/leave", data={"documents": ""}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"want": "3"},
        {"want": 1, "filters": {"order": "best"}},
        {"want": 1, "filters": {"sources": ["\x00"]}},
        {"want": 1, "filters": {"since": "1403/13/1"}},
    ],
)
def test_a_claim_that_is_none_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    assert client.post("/room/claim", json=body).status_code == 400


def test_events_are_applied_in_order_and_once_by_their_keys(client: httpx.Client) -> None:
    several(3)
    first, second, third = claim(client)
    one, two = event(first), event(second, decision="reject", reason="other")
    undo = {"key": str(uuid.uuid4()), "kind": "undo", "of": one["key"], "document": first["id"]}
    assert send(client, one, two, undo, one | {"kind": "skip", "key": str(uuid.uuid4())}) == ["done"] * 4
    assert send(client, one, two, undo) == ["done"] * 3
    assert decisions() == [("reject", "other")]
    typed = {"question": "پرسش؟", "answer": "سطر یک\r\n<سطر\u200cدو> \u202e"}
    assert send(client, event(third, decision="edit", typed=typed, seconds=1.5)) == ["done"]
    with db.session() as session:
        newest = session.scalars(select(Review).order_by(Review.id.desc()).limit(1)).one()
    assert (newest.text, newest.seconds) == (typed, 1.5)


def test_what_cannot_be_stored_is_refused_alone(client: httpx.Client) -> None:
    several(2)
    first, second = claim(client)
    bad = [
        event(first, decision="reject", reason="dislike"),
        event(first, decision="edit", typed={"question": "پ", "answer": " "}),
        event(first, decision="edit", typed={"question": "پ", "answer": "\x00"}),
        event(first, kind="erase"),
        event(first, seconds=-1),
        event({"id": str(uuid.uuid4()), "seen": "0" * 64}),
        event(first, seen="0" * 64),
    ]
    expected = ["refused"] * 5 + ["conflict"] * 2 + ["done"]
    assert send(client, *bad, event(second)) == expected
    half = event(first, decision="edit", typed={"question": "پ", "answer": "HALF"})
    body = json.dumps({"events": [half]}).replace("HALF", "\\ud800")
    answer = client.post("/room/events", content=body, headers={"content-type": "application/json"}).json()["events"][0]
    assert (answer["status"], "نیمهٔ یک جفت جانشین" in answer["message"]) == ("refused", True)
    assert decisions() == [("approve", None)]


def test_what_is_held_is_renewed_and_what_is_given_back_is_free(client: httpx.Client) -> None:
    several(3)
    ids = [record["id"] for record in claim(client)]
    held = client.post("/room/beat", json={"documents": [*ids, str(uuid.uuid4())]}).json()["held"]
    assert sorted(held) == sorted(ids)
    form = {"csrf": client.headers["x-csrf"], "documents": ",".join(ids[:2])}
    assert client.post("/room/leave", data=form).status_code == 204
    assert client.post("/room/beat", json={"documents": ids}).json()["held"] == ids[2:]
    client.post("/logout", data={"csrf": client.headers["x-csrf"]})
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Claim)) == 0


def test_filters_narrow_what_is_claimed(client: httpx.Client) -> None:
    waiting("1", speciality="قلب"), waiting("2", answer="پاسخی بسیار بلندتر از آن یکی")
    assert [one["speciality"] for one in claim(client, specialities=["قلب"])] == ["قلب"]
    client.post("/room/leave", data={"csrf": client.headers["x-csrf"], "documents": ""})
    assert len(claim(client, longer_than=25)) == 1
    assert claim(client, sources=["elsewhere"]) == []


def test_a_record_comes_with_the_others_of_its_cluster(client: httpx.Client) -> None:
    _, second = several(2)
    with db.session() as session:
        kept = add_pair(session, "isovisit", "7", answer="همان پاسخ، جای دیگر", url="javascript:alert(1)")
        add_verdict(session, kept, "kept", cluster=kept)
        session.execute(update(Verdict).where(Verdict.document_id != second).values(cluster=kept))
    [likes, none] = [record["likes"] for record in claim(client)]
    text = "پرسش 7؟ — همان پاسخ، جای دیگر"
    assert (likes, none) == ([{"relation": "نمایندهٔ این خوشه", "text": text, "url": ""}], [])


@pytest.mark.parametrize(("said", "found"), [("۱۴۰۳/۰۵/۱۰", 1), ("1403/5/10", 1), ("2024-07-31", 1), ("۱۴۰۳/۰۵/۱۱", 0)])
def test_days_are_of_either_calendar(client: httpx.Client, said: str, found: int) -> None:
    waiting("1", published_at=dt.date(2024, 7, 31))
    [*records] = claim(client, since=said)
    assert [record["date"] for record in records] == ["۱۴۰۳/۰۵/۱۰"] * found


def test_the_first_record_comes_after_the_training_round(client: httpx.Client) -> None:
    several(1)
    with db.session() as session:
        session.query(Training).delete()
    assert client.get("/room").headers["location"] == "/training"
    _answer(client, "t1", "other", "راهنما چیز دیگری می‌گوید")
    right = {"t1": "approve", "t2": "referral-only", "t3": "wrong-answer", "t4": "advertisement"}
    right |= {"t5": "too-short", "t6": "approve", "t7": "other-question", "t8": "approve"}
    for task in [*list(right)[1:], "t1"]:
        assert f'value="{task}"' in client.get("/training").text
        assert client.get("/room").status_code == 303
        _answer(client, task, right[task], "درست است")
    assert client.get("/room").status_code == 200
    assert "پذیرفته شدید" in client.get("/training").text


def _answer(client: httpx.Client, task: str, answer: str, told: str) -> None:
    form = {"csrf": client.headers["x-csrf"], "task": task, "answer": answer}
    assert told in client.post("/training", data=form).text


def test_bulk_is_for_leads_with_a_preview_and_one_undo(client: httpx.Client, site: str) -> None:
    several(25)
    assert client.get("/room/bulk").status_code == 403
    with httpx.Client(timeout=60, base_url=site, cookies={"tabib": cookie("sara")}, follow_redirects=True) as sara:
        csrf = sara.get("/room/door").json()["csrf"]
        preview = sara.get("/room/bulk?reasons=short_answer&order=newest").text
        assert "۲۵ مورد یافته شد" in preview
        assert preview.count('href="/records/') == 20
        [at] = re.findall(r'name="at" value="([^"]+)"', preview)
        form = {"csrf": csrf, "query": "reasons=short_answer&order=newest", "decision": "reject", "reason": "too-short"}
        assert sara.post("/room/bulk/act", data=form | {"expected": "25", "at": "yesterday"}).status_code == 422
        form |= {"at": at}
        assert sara.post("/room/bulk/act", data=form | {"expected": "3"}).status_code == 409
        assert decisions() == []
        done = sara.post("/room/bulk/act", data=form | {"expected": "25"})
        assert "۲۵" in done.text
        assert decisions() == [("reject", "too-short")] * 25
        assert client.post("/room/bulk/undo", data={"csrf": csrf, "action": "1"}).status_code == 403
        sara.post("/room/bulk/undo", data={"csrf": csrf, "action": "1"})
        assert decisions() == []


def test_a_closed_account_decides_nothing_more(client: httpx.Client) -> None:
    several(1)
    [record] = claim(client)
    with db.session() as session:
        users.deactivate(session, "maryam")
    assert client.post("/room/events", json={"events": [event(record)]}).status_code == 401
    assert decisions() == []
