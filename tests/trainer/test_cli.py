"""The command line: manuals, exit codes, one line an error."""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from storage.settings import Settings
from tests.trainer.conftest import SMOKE, Trained

PROGRAM = str(Path(sys.executable).parent / "trainer")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)


def test_recipes_are_listed_with_what_they_are_for() -> None:
    known = {"fsdp", "packed", "paper", "preference", "qlora", "tiny"}
    assert set(json.loads(run("recipes", "--json").stdout)) == known
    assert "aya-expanse-8b" in run("recipes").stdout


def test_a_recipe_is_shown_with_its_hash() -> None:
    shown = run("show", "paper")
    assert shown.returncode == 0
    assert shown.stdout.startswith("# sha256 ")
    assert shown.stdout.endswith((Path(__file__).parents[2] / "trainer" / "recipes" / "paper.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("--recipe", "tinny", "--snapshot", "x"),
            2,
            "Did you mean tiny? There are: fsdp, packed, paper",
        ),
        (("--recipe", SMOKE, "--snapshot", "/no/such"), 2, "there is no snapshot folder /no/such"),
        (("--recipe", SMOKE, "--snapshot", "x", "--export", "y"), 2, "--export makes a new snapshot: give it without"),
        (("--recipe", SMOKE, "--snapshot", "autumn"), 3, "infra up"),
    ],
)
def test_a_wrong_name_is_one_line(data_dir: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("export-and-train", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not data_dir.exists()


def test_an_unknown_snapshot_lists_those_that_exist(database: Settings) -> None:
    done = run("export-and-train", "--recipe", SMOKE, "--snapshot", "autumn")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no snapshot is named 'autumn'. There are: none yet" in done.stderr


def test_a_finished_run_is_printed_and_listed(database: Settings, trained: Trained, snapshot: Path) -> None:
    assert "no runs yet" in run("runs").stdout
    shutil.copytree(trained.home / "runs", database.home / "runs")
    done = run("export-and-train", "--recipe", SMOKE, "--snapshot", snapshot)
    assert done.returncode == 0
    assert done.stderr == ""
    for part in (f"run {trained.state['name']}: was done before", "warm-start", "held-out bits a byte", "kWh"):
        assert part in done.stdout
    (row,) = json.loads(run("runs", "--json").stdout)
    assert (row["name"], row["status"]) == (trained.state["name"], "done")
    assert row["model_sha256"] == trained.state["model_sha256"]
    assert row["folder"] == str(database.home / "runs" / row["name"])
    assert trained.state["name"] in run("runs").stdout


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    """The same interpreter over a folder that links to every installed package but torch."""
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name.split("-")[0] not in ("torch", "functorch") and path.suffix != ".pth":
            (tmp_path / path.name).symlink_to(path)
    root = Path(__file__).parents[2]
    code = f"import sys; sys.path[:0] = {[str(root), str(tmp_path)]!r}; from trainer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, "export-and-train", "--recipe", "tiny"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 5
    assert done.stderr == "trainer: torch not installed; nothing was done. Run: pip install 'tabib[train]'\n"
