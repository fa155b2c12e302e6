"""Decisions leave as files and come back from them, as the command does it."""

import datetime as dt
import json
import subprocess
import sys
import uuid
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from storage import audit, db
from storage.errors import UsageError
from storage.exchange import formats, leaving
from storage.exchange.entering import Bringer, Fault, Report, enter
from storage.exchange.incoming import Incoming
from storage.exchange.leaving import Wanted
from storage.exchange.outgoing import Outgoing
from storage.exchange.row import Row, line
from storage.models import AuditEvent, Claim, Decision, Document, Page, Purpose, Review, State
from storage.review import decisions
from storage.settings import Settings
from tests.storage.review.room import judge, person, settings, waiting

PROGRAM = Path(sys.executable).parent / "storage"
NEVER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "decisions", *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def numbers(database: Settings) -> list[uuid.UUID]:
    """Four records: approved, rejected and edited by maryam, and one that waits."""
    with db.session() as session:
        settings(session)
        user = person(session)
        found = [waiting(session, str(number)) for number in range(4)]
        for number, decision in zip(found, (Decision.APPROVE, Decision.REJECT, Decision.EDIT), strict=False):
            typed = {"question": "=۱+۱؟", "answer": "'نیم\u200cفاصله\r\n-یک"} if decision is Decision.EDIT else None
            decisions.decide(session, number, user, judge(session, number, user, decision, typed=typed, seconds=1.5))
    return found


def forget_decisions() -> None:
    """As on another farm: the same records wait, nobody decided."""
    with db.session() as session:
        session.query(Review).delete()
        session.execute(update(Document).values(state=State.REVIEW.value))


def states() -> list[str]:
    with db.session() as session:
        return list(session.scalars(select(Document.state).order_by(Document.record)))


def take(text: str, form: str = "jsonl", **how: object) -> Report:
    return Incoming(form, **how).take(StringIO(text, newline=""), "file", "zahra")  # type: ignore[arg-type]


def sent(form: str = "jsonl", **wanted: bool) -> str:
    return "".join(Outgoing(form, Wanted(**wanted)).pieces("zahra"))


@pytest.mark.parametrize("form", formats.FORMATS)
def test_decisions_move_to_another_farm_and_once_only(numbers: list[uuid.UUID], form: str) -> None:
    file = sent(form)
    assert take(file, form) == Report(same=3)
    forget_decisions()
    assert take(file, form, dry_run=True) == Report(taken=3)
    assert states() == ["review"] * 4
    assert take(file, form) == Report(taken=3)
    assert states() == ["approved", "rejected", "approved", "review"]
    assert sent(form) == file
    assert take(file, form) == Report(same=3)
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 3
        events = select(AuditEvent.actor, AuditEvent.detail).where(AuditEvent.action == "decision brought in")
        assert [(actor, detail) for actor, detail in session.execute(events)] == [("zahra", {"by": "maryam"})] * 3


def test_an_export_ends_well_beside_others_work_and_leaves_a_trace_where_broken_off(numbers: list[uuid.UUID]) -> None:
    pieces = Outgoing("jsonl").pieces("zahra")
    next(pieces)
    with db.session() as session:
        audit.note(session, "maryam", "logged in", "maryam")
    assert len(list(pieces)) == 2
    broken = Outgoing("csv", bom=True).pieces("reza")
    next(broken)
    broken.close()
    with db.session() as session:
        told = select(AuditEvent.actor, AuditEvent.action).where(AuditEvent.action.like("decisions %"))
        assert session.execute(told.order_by(AuditEvent.id)).all() == [
            ("zahra", "decisions going out"),
            ("zahra", "decisions sent out"),
            ("reza", "decisions going out"),
        ]
    with pytest.raises(RuntimeError, match="transaction of their own"), db.session(repeatable=True) as session:
        audit.note(session, "zahra", "decisions sent out", "reviews")


def test_what_does_not_count_goes_out_only_when_asked_and_decides_nothing(numbers: list[uuid.UUID]) -> None:
    with db.session() as session:
        session.execute(update(Review).where(Review.document_id == numbers[0]).values(undone_at=func.now()))
        session.execute(update(Review).where(Review.document_id == numbers[1]).values(purpose=Purpose.BLIND.value))
        session.execute(update(Document).where(Document.id != numbers[2]).values(state=State.REVIEW.value))
    assert len(sent().splitlines()) == 1
    every = [json.loads(text) for text in sent(every=True, waiting=True).splitlines()]
    assert [row["purpose"] for row in every] == ["decision", "blind", "decision"] + ["decision"] * 3
    assert [bool(row["undone_at"]) for row in every] == [True] + [False] * 5
    assert [row["decision"] for row in every] == ["approve", "reject", "edit", None, None, None]
    with db.session() as session:
        session.query(Review).delete()
    again = "\n".join(json.dumps(row) for row in every)
    assert take(again) == Report(taken=1, left_out=2, undecided=3)
    with pytest.raises(UsageError, match="goes with jsonl or csv"):
        Outgoing("argilla", Wanted(every=True))


def test_a_decision_that_was_undone_since_is_not_taken_again(numbers: list[uuid.UUID]) -> None:
    file = sent()
    forget_decisions()
    assert take(file).taken == 3
    with db.session() as session:
        session.execute(update(Review).values(undone_at=func.now()))
        session.execute(update(Document).values(state=State.REVIEW.value))
    assert take(file) == Report(same=3)
    assert states() == ["review"] * 4


