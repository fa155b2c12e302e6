"""`evaluator ask` as its users run it: against an endpoint that behaves or not, a folder, a run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from evaluator.benchmark import FOLDER
from evaluator.choice import read_items
from storage import db
from storage.models import Answer, Score
from storage.settings import Settings
from tests.evaluator.asking.exams import letter_for
from tests.evaluator.endpoint.scripted import Request, Scripted, Sent, error, said
from tests.evaluator.models import make_model
from tests.evaluator.rows import finish_run

PROGRAM = Path(sys.executable).parent / "evaluator"
BASICS = ("--benchmark", "persian-medical-basics")
SECRET = "sk-this-is-secret"


def run(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"COLUMNS": "200"} | environment,
    )


def ask(server: Scripted, *more: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return run("ask", *BASICS, "--endpoint", server.url, "--endpoint-model", "tiny", *more, **environment)


def answer(request: Request) -> Sent:
    return said(f"پاسخ [{letter_for(request.asked, request.body.get('seed', ''))}]")


def rows() -> list[Answer]:
    with db.session() as session:
        return list(session.scalars(select(Answer).order_by(Answer.id)))


def test_an_endpoint_is_asked_scored_and_not_asked_again(database: Settings) -> None:
    with Scripted(answer) as server:
        told = ask(server, "--json", "--concurrency", "16", TABIB_ENDPOINT_KEY=SECRET)
        assert told.returncode == 0, told.stderr
        again = ask(server)
        assert len(server.requests) == 96
        assert {r.headers["authorization"] for r in server.requests} == {f"Bearer {SECRET}"}
    found = json.loads(told.stdout)
    (result,) = found["results"]
    assert (result["items"], result["asked"], result["unanswered"]) == (96, 96, 0)
    assert found["spent"] == {"calls": 96, "read": 96 * 40, "written": 96 * 10, "cost": 0.0}
    kept = rows()
    assert result["scores"][0]["value"] == pytest.approx(sum(row.correct for row in kept) / 96)
    assert result["speed"][0]["answers"] == 95
    assert SECRET not in told.stdout + told.stderr + "".join(f"{row.output}{row.settings}{row.model}" for row in kept)
    assert again.returncode == 0
    assert "accuracy_generated" in again.stdout
    assert "(always A)" in again.stdout
    assert "96 calls, 3,840 tokens read, 960 written" in again.stdout


def test_examples_of_what_is_asked_itself_are_refused_in_one_line(database: Settings, tmp_path: Path) -> None:
    pool = tmp_path / "own.jsonl"
    items = [vars(item) for item in read_items(FOLDER / "persian_medical_basics.jsonl")]
    pool.write_text("\n".join(json.dumps(each) for each in items), encoding="utf-8")
    with Scripted(answer) as server:
        told = ask(server, "--shots", "2", "--examples", str(pool))
        assert not server.requests
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "than the 0 that the file of --examples has; 96 more of its items are asked here themselves" in told.stderr


def test_a_benchmarks_file_is_given_with_it(database: Settings, tmp_path: Path) -> None:
    file = tmp_path / "anatomy.jsonl"
    item = {"question": "کدام اندام صفرا می‌سازد؟", "choices": ["کبد", "طحال", "کلیه", "ریه"], "answer": 0}
    file.write_text(json.dumps(item, ensure_ascii=False), encoding="utf-8")
    with Scripted(lambda _: said("پاسخ [A]")) as server:
        to = ("--endpoint", server.url, "--endpoint-model", "tiny", "--data", file, "--json")
        told = run("ask", "--benchmark", "mmlu-en-anatomy", *to)
        refused = run("ask", *BASICS, "--benchmark", "mmlu-en-anatomy", *to)
        dead = run("ask", "--benchmark", "mmlu-en-anatomy", *to[:3], "other", *to[4:], "--max-calls", "0")
    (result,) = json.loads(told.stdout)["results"]
    assert (result["items"], result["scores"][0]["value"]) == (1, 1.0), told.stderr
    assert "read from" in told.stderr
    assert "its checksum is unknown, so nothing tells whether it is the publisher's file" in told.stderr
    assert "it holds 1 items, its publisher tells of 135" in told.stderr
    assert dead.returncode == 2
    assert not list(database.data_dir.rglob("*.pin"))
    assert (refused.returncode, "--data is one benchmark's file" in refused.stderr) == (2, True)


def test_a_budget_ends_with_exit_7_and_a_larger_one_goes_on(database: Settings) -> None:
    prices = ("--price-read", "2", "--price-written", "8")
    with Scripted(answer) as server:
        most = json.loads(ask(server, "--estimate", "--json", *prices).stdout)
        assert not server.requests
        assert most["calls"] == 96
        assert most["cost"] > 96 * 1024 * 8 / 1e6
        told = ask(server, "--max-calls", "30", "--json", *prices)
        assert (told.returncode, len(server.requests), len(rows())) == (7, 30, 30)
        assert json.loads(told.stdout)["results"] == []
        assert told.stderr.startswith("evaluator: the budget of 30 calls has no room for one more call")
        assert "Spent: 30 calls, 1,200 tokens read, 300 written, 0.0048 at the prices given" in told.stderr
        assert told.stderr.endswith("run the same command with a larger budget to go on\n")
        assert told.stderr.count("\n") == 1
        told = ask(server, "--max-cost", "1", *prices)
        assert (told.returncode, len(server.requests)) == (0, 96), told.stderr


def test_what_is_estimated_and_how_many_were_asked_at_once_is_told(database: Settings) -> None:
    def reply(request: Request) -> Sent:
        return Sent(said("پاسخ [A]", usage=None).body, wait=0.02)

    with Scripted(reply) as server:
        told = ask(server, "--concurrency", "6")
        again = json.loads(ask(server, "--json").stdout)
    (speed,) = again["results"][0]["speed"]
    assert (speed["at_once"], speed["estimated"]) == (6, 95)
    assert f"≤ {speed['tokens_per_second']:.1f}" in told.stdout
    assert "the endpoint counted no tokens in 95 replies; theirs are estimates, as many as there may be" in told.stderr


def test_a_model_that_says_nothing_is_told_and_kept(database: Settings) -> None:
    with Scripted(lambda _: said("")) as server:
        told = ask(server)
        assert told.returncode == 1
        named = f"127.0.0.1:{server.port}/tiny (persian-medical-basics: 96 items)"
        assert f"nothing that can be read came from {named}" in told.stderr
        assert ask(server).returncode == 1
        assert len(server.requests) == len(rows()) == 96
    with db.session() as session:
        assert session.scalars(select(Score.value)).all() == [0.0]


def test_an_endpoint_that_is_gone_ends_with_exit_3_and_what_it_said_is_kept(database: Settings) -> None:
    with Scripted(lambda r: answer(r) if r.number <= 20 else error(503, "down", {"retry-after": "900"})) as server:
        told = ask(server, "--concurrency", "4")
        assert told.returncode == 3
        assert "asks for a pause of 900 s (503: down)" in told.stderr
        assert "20 of 96 items are answered and kept; run the same command again to go on" in told.stderr
        assert told.stderr.count("\n") == 1
        assert len(rows()) == 20
        server.reply = answer
        assert ask(server).returncode == 0
    assert len(rows()) == 96


def test_examples_chains_and_moved_options_by_the_command(database: Settings, tmp_path: Path) -> None:
    pool = tmp_path / "dev.jsonl"
    keys = ("C", "ج", 3, "۳", "سه")  # as benchmarks have them, and no ids
    lines = [
        {"question": f"پرسش نمونه {n}؟", "options": ["یک", "دو", "سه"], "answer": key} for n, key in enumerate(keys)
    ]
    pool.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    drawn = ("--temperature", "0.5", "--chains", "3", "--permute", "--max-new-tokens", "32", "--concurrency", "32")
    with Scripted(answer) as server:
        told = ask(server, "--shots", "2", "--examples", str(pool), *drawn, "--json")
        assert told.returncode == 0, told.stderr
        assert len(server.requests) == 3 * 96
        assert {len(r.body["messages"]) for r in server.requests} == {5}
        assert {r.body["messages"][1]["content"] for r in server.requests} == {"[C] : سه"}
        alone = ask(server, "--shots", "2", "--examples", str(pool), "--temperature", "0.5", "--chains", "2")
        assert alone.returncode == 0
    (result,) = json.loads(told.stdout)["results"]
    assert result["scores"][0]["metric"] == "accuracy_voted"
    assert {row.settings["shots"] for row in rows()} == {2}


def test_an_endpoint_that_draws_nothing_is_seen_through(database: Settings) -> None:
    with Scripted(lambda r: said(f"[{letter_for(r.asked)}]")) as server:
        told = ask(server, "--temperature", "1", "--chains", "2", "--concurrency", "32")
    assert told.returncode == 0
    assert "wrote the same at every item of persian-medical-basics: nothing was drawn" in told.stderr


def test_a_folder_is_asked_on_this_machine(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    told = run("ask", *BASICS, "--model", folder, "--max-new-tokens", "4", "--json")
    assert told.returncode == 1, told.stderr
    assert "nothing that can be read came from model (persian-medical-basics: 96 items)" in told.stderr
    (result,) = json.loads(told.stdout)["results"]
    assert (result["items"], result["unanswered"]) == (96, 96)
    assert result["speed"][0]["parameters"] > 10_000
    assert {row.output["finish"] for row in rows()} <= {"length", "stop", "no room"}


def test_a_runs_texts_are_kept_but_neither_right_nor_wrong(database: Settings, tmp_path: Path) -> None:
    finish_run()
    drawn = ("--temperature", "1", "--max-new-tokens", "9")
    told = run("ask", "--benchmark", "dev-pairs", "--model", "tiny-1", *drawn, "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert [(r["model"], r["run"], r["items"], r["scores"]) for r in found["results"]] == [
        ("tiny-1/base", "tiny-1", 3, []),
        ("tiny-1/merged", "tiny-1", 3, []),
    ]
    assert found["comparisons"] == []
    compared = run("compare", "tiny-1/base", "tiny-1/merged")
    assert compared.returncode == 2
    assert "no benchmark in common" in compared.stderr
    assert run("run", *BASICS, "--model", "tiny-1").returncode == 0
    assert run("report", "--run", "tiny-1", "--out", tmp_path / "report.html").returncode == 0


def test_what_a_model_wrote_stays_out_of_the_reports_likelihoods(database: Settings, tmp_path: Path) -> None:
    finish_run()
    assert run("run", *BASICS, "--model", "tiny-1").returncode == 0
    run("ask", *BASICS, "--model", "tiny-1", "--max-new-tokens", "3")
    told = run("report", "--run", "tiny-1", "--out", tmp_path / "report.html")
    assert told.returncode == 0, told.stderr
    assert "right by letter" in (tmp_path / "report.html").read_text(encoding="utf-8")
    told = run("compare", "tiny-1/base", "tiny-1/merged", "--json")
    assert told.returncode == 0, told.stderr


WRONG: list[tuple[tuple[str, ...], str]] = [
    ((), "name one model: --model RUN or FOLDER, or --endpoint URL with --endpoint-model NAME"),
    (("--model", "x", "--endpoint", "http://x/v1"), "name one model"),
    (("--endpoint", "http://x/v1"), "give --endpoint-model NAME"),
    (("--model", "x", "--endpoint-model", "y"), "--endpoint-model needs --endpoint URL"),
    (("--model", "nowhere"), "no run, and no model folder, is named 'nowhere'"),
    (("--endpoint", "x", "--endpoint-model", "y"), "the endpoint is no address such as"),
    (("--model", "x", "--shots", "3"), "examples need both: --shots K and --examples FILE"),
    (("--model", "x", "--chains", "3"), "3 chains at temperature 0 are one"),
    (("--model", "x", "--prompt", "short"), "no prompt is named 'short'"),
    (("--model", "x", "--max-cost", "1"), "--max-cost needs prices"),
    (("--model", "x", "--max-calls", "0"), "--max-calls 0 allows nothing"),
    (("--model", "x", "--top-p", "2"), "top-p is 2.0"),
    (("--model", "x", "--concurrency", "0"), "concurrency is 0"),
    (("--model", "x", "--at-once", "0"), "--at-once 0 writes nothing"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_usage_exits_2_in_one_line(
    database: Settings, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    from evaluator.cli import main

    monkeypatch.setattr(sys, "argv", ["evaluator", "ask", *BASICS, *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said_ = capsys.readouterr().err
    assert told in said_
    assert said_.count("\n") == 1
