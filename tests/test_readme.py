"""The README and the docs name things that exist."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
PACKAGES = ("crawlers", "cleaning", "storage", "trainer", "evaluator", "infra")
DOTTED = sorted(set(re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", TEXT)))
FOLDERS = sorted(set(re.findall(rf"`((?:{'|'.join(PACKAGES)}|tests|docs)/[\w/.-]*)[`<]", TEXT)))
COMMANDS = sorted(set(re.findall(rf"(?:`|\$ |&& )((?:{'|'.join(PACKAGES)}) [a-z][a-z-]+)", TEXT)))


@pytest.mark.parametrize("name", DOTTED)
def test_a_dotted_name_is_importable(name: str) -> None:
    module, _, last = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("path", FOLDERS)
def test_a_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_help(command: str) -> None:
    program, name = command.split()
    done = subprocess.run(
        [Path(sys.executable).parent / program, name, "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_setting_is_in_the_table() -> None:
    told = set(re.findall(r"^\| `TABIB_(\w+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert told == {name.upper() for name in Settings.model_fields}


def test_enough_was_found_to_check() -> None:
    assert len(DOTTED) >= 8
    assert len(FOLDERS) >= 10
    assert len(COMMANDS) >= 12
