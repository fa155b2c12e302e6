"""Cleaning what is stored: the same verdicts whatever the number of workers, killed or not, first or second time."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cleaning.recipe import Recipe, load
from cleaning.run import clean, judge_new, rulings, settle, tick
from storage import db, verdicts
from storage.documents import DocumentFields
from storage.models import Document, Measurement, Review, User, Verdict
from storage.models import Recipe as RecipeRow
from storage.settings import Settings
from tests.cleaning.test_duplicates import edited, words
from tests.storage.rows import add_documents, add_page

DEFAULT = load("default")
SOURCES = ("niniban", "drhast", "isovisit")


def text(count: int, seed: int) -> str:
    return " ".join(words(count, seed))


def corpus(size: int) -> list[DocumentFields]:
    """Pairs and articles of which some are short, repeated, nearly repeated, canned, private or empty."""
    documents = []
    for number in range(size):
        question, answer = text(12, number), text(40, 10_000 + number)
        answer = {
            1: text(4, number),
            2: text(40, 10_000 + number - 2),
            3: " ".join(edited(words(40, 10_000 + number - 3), 0.1, number)),
            4: text(30, 77),
            5: answer + " تماس ۰۹۱۲۳۴۵۶۷۸۹",
            6: "",
        }.get(number % 11, answer)
        published = dt.date(2020, 1, 1) + dt.timedelta(days=number * 37 % 400) if number % 3 else None
        documents.append(
            DocumentFields(
                "qa", str(number), f"https://x/{number}", question=question, answer=answer, published_at=published
            )
        )
        if number % 9 == 0:
            body = text(80, 50_000 + number // 18) + "."
            documents.append(DocumentFields("article", f"a{number}", f"https://x/a{number}", title="عنوان", text=body))
    return documents


def store(session: Session, documents: list[DocumentFields]) -> None:
    for place, source in enumerate(SOURCES):
        page = add_page(session, source, f"https://{source}.example/1", source.encode())
        add_documents(session, page, documents[place :: len(SOURCES)])


def verdict_lines(recipe: Recipe = DEFAULT) -> list[str]:
    """Everything a verdict and its document's state say, by document; no row numbers, no times."""
    query = select(Verdict, Measurement, Document.state).select_from(Verdict).join(Verdict.measurement)
    query = query.join(Document, Document.id == Verdict.document_id)
    with db.session() as session:
        rows = session.execute(query.where(Verdict.recipe_sha256 == recipe.sha256).order_by(Document.id)).all()
    said = ("document_id", "content_sha256", "outcome", "reason", "measure", "cluster")
    measured = ("measures_sha256", "cleaned", "taken", "spans", "figures", "sketch")
    return [
        json.dumps([*(str(getattr(v, n)) for n in said), *(str(getattr(m, n)) for n in measured), state])
        for v, m, state in rows
    ]


def forget_verdicts() -> None:
    with db.session() as session:
        session.query(Verdict).delete()
        session.query(Measurement).delete()
        session.query(Document).update({"state": "new"})


