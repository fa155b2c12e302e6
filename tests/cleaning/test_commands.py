"""The commands, as a shell runs them."""

import json
import subprocess
from pathlib import Path

from tests.cleaning.judged import PAIR, PROGRAM, line


def command(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([PROGRAM, *arguments], input=given, capture_output=True, check=False)


def test_the_command_counts_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR) + b"\n" + line(**PAIR))
    done = command("apply", "--in", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"kept": 1, "dropped: repeated_pair": 1})


def test_normalise_by_lines_and_by_nul() -> None:
    assert command("normalise", given="علي\nكودك".encode()).stdout.decode() == "علی\nکودک"
    assert command("normalise", "-0", given="علي\n كودك\0ي\0".encode()).stdout.decode() == "علی\nکودک\0ی\0"
    assert command("normalise", given=b"\xff\n").stdout.decode() == "\ufffd\n"


def test_wrong_names_exit_2(tmp_path: Path) -> None:
    for arguments in (["show", "defalt"], ["run", "--recipe", "defalt"], ["normalise", "--recipe", "defalt"]):
        done = command(*arguments)
        assert done.returncode == 2
        assert b"Did you mean default? There are: default, paper" in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_listings() -> None:
    assert b"paper" in command("recipes").stdout
    assert b"exact_repeats(field, cap, folded)" in command("filters").stdout
    assert b"too_few_tokens" in command("show", "paper").stdout
