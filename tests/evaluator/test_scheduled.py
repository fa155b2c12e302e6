"""Evaluations that run by themselves, on real tiny models: what is due, what a worker makes of it, how it ends."""

import datetime as dt
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

import evaluator.scheduled
from evaluator import regression, scheduled, scheduling
from evaluator.benchmark import Question, named
from evaluator.model import LanguageModel
from evaluator.run import COMMITTED_AT_ONCE, Asked, Subject, evaluate, sitting_of
from evaluator.scheduling import Wish
from storage import db, jobs, runs
from storage.answers import AskedElsewhere, alone
from storage.errors import MissingExtra, ServiceUnavailable, UsageError
from storage.jobs import LEASE
from storage.models import Answer, Job, Run, Schedule, Score
from storage.settings import Settings
from tests.evaluator.models import make_model
from tests.evaluator.rows import finish_run

BASICS = "persian-medical-basics"
PROGRAM = Path(sys.executable).parent / "evaluator"
KILLED = """
import os, signal
from evaluator.benchmark import Question
from evaluator.model import LanguageModel
from evaluator.scheduled import tick
weigh, calls = LanguageModel.likelihoods, []
def killed(self, questions):
    calls.append(1)
    found = weigh(self, questions)
    if len(calls) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
LanguageModel.likelihoods = killed
tick()
"""


def add(name: str = "arrivals", **given: object) -> Schedule:
    wish = {"benchmarks": [BASICS], "models": None, "cron": None, "base": False, "precision": "stored"} | given
    return scheduling.add(Wish(name, **wish))  # type: ignore[arg-type]


def all_jobs() -> list[Job]:
    with db.session() as session:
        return list(session.scalars(select(Job).order_by(Job.id)))


def answers() -> dict[str, int]:
    with db.session() as session:
        return {f"{a.model} {a.item}": a.id for a in session.scalars(select(Answer))}


def later(by: dt.timedelta) -> None:
    """As if so much time had passed."""
    with db.session() as session:
        session.execute(update(Job).values(beat_at=Job.beat_at - by, due_at=Job.due_at - by))
        session.execute(update(Schedule).values(due_at=Schedule.due_at - by))


@pytest.fixture
def model(database: Settings, tmp_path: Path) -> str:
    return str(make_model(tmp_path / "model"))


def test_each_run_is_evaluated_once_as_it_finishes(database: Settings) -> None:
    add()
    assert scheduled.tick() == 0
    finish_run("tiny-1")
    assert scheduled.tick() == 1
    assert scheduled.tick() == 0
    [job] = all_jobs()
    assert (job.state, job.model, job.answered, job.attempts) == ("done", "tiny-1", 96, 1)
    assert job.result is not None
    [result] = job.result["results"]
    assert (result["model"], result["items"], result["asked"]) == ("tiny-1/merged", 96, 96)
    with db.session() as session:
        kept = {s.metric: s.value for s in session.scalars(select(Score))}
    assert {score["metric"]: score["value"] for score in result["scores"]} == kept
    assert job.result["against"]["accepted"] is None


def test_runs_of_before_are_evaluated_where_they_have_no_score(database: Settings) -> None:
    finish_run("tiny-1")
    add("first")
    assert scheduled.tick() == 1
    add("second", base=True)
    assert scheduled.tick() == 0, "it has a score, and finished before"
    with db.session() as session:
        runs.get(session, "tiny-1").finished_at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    assert scheduled.tick() == 1


def test_a_run_that_is_not_done_is_not_asked(database: Settings) -> None:
    finish_run("tiny-1")
    with db.session() as session:
        session.execute(update(Run).values(status="running"))
    add()
    add("nightly", cron="* * * * *", models="every")
    later(dt.timedelta(minutes=2))
    assert scheduled.queue_due() == []


