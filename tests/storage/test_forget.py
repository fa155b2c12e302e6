"""What is forgotten is in no table and in no file of the archive; all else stays as it was."""

import datetime as dt
import gzip
import hashlib
import io
import json
import subprocess
import sys
import threading
import uuid
import zlib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from sqlalchemy import Text, cast, func, literal_column, select

from cleaning.recipe import load
from cleaning.run import clean
from crawlers.spiders import sites
from storage import addresses, archive, blobs, db, snapshots, sources, trained
from storage.addresses import Found, Visit
from storage.archive import Archive
from storage.cli import main
from storage.documents import DocumentFields, document_id, save_documents
from storage.forgetting import forget, forgotten
from storage.forgetting.finding import wanted
from storage.models import (
    Address,
    AddressState,
    AuditEvent,
    Base,
    Capture,
    Document,
    Erasure,
    ForgottenRow,
    Model,
    Page,
    Review,
    Run,
    State,
    Takedown,
    User,
    Verdict,
)
from storage.pages import PageFields, save_pages
from storage.settings import Settings, settings
from storage.warc import Place
from tests.storage.rows import NOW, add_documents, add_verdict

HOST = "drhast.com"
QUESTION = "سه روز است که زانوی چپم هنگام بالا رفتن از پله درد می‌گیرد، شماره من ۰۹۱۲ ۳۴۵ ۶۷ ۸۹ است"
ANSWER = "این درد بیشتر از کشکک زانو است؛ یک هفته از پله دوری کنید و اگر ماند عکس بگیرید"
OTHER = "پوست دستم در زمستان خشک می‌شود و ترک می‌خورد، چه کرمی بزنم که چرب نباشد"
HASH_BYTES = 16


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command in this process: a new one takes a second to begin."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["storage", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.getvalue(), err.getvalue())


def fingerprint(record: str, source: str = "drhast") -> bytes:
    return sites()[source].fingerprint(f"https://{HOST}/q/{record}/x")


def page(url: str, body: str, hours: int = 0) -> PageFields:
    return PageFields("drhast", url, 200, {"content-type": "text/html"}, body.encode(), NOW + dt.timedelta(hours=hours))


class Site:
    """A crawl's rows and files, made as a crawl makes them."""

    def __init__(self) -> None:
        self.archive = Archive({"software": "tabib"})
        with db.session() as session:
            sources.ensure(session, "drhast", HOST)

    def visit(self, record: str, *bodies: str, slug: str = "") -> list[int]:
        """Each body a version of the record's page, then a visit that finds the last unchanged; returns page ids."""
        url, known_by, ids = f"https://{HOST}/q/{record}{slug}", fingerprint(record), list[int]()
        before: int | None = None
        for hours, body in enumerate([*bodies, bodies[-1]]):
            with db.session() as session:
                addresses.discover(session, "drhast", [Found(known_by, url, True)])
                [kept] = save_pages(session, self.archive, [(page(url, body, hours), before)])
                before = kept.page_id
                visit = Visit(known_by, 1, AddressState.STORED, 1, NOW, NOW, page_id=before)
                addresses.visit(session, [visit])
                ids.append(before)
        return list(dict.fromkeys(ids))

    def pair(self, record: str, question: str, *answers: str, slug: str = "") -> list[uuid.UUID]:
        """A record with its page, of an older version too, and its pairs."""
        answered = "".join(f"<p>{answer}</p>" for answer in answers)
        *_, last = self.visit(record, f"<h1>{question}</h1>", f"<h1>{question}</h1>{answered}", slug=slug)
        url = f"https://{HOST}/q/{record}{slug}"
        with db.session() as session:
            fields = [
                DocumentFields("qa", record, url, n, title=question[:30], question=question, answer=answer)
                for n, answer in enumerate(answers)
            ]
            add_documents(session, session.get_one(Page, last), fields)
        return [document_id("drhast", "qa", record, n) for n in range(len(answers))]

    def listing(self, url: str, body: str, *records: str) -> int:
        known_by = uuid.uuid5(uuid.NAMESPACE_URL, url).bytes
        with db.session() as session:
            addresses.discover(session, "drhast", [Found(known_by, url, False)])
            [kept] = save_pages(session, self.archive, [(page(url, body), None)])
            addresses.visit(session, [Visit(known_by, 1, AddressState.STORED, 1, NOW, NOW, page_id=kept.page_id)])
            addresses.link(session, [(known_by, b"".join(fingerprint(record)[:8] for record in records))])
        return kept.page_id