def shown(number: uuid.UUID, **changes: object) -> Row:
    """A rejection of a waiting record as it would go out, changed."""
    with db.session() as session:
        [row] = [each for each in leaving.rows(session, Wanted(waiting=True)) if each.document == number]
    made = {"decision": Decision.REJECT, "reason": "other", "by": "maryam"}
    return Row.model_validate(row.model_dump() | made | changes)


FAULTS: dict[Fault, dict[str, object]] = {
    Fault.NO_DOCUMENT: {"document": uuid.UUID(int=1)},
    Fault.OTHER_KIND: {"kind": "article", "shown": {}},
    Fault.STALE: {"content_sha256": "0" * 64},
    Fault.UNKNOWN_PERSON: {"by": "a@b.ir"},
    Fault.NO_REASON: {"reason": "because"},
    Fault.EMPTY: {"decision": "edit", "text": {"question": "چه؟", "answer": " "}},
    Fault.FUTURE: {"at": NEVER},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_taken_is_told_and_nothing_is(numbers: list[uuid.UUID], fault: Fault) -> None:
    with db.session() as session:
        another = waiting(session, "5")
    text = "\n".join(row.model_dump_json() for row in (shown(another), shown(numbers[3], **FAULTS[fault])))
    report = take(text)
    assert [(each.place, each.wrong) for each in report.wrong] == [("line 2", fault.value)]
    assert states()[3:] == ["review", "review"]
    assert len(take(text, skip_bad=True).wrong) == report.taken == 1
    assert states()[3:] == ["review", "rejected"]


def test_an_approval_is_of_what_is_shown_now(numbers: list[uuid.UUID]) -> None:
    approval = shown(numbers[3], decision="approve", reason=None, content_sha256=None)
    other = {"question": "دیگر؟", "answer": "دیگر."}
    stale = [approval.model_copy(update={"text": other}), approval.model_copy(update={"shown": other})]
    for row in stale:
        assert [each.wrong for each in take(row.model_dump_json()).wrong] == [Fault.STALE.value]
    assert take(approval.model_dump_json()).taken == 1


def test_a_later_decision_outranks_and_an_earlier_one_does_not(numbers: list[uuid.UUID]) -> None:
    with db.session() as session:
        made = session.scalars(select(Review.created_at).where(Review.document_id == numbers[0])).one()
    rejection = shown(numbers[3]).model_dump() | {"document": numbers[0], "content_sha256": None}
    with db.session() as session:
        rejection["content_sha256"] = session.get_one(Document, numbers[0]).content_sha256
    for at in (None, made - dt.timedelta(seconds=1)):
        [told] = take(Row.model_validate(rejection | {"at": at}).model_dump_json()).wrong
        assert told.wrong == Fault.OUTRANKED.value
    later = Row.model_validate(rejection | {"at": made + dt.timedelta(microseconds=1)})
    assert take(later.model_dump_json()).taken == 1
    assert states()[0] == "rejected"


def test_what_someone_has_open_is_left_to_them(numbers: list[uuid.UUID]) -> None:
    with db.session() as session:
        zahra = person(session, "zahra")
        session.add(Claim(document_id=numbers[3], user_id=zahra.id, expires_at=NEVER))
    [told] = take(shown(numbers[3]).model_dump_json()).wrong
    assert told.wrong == Fault.OPEN.value


def test_nothing_of_a_page_kept_apart_goes_out(numbers: list[uuid.UUID]) -> None:
    with db.session() as session:
        page = session.get_one(Document, numbers[0]).page_id
        session.execute(update(Page).where(Page.id == page).values(quarantined=True))
    assert str(numbers[0]) not in sent(every=True, waiting=True)


def test_a_file_of_many_parts_is_whole(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "AT_ONCE", 2)
    with db.session() as session:
        settings(session)
        user = person(session)
        found = [waiting(session, str(number)) for number in range(7)]
        for number in found[:5]:
            decisions.decide(session, number, user, judge(session, number, user))
    told = [json.loads(text) for text in sent(waiting=True).splitlines()]
    assert [row["document"] for row in told] == [str(n) for n in [*found[:5], *sorted(found[5:])]]


def test_the_command_writes_whole_files_and_says_what_it_took(numbers: list[uuid.UUID], tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    told = run("export", "--format", "csv", "--bom", "--out", str(file))
    assert (told.returncode, told.stderr) == (0, "")
    assert file.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert file.stat().st_mode & 0o077 == 0
    forget_decisions()
    done = json.loads(run("import", str(file), "--json").stdout)
    assert (done["taken"], done["wrong"]) == (3, [])
    file.write_bytes(file.read_bytes().replace(b"maryam", b"parvin").replace(b"advertisement", b"other"))
    refused = run("import", str(file))
    assert refused.returncode == 2
    assert "line 3: nobody here has that name" in refused.stderr
    assert "2 there already, 0 undecided" in run("import", str(file), "--as", "maryam", "--skip-bad").stdout
    assert run("export", "--out", str(tmp_path / "no" / "x.csv")).returncode == 2
    assert [each for each in tmp_path.iterdir() if each.is_file()] == [file]


def test_a_line_without_a_row_is_told_as_it_is(database: Settings) -> None:
    with db.session() as session:
        report = enter(session, [line("line 1", {"kind": "qa"})], Bringer("zahra"))
    assert [(each.place, each.wrong) for each in report.wrong] == [("line 1", "document: Field required")]