def test_a_night_comes_once_however_many_were_missed(database: Settings, model: str) -> None:
    made = add("nightly", cron="30 22 * * *", models=model)
    assert made.due_at is not None
    assert made.due_at - dt.datetime.now(dt.UTC) <= dt.timedelta(days=1)
    assert scheduled.queue_due() == []
    later(dt.timedelta(days=5))
    assert len(scheduled.queue_due()) == 1
    assert scheduled.queue_due() == []
    with db.session() as session:
        due = session.scalars(select(Schedule.due_at)).one()
    assert due is not None
    assert dt.timedelta() < due - dt.datetime.now(dt.UTC) <= dt.timedelta(days=1)
    assert (due.hour, due.minute) == (22, 30)


def test_every_and_newest(database: Settings) -> None:
    for name in ("tiny-1", "tiny-2"):
        finish_run(name)
    add("newest", cron="0 0 * * *", models="newest")
    add("every", cron="0 0 * * *", models="every", base=True)
    later(dt.timedelta(days=1))
    scheduled.queue_due()
    assert [(j.schedule, j.model) for j in all_jobs()] == [
        ("every", "tiny-2"),
        ("every", "tiny-1"),
        ("newest", "tiny-2"),
    ]


def test_two_clocks_at_once_queue_a_night_once(database: Settings, model: str) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    found: list[int] = []
    start = threading.Barrier(6)

    def queue() -> None:
        start.wait()
        found.extend(scheduled.queue_due())

    threads = [threading.Thread(target=queue) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(all_jobs()) == 1


def test_killed_in_the_middle_another_worker_finishes_and_asks_nothing_twice(
    database: Settings, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert killed.returncode == -signal.SIGKILL
    before = answers()
    assert len(before) == 2 * COMMITTED_AT_ONCE
    assert scheduled.tick() == 0, "its lease is not over"
    later(LEASE)
    asked: list[str] = []
    weigh = LanguageModel.likelihoods

    def counted(self: LanguageModel, questions: Sequence[Question]) -> Any:
        asked.extend(question.item for question in questions)
        return weigh(self, questions)

    monkeypatch.setattr(LanguageModel, "likelihoods", counted)
    assert scheduled.tick() == 1
    after = answers()
    assert (len(asked), len(set(asked)), len(after)) == (96 - len(before), 96 - len(before), 96)
    assert before.items() <= after.items()
    assert [job.state for job in all_jobs()] == ["done"]


def test_asked_to_stop_it_gives_its_job_back_and_another_goes_on(database: Settings, model: str) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    assert scheduled.tick(lambda: bool(answers())) == 1
    [job] = all_jobs()
    assert (job.state, job.attempts, job.answered) == ("waiting", 0, COMMITTED_AT_ONCE)
    assert scheduled.tick(lambda: True) == 0
    assert scheduled.tick() == 1
    [job] = all_jobs()
    assert (job.state, job.answered, len(answers())) == ("done", 96, 96)


def test_what_another_process_asks_is_put_off_and_not_asked_twice(database: Settings, model: str) -> None:
    add("nightly", cron="* * * * *", models=model)
    later(dt.timedelta(minutes=2))
    subject = Subject(Path(model).name, Path(model))
    with alone(sitting_of(subject, BASICS, named(BASICS).open(None))):
        with pytest.raises(AskedElsewhere, match="another process is asking model persian-medical-basics"):
            evaluate(Asked([BASICS], model))
        assert scheduled.tick() == 1
        [job] = all_jobs()
        assert (job.state, job.attempts, job.cause, answers()) == ("waiting", 0, None, {})
        assert scheduled.tick() == 0, "it waits"
    later(LEASE)
    assert scheduled.tick() == 1
    assert len(answers()) == 96


def test_a_worker_whose_job_is_anothers_writes_nothing_into_it(
    database: Settings, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator.scheduled, "BEAT_SECONDS", 0.02)
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    weigh = LanguageModel.likelihoods

    def slept(self: LanguageModel, questions: Sequence[Question]) -> Any:
        with db.session() as session:  # in one transaction, lest the lease is renewed between the two
            session.execute(update(Job).values(beat_at=Job.beat_at - 2 * LEASE))
            assert jobs.claim(session, "another") is not None
        threading.Event().wait(0.2)
        return weigh(self, questions)

    with monkeypatch.context() as patch:
        patch.setattr(LanguageModel, "likelihoods", slept)
        scheduled.work(_claimed())
    [job] = all_jobs()
    assert (job.state, job.worker, job.fence, job.result) == ("working", "another", 2, None)
    assert len(answers()) == COMMITTED_AT_ONCE, "it stops at the next answers"


def _claimed() -> jobs.Claim:
    scheduled.queue_due()
    with db.session() as session:
        claim = jobs.claim(session, "one")
    assert claim is not None
    return claim


def test_a_lease_is_renewed_while_the_model_thinks(
    database: Settings, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator.scheduled, "BEAT_SECONDS", 0.02)
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    seen: list[dt.datetime | None] = []

    def thinks(self: LanguageModel, questions: object) -> object:
        for _ in range(2):
            threading.Event().wait(0.15)
            seen.extend(job.beat_at for job in all_jobs())
        raise MissingExtra("evaluating needs torch")

    monkeypatch.setattr(LanguageModel, "likelihoods", thinks)
    scheduled.work(_claimed())
    first, second = seen
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize(
    ("error", "state", "cause"),
    [
        (MissingExtra("evaluating needs torch"), "waiting", "evaluating needs torch"),
        (
            RuntimeError("CUDA out of memory\x00\nTried to allocate"),
            "waiting",
            "RuntimeError: CUDA out of memory Tried",
        ),
        (UsageError("no such thing"), "parked", "no such thing"),
        (RuntimeError("x" * 10_000), "waiting", "RuntimeError: xxx"),
    ],
)
def test_what_went_wrong_is_kept(
    database: Settings, model: str, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str, cause: str
) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    monkeypatch.setattr(evaluator.scheduled, "evaluate", lambda *_: (_ for _ in ()).throw(error))
    assert scheduled.tick() == 1
    [job] = all_jobs()
    assert (job.state, job.attempts) == (state, 1)
    assert job.cause is not None
    assert job.cause.startswith(cause)
    assert len(job.cause) <= 300


def test_a_database_that_goes_away_parks_nothing(
    database: Settings, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    gone = ServiceUnavailable("PostgreSQL failed")
    with monkeypatch.context() as patch:
        patch.setattr(evaluator.scheduled, "evaluate", lambda *_: (_ for _ in ()).throw(gone))
        for _ in range(5):
            with pytest.raises(ServiceUnavailable):
                scheduled.tick()
    assert [(job.state, job.attempts) for job in all_jobs()] == [("waiting", 0)]


def test_a_model_whose_folder_is_gone_is_parked_with_that(database: Settings, model: str) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    later(dt.timedelta(days=1))
    Path(model).rename(f"{model}-elsewhere")
    scheduled.tick()
    assert "no run, and no model folder, is named" in str(all_jobs()[0].cause)
    later(dt.timedelta(days=1))
    assert scheduled.tick() == 0
    Path(f"{model}-elsewhere").rename(model)
    scheduling.retry(all_jobs()[0].id)
    assert scheduled.tick() == 1
    assert [job.state for job in all_jobs()] == ["done"]


def test_where_nothing_can_be_asked_it_says_so(database: Settings, model: str) -> None:
    add("nightly", cron="0 0 * * *", models=model, benchmarks=["dev-pairs"])
    later(dt.timedelta(days=1))
    scheduled.tick()
    assert "needs the snapshot" in str(all_jobs()[0].cause)


def test_a_new_run_is_held_against_the_accepted_one_in_all_it_was_asked(database: Settings) -> None:
    finish_run("tiny-1")
    add("first", base=False)
    scheduled.tick()
    regression.accept("tiny-1", "x")
    add("both", benchmarks=[BASICS, "dev-pairs"], base=False)
    finish_run("tiny-2", seed=7)
    assert scheduled.tick() == 2
    job = all_jobs()[-1]
    assert job.result is not None
    against = job.result["against"]
    assert against["accepted"] == "tiny-1/merged"
    assert against["compared"] == [BASICS, "dev-pairs"], "the accepted one was asked what it had no answer to"
    assert against["untested"] == {}
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 2 * (96 + 3)


def test_an_accepted_run_that_is_gone_is_compared_by_what_is_stored(database: Settings) -> None:
    finish_run("tiny-1")
    add("first")
    scheduled.tick()
    regression.accept("tiny-1", "x")
    with db.session() as session:
        runs.get(session, "tiny-1").folder = "nowhere"
    finish_run("tiny-2", seed=7)
    scheduled.tick()
    against = (all_jobs()[-1].result or {})["against"]
    assert against["compared"] == [BASICS]
    assert "nowhere" in against["stale"]


def test_a_job_of_an_option_that_is_none_is_parked(database: Settings, model: str) -> None:
    add("nightly", cron="0 0 * * *", models=model)
    with db.session() as session:
        session.execute(text("""UPDATE schedules SET how = '{"votes": 5}', due_at = now()"""))
    for _ in range(3):
        scheduled.tick()
        later(dt.timedelta(hours=1))
    [job] = all_jobs()
    assert job.state == "parked"
    assert "votes" in str(job.cause)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_schedules_are_added_listed_and_removed(database: Settings, model: str) -> None:
    assert "no schedules: `evaluator schedule add" in run("schedule", "list").stdout
    told = run("schedule", "add", "nightly", "--cron", "30 22 * * *", "--model", model, "--benchmark", BASICS)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"nightly: {BASICS}, first on ")
    assert run("schedule", "add", "arrivals", "--benchmark", "all").stdout == "arrivals: all, each run as it finishes\n"
    later(dt.timedelta(days=1))
    scheduled.tick()
    regression.accept("model", "x")
    found = json.loads(run("schedule", "list", "--json").stdout)
    assert [(s["name"], s["cron"], s["models"]) for s in found["schedules"]] == [
        ("arrivals", None, "new"),
        ("nightly", "30 22 * * *", model),
    ]
    assert (found["jobs"], found["accepted"]["model"], found["alarms"]) == ([], "model", [])
    assert found["done"][0]["result"]["results"][0]["items"] == 96
    listed = run("schedule", "list").stdout
    assert "as a run finishes" in listed
    assert f"job 1 done: {model} (nightly), 96 answers" in listed
    assert "accepted: model" in listed
    told = run("schedule", "remove", "nightly")
    assert (told.returncode, told.stdout) == (0, "nightly is removed, 0 waiting or parked jobs with it\n")
    again = run("schedule", "remove", "nightly")
    assert (again.returncode, again.stderr) == (
        2,
        "evaluator: no schedule is named 'nightly'. There are: arrivals\n",
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--cron", "30 25 * * *", "--benchmark", "all"], "hour is '25'"),
        (["--cron", "0 0 31 2 *", "--benchmark", "all"], "never comes"),
        (["--benchmark", "persian-medical-basic"], "Did you mean persian-medical-basics?"),
        (["--benchmark", "all", "--model", "newest"], "all others need --cron"),
        (["--benchmark", "all", "--cron", "0 0 * * *", "--model", "new"], "all others need --cron"),
        (["--benchmark", "all", "--cron", "0 0 * * *", "--model", "newst"], "Did you mean newest?"),
        (["--benchmark", "all", "--precision", "int8"], "no precision is named 'int8'"),
        ([], "Missing option"),
    ],
)
def test_a_wrong_schedule_is_refused(database: Settings, arguments: list[str], told: str) -> None:
    refused = run("schedule", "add", "x", *arguments)
    assert refused.returncode == 2
    assert told in refused.stderr
    with db.session() as session:
        assert session.scalars(select(Schedule)).all() == []


def test_a_name_that_is_taken_is_refused(database: Settings) -> None:
    add("x")
    with pytest.raises(UsageError, match="there is a schedule x already"):
        add("x")


def test_a_name_is_words_on_one_line_and_never_markup(database: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("", " a", "a\nb", "a\0", "x" * 101):
        with pytest.raises(UsageError, match="a schedule's name is 1 to 100 printable characters"):
            add(name)
    add("[/red] :smile: شبانه")
    scheduling.print_listed(scheduling.listed())
    assert "[/red] :smile: شبانه" in capsys.readouterr().out
