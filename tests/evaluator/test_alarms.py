"""`evaluator accept` and `evaluator alarms` as their users and machines run them."""

import json
import subprocess
import sys
from pathlib import Path

from evaluator.regression import judge
from storage import db, jobs, schedules
from storage.models import Schedule
from storage.settings import Settings
from tests.evaluator.test_compare import TUNED
from tests.evaluator.test_regression import BAD, accepted_model, new_model

PROGRAM = Path(sys.executable).parent / "evaluator"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_the_exit_status_tells_whether_an_alarm_stands(database: Settings) -> None:
    told = run("alarms")
    assert (told.returncode, told.stdout) == (0, "no alarm stands\n")
    accepted_model()
    new_model(BAD)
    judge("new/merged", TUNED)
    told = run("alarms")
    assert told.returncode == 1
    assert told.stdout.startswith("alarm 1: new/merged against old/merged in first-exam: accuracy -35.0 points (95 %: ")
    assert (run("alarms", "new").returncode, run("alarms", "old").returncode) == (1, 0)
    assert run("alarms", "newer").returncode == 2
    [row] = json.loads(run("alarms", "--json").stdout)
    assert (row["model"], row["benchmark"], row["closed_because"]) == ("new/merged", "first-exam", None)
    assert "alarm 1: new/merged" in run("schedule", "list").stdout
    told = run("alarms", "--close", "1", "--reason", "known")
    assert told.returncode == 0
    assert told.stdout.splitlines()[0].startswith("closed: new/merged against old/merged")
    told = run("alarms", "--all")
    assert told.returncode == 0
    assert told.stdout.rstrip().endswith(": known")
    assert run("alarms", "--close", "1").returncode == 2


def test_a_model_is_accepted(database: Settings) -> None:
    accepted_model()
    new_model(BAD)
    judge("new/merged", TUNED)
    told = run("accept", "new", "--reason", "smaller")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"new/merged ({TUNED[:12]}) is the model that others are held against\n"
    assert run("alarms").returncode == 0
    assert run("accept", "nw").returncode == 2


def test_what_is_parked_is_told_beside_the_alarms(database: Settings) -> None:
    with db.session() as session:
        schedules.ask(session, Schedule(name="x", models="new", benchmarks=["all"], how={}), ["a"])
        claim = jobs.claim(session, "one")
        assert claim is not None
        jobs.fail(session, claim, "no such model", for_good=True)
    told = run("alarms")
    assert (told.returncode, told.stderr) == (
        0,
        "evaluator: 1 evaluations are parked (evaluator schedule list): not all is known\n",
    )
    assert "job 1 parked: a (x), 0 answers, 1 attempts: no such model" in run("schedule", "list").stdout
    assert run("schedule", "retry", "1").stdout == "job 1 waits again: a\n"
    assert run("schedule", "retry", "1").returncode == 2
