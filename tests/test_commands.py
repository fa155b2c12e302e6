"""Every command of the six explains itself, with an example that is a line of it."""

import importlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

PROGRAMS = ("crawlers", "cleaning", "storage", "trainer", "evaluator", "infra")
HEAVY = ("torch", "transformers", "scrapy", "sqlalchemy", "celery", "starlette", "pyarrow", "numpy")


def _walk(app: typer.Typer, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        yield " ".join([*path, name]), command.help or getattr(command.callback, "__doc__", "") or ""
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from _walk(group.typer_instance, (*path, str(group.name)))


def commands() -> list[tuple[str, str]]:
    """Every command with its manual."""
    apps = [(program, importlib.import_module(f"{program}.cli").app) for program in PROGRAMS]
    return [found for program, app in apps for found in _walk(app, (program,))]


def test_there_are_commands_in_each_program() -> None:
    assert {command.split()[0] for command, _ in commands()} == set(PROGRAMS)
    assert len(commands()) >= 25


@pytest.mark.parametrize(("command", "manual"), commands())
def test_a_manual_ends_with_an_example_of_the_command(command: str, manual: str) -> None:
    example = manual.strip().splitlines()[-1].strip()
    assert example.startswith("Example: ")
    assert command in example


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_loads_nothing_heavy(program: str) -> None:
    code = f"import sys, {program}.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_unknown_command_lists_what_exists(program: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / program, "no-such-thing"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "There are: " in done.stderr
    assert done.stderr.count("\n") == 1


def test_ctrl_c_says_what_was_kept(tmp_path: Path) -> None:
    script = "import time\nfrom storage.command import command_line, run\napp = command_line('x', 'y')\n"
    script += "@app.command()\ndef a() -> None:\n    print('here', flush=True)\n    time.sleep(60)\nrun(app)\n"
    with subprocess.Popen([sys.executable, "-c", script], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "what was committed is kept" in told


EXTRA = ("torch", "transformers", "peft", "trl", "datasets", "accelerate", "tokenizers", "safetensors", "codecarbon")


@pytest.mark.parametrize(
    "module",
    ["crawlers.worker", "crawlers.spiders", "cleaning.run", "storage.snapshots", "infra.admin.app", "infra.worker"],
)
def test_the_base_runs_without_what_only_training_needs(module: str) -> None:
    blocked = f"import sys; sys.modules.update(dict.fromkeys({EXTRA!r})); import {module}"
    subprocess.run([sys.executable, "-c", blocked], timeout=60, check=True)
