"""The `evaluator` command as its users run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.settings import Settings
from tests.evaluator.models import make_model

PROGRAM = Path(sys.executable).parent / "evaluator"
WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from evaluator.cli import main; main()"


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("command", [(), ("run",), ("benchmarks",), ("scores",), ("report",)])
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    told = run(*command, "--help")
    assert told.returncode == 0
    assert not command or f"Example: evaluator {command[0]}" in told.stdout


def test_benchmarks_are_listed_with_their_baselines() -> None:
    rows = {row["name"]: row for row in json.loads(run("benchmarks", "--json").stdout)}
    basics = rows["persian-medical-basics"]
    assert basics["items"] == 96
    assert basics["baselines"]["guessing"] == 0.25
    assert "persian-medical-basics" in run("benchmarks").stdout


def test_a_folder_is_evaluated_and_its_scores_printed(database: Settings, tmp_path: Path) -> None:
    assert "no scores yet" in run("scores").stdout
    folder = make_model(tmp_path / "model")
    told = run("run", "--benchmark", "persian-medical-basics", "--model", folder, "--json")
    assert told.returncode == 0, told.stderr
    result = json.loads(told.stdout)["results"][0]
    assert (result["model"], result["run"], result["asked"], result["unanswered"]) == ("model", None, 96, 0)
    scores = json.loads(run("scores", "--json").stdout)
    assert [(s["metric"], s["value"]) for s in scores] == [(s["metric"], s["value"]) for s in result["scores"]]
    assert all(s["low"] < s["value"] < s["high"] and s["items"] == 96 for s in scores)
    basics = next(row for row in json.loads(run("benchmarks", "--json").stdout) if "sha256" in row)
    assert {(s["benchmark_sha256"], s["precision"]) for s in scores} == {(basics["sha256"], "stored")}
    listed = run("scores").stdout
    assert basics["sha256"][:12] in listed
    assert "stored" in listed
    table = run("run", "--benchmark", "persian-medical-basics", "--model", folder).stdout
    assert f"{result['scores'][0]['value']:.1%}" in table
    assert "(always A)" in table


def test_without_torch_it_says_what_to_install_and_exits_5(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    arguments = ["run", "--benchmark", "persian-medical-basics", "--model", folder]
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 5
    assert told.stderr == "evaluator: evaluating needs torch: pip install 'tabib[train]'\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--benchmark", "mmlu", "--model", "x"),
            "no benchmark is named 'mmlu'. There are: dev-pairs, ibmsee-2023-09, ibmsee-all",
        ),
        (
            ("--benchmark", "all", "--model", "nowhere"),
            "no run, and no model folder, is named 'nowhere'. There are: none",
        ),
        (("--benchmark", "all"), "Missing option '--model'"),
    ],
)
def test_wrong_names_exit_2_in_one_line(database: Settings, arguments: tuple[str, ...], said: str) -> None:
    told = run("run", *arguments)
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