def worker() -> "subprocess.Popen[bytes]":
    program = Path(sys.executable).parent / "cleaning"
    return subprocess.Popen([program, "run", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: "subprocess.Popen[bytes]") -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def test_any_number_of_workers_leaves_the_same_verdicts(database: Settings) -> None:
    with db.session() as session:
        store(session, corpus(450))
    clean(DEFAULT)
    alone = verdict_lines()
    assert len(alone) == 500
    reasons = {json.loads(line)[3] for line in alone}
    assert {"short_answer", "no_answer", "repeated_answer", "near_answer", "repeated_text", "personal_data"} <= reasons

    clean(DEFAULT)
    assert verdict_lines() == alone, "a second run"

    forget_verdicts()
    funnels = [ended(process)["funnel"] for process in [worker() for _ in range(3)]]
    assert verdict_lines() == alone, "three workers"
    assert funnels[-1]

    forget_verdicts()
    killed = worker()
    while not _judged():
        assert killed.poll() is None
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert 0 < _judged() < 500
    ended(worker())
    assert verdict_lines() == alone, "after a kill"


def _judged() -> int:
    with db.session() as session:
        return session.query(Verdict).count()


def one(session: Session, record: str, question: str, answer: str, **fields: Any) -> uuid.UUID:
    page = add_page(session, "drhast", f"https://drhast.example/{record}", record.encode())
    add_documents(session, page, [DocumentFields("qa", record, page.url, question=question, answer=answer, **fields)])
    return session.scalars(select(Document.id).where(Document.record == record)).one()


def standing(session: Session, document: uuid.UUID) -> tuple[str, str | None, uuid.UUID | None, str]:
    row = session.get_one(Document, document)
    verdict = session.scalars(
        select(Verdict).where(Verdict.document_id == document, Verdict.recipe_sha256 == DEFAULT.sha256)
    ).one()
    return verdict.outcome, verdict.reason, verdict.cluster, row.state


def test_the_oldest_of_a_cluster_stays(database: Settings) -> None:
    question, answer = text(12, 1), text(40, 2)
    with db.session() as session:
        undated = one(session, "1", question, answer)
        newer = one(session, "10", question, answer, published_at=dt.date(2024, 5, 1))
        older = one(session, "9", question, answer, published_at=dt.date(2024, 5, 1))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, older) == ("kept", None, older, "kept")
        for copy in (newer, undated):
            assert standing(session, copy) == ("dropped", "repeated_pair", older, "dropped")


def test_a_new_crawl_joins_old_clusters(database: Settings) -> None:
    question, answer = text(12, 1), text(40, 2)
    with db.session() as session:
        first = one(session, "5", question, answer, published_at=dt.date(2024, 5, 1))
    clean(DEFAULT)
    with db.session() as session:
        later = one(session, "6", question, answer, published_at=dt.date(2025, 5, 1))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, first) == ("kept", None, first, "kept")
        assert standing(session, later) == ("dropped", "repeated_pair", first, "dropped")
        one(session, "5", question, text(40, 3), published_at=dt.date(2024, 5, 1))
        assert session.get_one(Document, first).state == "new"
    clean(DEFAULT)
    with db.session() as session:
        for document in (first, later):  # answers of their own, tied by the question that both answer
            assert standing(session, document) == ("kept", None, first, "kept")


def test_a_borderline_copy_goes_and_its_first_finding_is_kept(database: Settings) -> None:
    question, answer = text(12, 1), text(40, 2)
    phone = answer + " تماس ۰۹۱۲۳۴۵۶۷۸۹"
    with db.session() as session:
        borderline = one(session, "1", question, phone, published_at=dt.date(2020, 1, 1))
        whole = one(session, "2", question, answer, published_at=dt.date(2024, 1, 1))
    for _ in range(2):
        clean(DEFAULT)
        with db.session() as session:
            assert standing(session, borderline) == ("dropped", "near_pair", whole, "dropped")
            assert standing(session, whole) == ("kept", None, whole, "kept")
            verdict = session.scalars(select(Verdict).where(Verdict.document_id == borderline)).one()
            assert verdict.measure["before"] == {"reason": "personal_data", "measure": {"phone": 1}}
    with db.session() as session:
        one(session, "2", text(12, 5), text(40, 6))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, borderline)[:2] == ("review", "personal_data")


def decide(session: Session, document: uuid.UUID, decision: str, approved: dict[str, str] | None = None) -> None:
    user = session.scalars(select(User)).first() or User(name="maryam", password_hash="x")
    session.add(user)
    session.flush()
    content = session.get_one(Document, document).content_sha256
    about = {"document_id": document, "user_id": user.id, "content_sha256": content}
    session.add(Review(**about, decision=decision, text=approved))


def test_a_review_outranks(database: Settings) -> None:
    with db.session() as session:
        short = one(session, "1", text(12, 1), text(10, 2))
        good = one(session, "2", text(12, 3), text(40, 4))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, short) == ("review", "short_answer", None, "review")
        decide(session, short, "approve")
        decide(session, good, "reject")
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, short) == ("review", "short_answer", None, "approved")
        assert standing(session, good) == ("kept", None, None, "rejected")
        one(session, "2", text(12, 3), text(40, 5))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, good) == ("kept", None, None, "kept"), "the rejected text is gone"
        one(session, "2", text(12, 3), text(40, 4))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, good) == ("kept", None, None, "rejected"), "the rejected text is back"