@pytest.fixture
def site(database: Settings) -> Iterator[Site]:
    made = Site()
    yield made
    made.archive.close()


def unpacked(path: Path) -> bytes:
    """A file's bytes, those of an archive or a blob as they are when unpacked; damage fails the test."""
    data = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.decompress(data)
    if path.name.removesuffix(".open").endswith(".gz"):
        return gzip.decompress(data)
    return data


def dumped() -> bytes:
    """Every row of every table as text."""
    rows: list[str] = []
    with db.session() as session:
        for table in Base.metadata.sorted_tables:
            whole = cast(func.row_to_json(literal_column(f'"{table.name}"')), Text)
            rows += session.scalars(select(whole).select_from(table))
    return "\n".join(rows).encode()


def everywhere() -> bytes:
    files = [path for path in settings().home.rglob("*") if path.is_file() and "snapshots" not in path.parts]
    return b"\n".join([dumped(), *map(unpacked, files)])


def pieces(*texts: str) -> list[bytes]:
    """Every three words of the texts."""
    words = [t.split() for t in texts]
    return [" ".join(w[n : n + 3]).encode() for w in words for n in range(len(w) - 2)]


def left_of(*texts: str) -> list[str]:
    found = everywhere()
    return [piece.decode() for piece in pieces(*texts) if piece in found]


def check_archive() -> None:
    """warcio has nothing to say of any finished file, and each holds as many whole members as before."""
    files = [str(path) for path in archive.folder().rglob("*.warc.gz")]
    program = Path(sys.executable).with_name("warcio")
    done = subprocess.run([program, "check", *files], capture_output=True, text=True, check=False, timeout=60)
    assert files
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def readable() -> int:
    """How many captures the index leads to, each read and checked against its digest."""
    with db.session() as session:
        rows = session.execute(
            select(Capture.file, Capture.offset, Capture.length, Page.sha256)
            .join(Page)
            .where(Capture.kind == "response")
        ).all()
    for row in rows:
        archive.read(Place(row.file, row.offset, row.length), row.sha256)
    return len(rows)


def test_nothing_of_a_record_is_left_anywhere(site: Site) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER)
    site.pair("124", OTHER, "کرم بدون چربی")
    site.archive.close()
    body = b"<h1>" + QUESTION.encode()
    sha256 = hashlib.sha256(body).hexdigest()
    blob = settings().home / "blobs" / sha256[:2] / f"{sha256[2:]}.zst"
    blobs.write_whole(blob, zstandard.compress(body))
    with db.session() as session:
        session.add(
            Page(
                source="drhast",
                url=f"https://{HOST}/q/123",
                status=200,
                sha256=sha256,
                headers={},
                fetched_at=NOW,
                seen_at=NOW,
            )
        )
        add_verdict(session, asked, cleaned={"question": QUESTION, "answer": ANSWER})
        person = User(name="داور", password_hash="-")
        session.add(person)
        session.flush()
        content = session.get_one(Document, asked).content_sha256
        session.add(
            Review(
                document_id=asked,
                user_id=person.id,
                content_sha256=content,
                decision="edit",
                text={"answer": ANSWER},
            )
        )
    assert len(left_of(QUESTION, ANSWER)) == len(pieces(QUESTION, ANSWER))
    done = run("forget", f"https://{HOST}/q/123", "--yes", "--reason", "mail of the 1st", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["rows"] == {
        "documents": 1,
        "measurements": 1,
        "verdicts": 1,
        "reviews": 1,
        "claims": 0,
        "set_aside": 0,
        "gold": 0,
        "addresses": 1,
        "pages": 3,
    }
    assert told["erased"] == {"records": 4, "absent": [], "damaged": []}
    assert left_of(QUESTION, ANSWER) == []
    assert not blob.exists()
    assert left_of(OTHER) == [piece.decode() for piece in pieces(OTHER)]
    assert readable() == 2
    check_archive()


def test_the_audit_trail_keeps_who_and_how_many_and_no_address(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    assert run("forget", f"https://{HOST}/q/123", "--yes", "--reason", "mail of the 1st").returncode == 0
    with db.session() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "forget")).one()
        assert (event.detail["documents"], event.detail["pages"], event.detail["kind"]) == (1, 2, "address")
        assert event.detail["reason"] == "mail of the 1st"
        assert event.detail["user"]
        assert event.subject.startswith("address ")
        assert "q/123" not in f"{event.subject}{event.detail}"
        assert session.get_one(Takedown, f"https://{HOST}/q/123").reason == "mail of the 1st"


