"""`cleaning mask` and `cleaning normalise`: records from standard input to standard output, in bounded memory."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cleaning.recipe import load
from cleaning.streams import PIECE, in_one_line, records, rewrite

COMMAND = str(Path(sys.executable).parent / "cleaning")


def run(given: bytes, *arguments: str) -> bytes:
    done = subprocess.run([COMMAND, *arguments], input=given, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("end", [b"\n", b"\0"])
@pytest.mark.parametrize("pieces", [[], [b""], [b"a"], [b"a", b""], [b"", b"", b"b"], [b"x" * (PIECE + 3), b"y"]])
def test_every_record_ends_as_it_did(pieces: list[bytes], end: bytes) -> None:
    given = end.join(pieces)
    assert [text for text, _ in records(io.BytesIO(given), end)] == [part.decode() for part in given.split(end)]
    target = io.BytesIO()
    rewrite(io.BytesIO(given), target, end, str.upper)
    assert target.getvalue() == given.upper()


def test_a_letter_cut_by_a_piece_is_whole() -> None:
    given = b"a" + "ش".encode() * PIECE
    assert next(records(io.BytesIO(given), b"\n")) == (given.decode(), b"")


def test_masks_line_by_line() -> None:
    given = "تماس: ۰۹۱۲۱۲۳۴۵۶۷\nسلام\n".encode()
    assert run(given, "mask").decode() == "تماس: [شماره تلفن]\nسلام\n"
    assert run(b"", "mask") == b""


def test_a_text_may_hold_line_feeds() -> None:
    given = "الف\n۰۹۱۲۱۲۳۴۵۶۷\0ب\0".encode()
    assert run(given, "mask", "-0").decode() == "الف\n[شماره تلفن]\0ب\0"


BREAKS = ["\x0b", "\x0c", "\r", "\x85", "\u2028", "\u2029", "&#10;", "&NewLine;", "\r\x0b &#10;\u2029"]


@pytest.mark.parametrize("break_", BREAKS, ids=ascii)
def test_a_record_of_a_filter_is_one_line(break_: str) -> None:
    change = in_one_line(load("default").respell)
    once = change(f"{break_}الف{break_}ب {break_}می{break_}شود{break_}")
    assert once == change(once) == "الف ب می\u200cشود"
    assert change(break_) == ""


def test_a_recipe_that_keeps_every_space_writes_lines_too() -> None:
    assert in_one_line(load("paper").respell)("a  b\r\x0bc\r") == "a  b c"


def test_normalises_line_by_line() -> None:
    given = "الف&#10;ب\u2028ج\n\x0b\nد\r\n".encode()
    assert run(given, "normalise").decode() == "الف ب ج\n\nد\n"
    assert run("الف&#10;ب\u2028ج\nد\0".encode(), "normalise", "-0").decode() == "الف\nب\nج\nد\0"


def test_json_says_what_stood_where() -> None:
    given = "تماس: ۰۹۱۲۱۲۳۴۵۶۷\n\n".encode()
    first, second = (json.loads(line) for line in run(given, "mask", "--json").splitlines())
    assert first == {"text": "تماس: [شماره تلفن]", "spans": [{"kind": "phone", "start": 6, "end": 17}]}
    assert second == {"text": "", "spans": []}


def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    for command in ("mask", "normalise"):
        assert run(b"\xff a\n", command).decode() == "\ufffd a\n"


def test_only_the_kinds_asked_for() -> None:
    given = "a@b.ir و ۰۹۱۲۱۲۳۴۵۶۷".encode()
    assert run(given, "mask", "--kind", "email").decode() == "[ایمیل] و ۰۹۱۲۱۲۳۴۵۶۷"
    wrong = subprocess.run([COMMAND, "mask", "--kind", "fax"], input=b"", capture_output=True, timeout=60)
    assert wrong.returncode != 0
    assert b"no such kind: fax" in wrong.stderr