def test_what_a_person_approved_is_the_copy_that_stays(database: Settings) -> None:
    question, answer = text(12, 1), text(40, 2)
    with db.session() as session:
        approved = one(session, "9", question, answer + " تماس ۰۹۱۲۳۴۵۶۷۸۹")
    clean(DEFAULT)
    with db.session() as session:
        decide(session, approved, "edit")
        older = one(session, "1", question, answer, published_at=dt.date(2001, 1, 1))
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, older) == ("dropped", "near_pair", approved, "dropped")
        assert standing(session, approved)[3] == "approved"


def test_the_whole_recipe_is_kept_beside_its_verdicts(database: Settings) -> None:
    clean(DEFAULT)
    with db.session() as session:
        row = session.get_one(RecipeRow, DEFAULT.sha256)
        assert (row.name, row.text) == ("default", DEFAULT.text)


def test_two_recipes_stand_side_by_side(database: Settings) -> None:
    with db.session() as session:
        document = one(session, "1", text(12, 1), text(20, 2))
    clean(DEFAULT)
    clean(load("paper"))
    with db.session() as session:
        assert standing(session, document) == ("kept", None, None, "dropped")
    clean(DEFAULT)
    with db.session() as session:
        assert standing(session, document) == ("kept", None, None, "kept"), "the state is of the last recipe run"


def test_what_is_forgotten_while_all_is_compared_repeats_nothing(database: Settings) -> None:
    question, answer = text(30, 1), text(40, 2)
    with db.session() as session:
        one(session, "1", question, answer)
        gone = one(session, "2", " ".join(edited(question.split(), 0.1, 3)), " ".join(edited(answer.split(), 0.1, 4)))
    judge_new(DEFAULT)
    with db.session() as session:
        found = list(verdicts.survivors(session, DEFAULT.sha256))
        session.execute(delete(Measurement).where(Measurement.document_id == gone))
        assert [ruling.outcome for _, ruling in rulings(session, DEFAULT, found)] == ["kept", "kept"]


def test_a_tick_compares_only_when_something_is_new(database: Settings) -> None:
    with db.session() as session:
        document = one(session, "1", text(12, 1), text(40, 2))
    judge_new(DEFAULT)
    with db.session() as session:
        assert verdicts.unsettled(session, DEFAULT.sha256)
        assert standing(session, document) == ("pending", None, None, "new")
    assert tick(DEFAULT) == 0
    with db.session() as session:
        assert standing(session, document) == ("kept", None, None, "kept")
        assert not verdicts.unsettled(session, DEFAULT.sha256)


def test_one_worker_at_a_time_compares(database: Settings) -> None:
    with db.session() as held:
        assert verdicts.lock(held, DEFAULT.sha256, wait=True)
        assert settle(DEFAULT, wait=False) is False
        assert settle(load("paper"), wait=False) is True
    assert settle(DEFAULT, wait=False) is True


def test_odd_texts_are_stored_and_judged(database: Settings) -> None:
    odd = ["", "\u200c" * 5000, "a" * 300_000, "سرفه " * 200_000, "\ufffd" * 50, "😀 👩\u200d⚕️", "&#0;&#xD800;"]
    with db.session() as session:
        documents = [one(session, str(number), "سرفه از چیست؟", answer) for number, answer in enumerate(odd)]
    assert clean(DEFAULT) == len(odd)
    with db.session() as session:
        assert {standing(session, document)[0] for document in documents} == {"dropped"}


def test_the_funnel_as_a_table(database: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    from cleaning import report

    with db.session() as session:
        one(session, "1", text(12, 1), text(40, 2))
        one(session, "2", text(12, 1), text(4, 2))
    clean(DEFAULT)
    report.print_funnel(DEFAULT, report.funnel(DEFAULT))
    shown = capsys.readouterr().out
    assert "drhast" in shown
    assert "short_answer 1" in shown