@pytest.mark.parametrize(
    "form",
    [
        "http://www.drhast.com/q/123/%D8%B2%D8%A7%D9%86%D9%88?utm_source=x#answers",
        "drhast.com/q/123/زانو",
        "https://drhast.com/q/123/another-title-of-2024",
        "https://drhast.com/q/123",
        "{id}",
        "{id:.8}",
    ],
)
def test_any_form_of_the_address_and_the_id_will_do(site: Site, form: str) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER, slug="/%D8%B2%D8%A7%D9%86%D9%88")
    [other] = site.pair("124", OTHER, "کرم")
    form = form.replace("{id}", str(asked)).replace("{id:.8}", str(asked)[:8])
    done = run("forget", form, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    with db.session() as session:
        assert session.scalars(select(Document.id)).all() == [other]


@pytest.mark.parametrize(
    "unknown",
    [
        "https://drhast.com/q/12",
        "https://drhast.com/q/1234",
        "https://drhast.com/q/999/title-of-123",
        "https://elsewhere.example/q/123",
        "https://drhast.com/q/55*",
        "00000000",
        "--text=کلمه‌ای که هیچ‌جا نیست",
        "no address",
        "file:///etc/passwd",
        "--text=a",
    ],
)
def test_what_is_unknown_is_refused_and_nothing_touched(site: Site, unknown: str) -> None:
    site.pair("123", QUESTION, ANSWER)
    site.archive.close()
    before = everywhere()
    done = run("forget", unknown, "--yes")
    assert done.returncode == 2
    assert done.stderr.startswith("storage: ")
    assert len(done.stderr.splitlines()) == 1
    assert everywhere() == before


def test_a_dry_run_shows_and_changes_nothing(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    site.archive.close()
    before = everywhere()
    done = run("forget", f"https://{HOST}/q/123", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 documents" in done.stdout
    assert not any(piece.decode() in done.stdout for piece in pieces(QUESTION, ANSWER))
    assert everywhere() == before
    refused = run("forget", f"https://{HOST}/q/123")
    assert (refused.returncode, everywhere()) == (2, before), "nobody can be asked"


def test_all_that_begins_so_goes(site: Site) -> None:
    for record in ("121", "122", "13"):
        site.pair(record, f"{QUESTION} {record}", ANSWER)
    assert run("forget", f"http://www.{HOST}/q/12*", "--yes").returncode == 0
    with db.session() as session:
        assert session.scalars(select(Document.record)).all() == ["13"]
        assert session.scalars(select(Takedown.pattern)).all() == [f"https://{HOST}/q/12*"]
    assert readable() == 2


@pytest.mark.parametrize("number", ["09123456789", "0912-345-6789", "۰۹۱۲۳۴۵۶۷۸۹", "٠٩١٢ ٣٤٥ ٦٧٨٩"])
def test_a_number_is_found_in_any_digits(site: Site, number: str) -> None:
    site.pair("123", QUESTION, ANSWER)
    [longer] = site.pair("124", "شماره پرونده من ۱۰۹۱۲۳۴۵۶۷۸۹ است و نوبت دارم", "بله")
    assert run("forget", "--text", number, "--yes").returncode == 0
    with db.session() as session:
        assert session.scalars(select(Document.id)).all() == [longer]


def test_an_answer_alone_leaves_the_others_without_their_page(site: Site) -> None:
    first, second = site.pair("123", QUESTION, ANSWER, "نظر من جراحی زانو نیست")
    told = json.loads(run("forget", str(first), "--single", "--yes", "--json").stdout)
    assert (told["rows"]["documents"], told["documents_that_stay"], told["pages_without_bytes"]) == (1, 1, 1)
    with db.session() as session:
        kept = session.scalars(select(Document)).one()
        assert (kept.id, kept.answer) == (second, "نظر من جراحی زانو نیست")
        assert session.get_one(Page, kept.page_id).headers == {forgotten.MARK: True}
        assert session.scalar(select(func.count()).select_from(Capture)) == 0
    assert left_of(ANSWER) == []


def test_another_record_of_its_page_stays(site: Site) -> None:
    [first] = site.pair("123", QUESTION, ANSWER)
    with db.session() as session:
        shared = session.get_one(Page, session.get_one(Document, first).page_id)
        add_documents(session, shared, [DocumentFields("qa", "9", shared.url, question=OTHER, answer="کرم بدون چربی")])
    told = json.loads(run("forget", str(first), "--yes", "--json").stdout)
    assert (told["rows"]["documents"], told["documents_that_stay"]) == (1, 1)
    assert left_of(QUESTION, ANSWER) == []
    assert left_of(OTHER) == [piece.decode() for piece in pieces(OTHER)]


@pytest.mark.parametrize("text", ["کشكک  زانو", "يك هفته از پله", "یک\u200cهفته از پلّه", "زانوی چپم"])
def test_a_text_is_found_however_it_is_typed(site: Site, text: str) -> None:
    site.pair("123", QUESTION, ANSWER)
    expected = 2 if text.startswith("یک\u200c") else 0  # a joiner is no space
    assert run("forget", "--text", text, "--dry-run").returncode == expected


def test_a_text_is_no_expression(site: Site) -> None:
    site.pair("123", QUESTION, f"{ANSWER} (a.b*c) [x] \\ ^$ _ % 5+5")
    for literal in ("(a.b*c)", "[x] \\ ^$ _ %", "5+5"):
        assert run("forget", "--text", literal, "--dry-run").returncode == 0
    for other in ("(a.bbc)", "axb*c", "[^x]", "5+6", "....", "_ _"):
        assert run("forget", "--text", other, "--dry-run").returncode == 2


def test_without_single_all_answers_go(site: Site) -> None:
    first, _ = site.pair("123", QUESTION, ANSWER, "نظر من جراحی زانو نیست")
    assert run("forget", str(first), "--yes").returncode == 0
    assert left_of(QUESTION, ANSWER, "نظر من جراحی زانو نیست") == []


def test_listings_and_pages_that_quote_it_lose_their_bytes(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    [other] = site.pair("124", OTHER, "کرم")
    quoting = site.listing(f"https://{HOST}/list", f"<a href=/q/123><b>{QUESTION}</b></a>", "124", "123")
    silent = site.listing(f"https://{HOST}/map", "<loc>/q/123</loc>", "123", "124")
    assert run("forget", f"https://{HOST}/q/123", "--yes").returncode == 0
    assert left_of(QUESTION, ANSWER) == []
    with db.session() as session:
        with_bytes = set(session.scalars(select(Capture.page_id).where(Capture.kind == "response")))
        assert silent in with_bytes
        assert quoting not in with_bytes
        assert session.scalars(select(Document.id)).all() == [other]


def test_what_a_death_left_without_a_row_goes_too(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    with db.session() as session:
        save_pages(session, site.archive, [(page(f"https://{HOST}/q/123", f"{QUESTION} و تازه"), None)])
        session.rollback()
    site.pair("124", OTHER, "کرم")
    assert run("forget", f"https://{HOST}/q/123", "--yes").returncode == 0
    assert left_of(QUESTION, ANSWER) == []
    assert readable() == 2


def test_what_a_death_left_half_written_goes_too(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    site.archive.close()
    [file] = archive.folder().rglob("*.warc.gz")
    torn = zlib.compress(f"WARC/1.1\r\n{ANSWER}".encode(), 0, 31)[:-8]
    left = file.rename(f"{file}.open")
    with left.open("ab") as tail:
        tail.write(torn)
    assert run("forget", f"https://{HOST}/q/123", "--yes").returncode == 0
    assert not left.exists()
    assert left_of(QUESTION, ANSWER) == []
    check_archive()


def test_a_writer_that_lives_goes_on_in_the_same_file(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    assert list(archive.folder().rglob("*.open"))
    assert run("forget", f"https://{HOST}/q/123", "--yes").returncode == 0
    site.pair("124", OTHER, "کرم")
    site.archive.close()
    assert len(list(archive.folder().rglob("*.warc.gz"))) == 1
    assert (left_of(QUESTION, ANSWER), readable()) == ([], 2)
    check_archive()


def test_repeats_of_it_are_judged_anew(site: Site) -> None:
    [kept], [repeat], [approved] = (site.pair(r, QUESTION + r, ANSWER) for r in ("123", "124", "125"))
    with db.session() as session:
        add_verdict(session, kept, cluster=kept)
        for id_, state in ((repeat, State.DROPPED), (approved, State.APPROVED)):
            add_verdict(session, id_, "dropped", reason="repeat", cluster=kept)
            session.get_one(Document, id_).state = state
    told = json.loads(run("forget", str(kept), "--yes", "--json").stdout)
    assert (told["judged_again"], sorted(told["repeats"])) == (2, sorted(map(str, [repeat, approved])))
    with db.session() as session:
        assert session.scalars(select(Verdict)).all() == []
        states = {row.id: row.state for row in session.execute(select(Document.id, Document.state))}
        assert states == {repeat: "new", approved: "approved"}


def test_it_does_not_come_back(site: Site) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER)
    assert run("forget", f"https://{HOST}/q/123", "--yes").returncode == 0
    with db.session() as session:
        assert forgotten.addresses(session, [fingerprint("123"), fingerprint("124")]) == {fingerprint("123")}
        [kept] = save_pages(session, site.archive, [(page(f"https://{HOST}/list", "x"), None)])
        again = DocumentFields("qa", "123", f"https://{HOST}/q/123", question=QUESTION, answer=ANSWER)
        assert save_documents(session, "drhast", [(kept.page_id, again)]) == 0
        assert session.get(Document, asked) is None


def test_exports_that_hold_it_are_named_and_marked(site: Site) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER)
    [other] = site.pair("124", OTHER, "کرم")
    with db.session() as session:
        for id_ in (asked, other):
            add_verdict(session, id_)
        made = snapshots.freeze(session, "october", "0" * 64)
        values = {"recipe_name": "tiny", "recipe": "", "seed": 1, "versions": {}, "hardware": {}, "metrics": {}}
        session.add(Run(name="tiny-1", snapshot_sha256=made.sha256, folder="runs/tiny-1", **values))
    told = json.loads(run("forget", str(asked), "--yes", "--json").stdout)
    [export] = told["exports"]
    assert export == {
        "names": ["october"],
        "sha256": made.sha256,
        "folder": str(snapshots.folder(made)),
        "path": "pairs/train.parquet",
        "documents": 1,
        "runs": {"tiny-1": "running"},
    }
    with db.session() as session:
        marked = session.scalars(select(ForgottenRow)).one()
        assert (marked.snapshot_sha256, marked.document_id, marked.path) == (made.sha256, asked, "pairs/train.parquet")
    assert snapshots.verify(snapshots.folder(made))["sha256"] == made.sha256
    assert json.loads(run("forget", "--json").stdout)["exports"] == 1


def test_exports_that_cannot_be_read_are_named_not_taken_for_empty(site: Site) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER)
    with db.session() as session:
        add_verdict(session, asked)
        made = snapshots.freeze(session, "october", "0" * 64)
    file = snapshots.folder(made) / "pairs" / "train.parquet"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-20])
    shown = run("forget", str(asked), "--dry-run").stdout
    assert f"{file} cannot be read" in shown
    told = json.loads(run("forget", str(asked), "--yes", "--json").stdout)
    assert (told["exports"], told["exports_unread"]) == ([], [str(file)])
    again = json.loads(run("forget", "--json").stdout)
    assert (again["exports"], again["exports_unread"]) == (0, [str(file)])
    assert f"{file} cannot be read" in run("forget").stdout
    with db.session() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "forget")).one()
        assert event.detail["exports_unread"] == 1


