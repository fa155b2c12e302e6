"""The demo as its users run it: killed half-way, gone on with, run again; then from a score back to a page."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from infra.replica import records
from infra.replica.documents import documents
from storage import archive, db, snapshots
from storage.models import Answer, Document, Page, Review, Run, Score, Verdict
from storage.selection import KEPT
from storage.settings import settings

BIN = Path(sys.executable).parent
DEMO_SECONDS = 900
pytestmark = pytest.mark.timeout(3 * DEMO_SECONDS)


def _run(program: str, *arguments: str) -> str:
    command = [BIN / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEMO_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _stats() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(_run("storage", "stats", "--json"))
    return figures


def _kill_in_the_crawl() -> None:
    """Start the demo and kill -9 it once the first documents are stored."""
    with subprocess.Popen([BIN / "infra", "demo"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as demo:
        until = time.monotonic() + 120
        while not _crawled_some() and time.monotonic() < until:
            assert demo.poll() is None
            time.sleep(0.3)
        demo.send_signal(signal.SIGKILL)


def _crawled_some() -> bool:
    stats = subprocess.run([BIN / "storage", "stats", "--json"], capture_output=True, text=True, check=False)
    return stats.returncode == 0 and json.loads(stats.stdout)["rows"]["documents"] > 20


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A data folder that the demo was killed in, walked through, and walked through again; gives what was printed."""
    folder = tmp_path_factory.mktemp("walk")
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TABIB_DATA_DIR", str(folder))
        settings.cache_clear()
        try:
            _kill_in_the_crawl()
            first = _run("infra", "demo")
            before = _stats(), sorted(p.name for p in (folder / "snapshots").iterdir())
            _run("infra", "demo")
            after = _stats(), sorted(p.name for p in (folder / "snapshots").iterdir())
            yield {"printed": first, "before": before, "after": after, "folder": folder}
        finally:
            _run("infra", "down")
            settings.cache_clear()


def test_the_summary_names_every_step_and_what_to_do_next(walked: dict[str, Any]) -> None:
    for word in ("services", "crawl", "clean", "review", "train", "evaluate", "report", "infra admin", "infra down"):
        assert word in walked["printed"]


def test_a_second_run_changes_nothing(walked: dict[str, Any]) -> None:
    assert walked["before"] == walked["after"]


def test_every_served_record_is_stored_once_as_it_reads(walked: dict[str, Any]) -> None:
    def folded(text: str | None) -> str:
        return " ".join((text or "").split())

    served = {
        (row["source"], row["kind"], row["record"], row["ordinal"]): [
            folded(row[k]) for k in ("question", "answer", "text")
        ]
        for row in documents(records.load(None))
    }
    stored = {}
    with db.session() as session:
        for row in session.scalars(select(Document)):
            stored[row.source, row.kind, row.record, row.ordinal] = [
                folded(text) for text in (row.question, row.answer, row.text)
            ]
    assert stored == served


def test_every_drop_has_its_reason_and_the_queue_has_work(walked: dict[str, Any]) -> None:
    with db.session() as session:
        verdicts = session.scalars(select(Verdict)).all()
        decisions = session.scalars(select(Review)).all()
    assert all(v.reason for v in verdicts if v.outcome == "dropped")
    assert {v.outcome for v in verdicts} == {"kept", "review", "dropped"}
    assert len(decisions) == 6


def test_from_a_score_back_to_the_bytes_of_a_page(walked: dict[str, Any]) -> None:
    with db.session() as session:
        score = session.scalars(select(Score).where(Score.run.is_not(None))).first()
        assert score is not None
        assert score.low <= score.value <= score.high
        keys = ("model_sha256", "benchmark_sha256", "settings_sha256")
        same = [getattr(Answer, key) == getattr(score, key) for key in keys]
        answers = session.scalars(select(Answer).where(*same)).all()
        run = session.get_one(Run, score.run)
        snapshot = snapshots.find(session, run.snapshot_sha256)
        row = pq.read_table(snapshots.folder(snapshot) / "pairs/train.parquet").to_pylist()[0]
        page = session.scalars(
            select(Page).join(Document, Document.page_id == Page.id).where(Document.id == row["id"])
        ).one()
    assert len(answers) == score.items
    assert (run.status, run.model_sha256 is not None) == ("done", True)
    assert snapshots.verify(snapshots.folder(snapshot))["sha256"] == run.snapshot_sha256
    assert page.sha256 == row["page_sha256"]
    with db.session() as session:
        assert b"<html" in archive.body(session, page.sha256)


def test_the_manifest_counts_every_document(walked: dict[str, Any]) -> None:
    with db.session() as session:
        manifest = snapshots.find(session, "demo").manifest
        every = len(session.scalars(select(Document.id)).all())
    outcomes = manifest["counts"]["outcomes"]
    assert sum(row["documents"] for row in outcomes) == every
    kept = sum(row["documents"] for row in outcomes if row["outcome"] in KEPT)
    assert kept == sum(file["rows"] for file in manifest["files"].values())


def test_the_report_is_one_file_that_asks_for_nothing(walked: dict[str, Any]) -> None:
    html = (walked["folder"] / "report.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert 'src="http' not in html
    assert "<script" not in html