def test_an_export_with_an_id_that_is_none_is_named(site: Site) -> None:
    [asked] = site.pair("123", QUESTION, ANSWER)
    folder = settings().home / "snapshots" / "odd"
    folder.mkdir(parents=True)
    row = {"id": None, "source": "drhast", "record": "123"}
    pq.write_table(pa.Table.from_pylist([row], pa.schema([(name, pa.string()) for name in row])), folder / "a.parquet")
    told = json.loads(run("forget", str(asked), "--dry-run", "--json").stdout)
    assert told["exports_unread"] == [str(folder / "a.parquet")]


def test_models_that_may_have_learned_from_it_are_named(site: Site) -> None:
    def train(name: str, kind: str) -> None:
        with db.session() as session:
            trained.add(session, Model(name=name, version=name * 9, kind=kind, metrics={}), name.encode())

    train("before", "speciality")
    [asked] = site.pair("123", QUESTION, ANSWER)
    [other] = site.pair("124", OTHER, "کرم")
    train("fields", "speciality")
    train("unreviewed", "quality")
    with db.session() as session:
        user = User(name="reviewer", password_hash="x", role="annotator")
        session.add(user)
        session.flush()
        content = session.get_one(Document, asked).content_sha256
        values = {"user_id": user.id, "content_sha256": content, "decision": "reject"}
        session.add(Review(document_id=asked, **values))
    train("decided", "quality")
    told = json.loads(run("forget", str(other), "--dry-run", "--json").stdout)
    assert [row["name"] for row in told["models"]] == ["fields"]
    assert "model decided (decideddecidedde) may have learned from it" in run("forget", str(asked), "--dry-run").stdout
    told = json.loads(run("forget", str(asked), "--yes", "--json").stdout)
    assert [(row["name"], row["version"]) for row in told["models"]] == [
        ("fields", "fields" * 9),
        ("decided", "decided" * 9),
    ]


def test_a_second_run_finishes_what_a_killed_one_left(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    site.archive.close()
    forget.carry_out(forget.plan(wanted(f"https://{HOST}/q/123")), "mail")
    assert left_of(ANSWER), "the rows are gone, the archive still holds it"
    done = run("forget", f"https://{HOST}/q/123", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert left_of(QUESTION, ANSWER) == []
    assert run("forget").returncode == 0
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 0


def test_files_elsewhere_stay_to_be_erased(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    site.archive.close()
    [file] = archive.folder().rglob("*.warc.gz")
    moved = file.rename(file.with_suffix(".elsewhere"))
    done = run("forget", f"https://{HOST}/q/123", "--yes")
    assert (done.returncode, "is not on this machine" in done.stdout) == (1, True)
    moved.rename(file)
    assert run("forget").returncode == 0
    assert left_of(QUESTION, ANSWER) == []


def test_a_crawl_goes_on_meanwhile(site: Site) -> None:
    """Records are stored in a thread while others are forgotten: none is lost, none comes back."""
    for n in range(6):
        site.pair(f"{100 + n}", f"{QUESTION} {n}", ANSWER)
    other, stop = Site(), threading.Event()
    made: list[str] = []

    def crawl() -> None:
        while not stop.is_set():
            made.append(str(500 + len(made)))
            other.pair(made[-1], f"{OTHER} {made[-1]}", "کرم")

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        done = [run("forget", f"https://{HOST}/q/{100 + n}", "--yes") for n in range(6)]
    finally:
        stop.set()
        thread.join()
        other.archive.close()
    assert [d.returncode for d in done] == [0] * 6
    with db.session() as session:
        assert sorted(session.scalars(select(Document.record))) == sorted(made)
    assert len(made) > 5
    assert readable() == 2 * len(made)
    assert left_of(QUESTION, ANSWER) == []


def test_no_pages_address_is_left_waiting(site: Site) -> None:
    site.pair("123", QUESTION, ANSWER)
    assert run("forget", f"https://{HOST}/q/123", "--yes", "--compact").returncode == 0
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Address)) == 0
        assert addresses.count_pending(session, "drhast") == 0


def test_a_cleaning_run_goes_on_meanwhile(site: Site) -> None:
    """Documents are judged in a thread while some are forgotten: it does not fail, and all that is left is judged."""
    for n in range(40):
        site.pair(f"{100 + n}", f"{QUESTION} {n}", ANSWER, f"{ANSWER} {n}")
    recipe, faults, stop = load("default"), list[BaseException](), threading.Event()

    def judge() -> None:
        try:
            while not stop.is_set():
                clean(recipe)
        except BaseException as fault:  # noqa: BLE001 - whatever it is, the test tells of it
            faults.append(fault)

    thread = threading.Thread(target=judge)
    thread.start()
    try:
        for n in range(0, 40, 4):
            made = forget.plan(wanted(f"https://{HOST}/q/{100 + n}"))
            assert forget.carry_out(made, "mail").rows["documents"] == 2
    finally:
        stop.set()
        thread.join()
    clean(recipe)
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 60
        assert session.scalar(select(func.count()).select_from(Verdict)) == 60
        assert set(session.scalars(select(Document.state))).isdisjoint({"new"})
    assert faults == []
