"""Lines plain or packed and rows of tables, and files that are neither."""

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from cleaning.apply import Files, apply
from cleaning.batch import PIECE, pieces
from cleaning.lines import LONGEST_LINE, lines, parse
from cleaning.recipe import load
from cleaning.record import Record
from storage.errors import UsageError
from tests.cleaning.judged import PAIR, PROGRAM, line


@pytest.mark.parametrize("ending", [b"", b"\n" + line(**PAIR)])
def test_a_line_without_end_is_told_and_passed_over(tmp_path: Path, ending: bytes) -> None:
    bomb, target = tmp_path / "bomb.gz", tmp_path / "out"
    bomb.write_bytes(gzip.compress(b" " * (2 * LONGEST_LINE + 5) + ending, compresslevel=1))
    apply(load("default"), Files(bomb, target), print)
    found = [json.loads(row) for row in target.read_text(encoding="utf-8").splitlines()]
    assert found[0]["reason"] == "not_a_record"
    assert found[0]["measure"] == {"error": "a line of more bytes than the maximum", "maximum": LONGEST_LINE}
    assert [row["kept"] for row in found[1:]] == [True] * bool(ending)


def test_plain_and_gzip_give_the_same(tmp_path: Path) -> None:
    lines = b"\n".join([line(**PAIR), line(question="تب؟", answer="بله")])
    (tmp_path / "plain").write_bytes(lines)
    (tmp_path / "zipped").write_bytes(gzip.compress(lines))
    for name in ("plain", "zipped"):
        apply(load("paper"), Files(tmp_path / name, tmp_path / f"{name}.out"), print)
    assert (tmp_path / "plain.out").read_bytes() == (tmp_path / "zipped.out").read_bytes()


def test_a_pipe_is_read_once_from_its_first_byte(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    arguments = [PROGRAM, "apply", "--in", str(tmp_path / "pipe"), "--out", str(tmp_path / "out")]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        (tmp_path / "pipe").write_bytes(line(**PAIR) + b"\n" + line(**PAIR))
    assert process.returncode == 0
    assert [json.loads(row)["kept"] for row in (tmp_path / "out").read_bytes().splitlines()] == [True, False]


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_what_is_packed_otherwise_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(line(**PAIR) * 2)
    for content, ends in ((pack(line(**PAIR)), {"kept": 1}), (pack(line(**PAIR)) * 2, {"dropped: not_a_record": 1})):
        (tmp_path / "in").write_bytes(content)
        assert apply(load("default"), Files(tmp_path / "in", tmp_path / "out"), print) == ends
    for broken in (packed[:-9], packed[:12] + b"?" * 60):
        (tmp_path / "in").write_bytes(broken)
        with pytest.raises(UsageError, match="in cannot be read"):
            apply(load("paper"), Files(tmp_path / "in", tmp_path / "out"), print)


def parquet(*columns: str) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({column: ["x"] for column in columns}), held)
    return held.getvalue()


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("in.jsonl", line(**PAIR))
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (parquet("question"), "a Parquet file: give the name of a file that ends in .parquet"),
        (zipped(), "a ZIP archive: unpack it first"),
        (zstandard.compress(b"x"), "packed by zstd: unpack it first"),
    ],
    ids=["parquet", "zip", "zstd"],
)
def test_what_holds_no_lines_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "in").write_bytes(content)
    with pytest.raises(UsageError, match=rf"in cannot be read: it is {told}"):
        apply(load("paper"), Files(tmp_path / "in", tmp_path / "out"), print)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_table_without_texts_is_one_error(tmp_path: Path) -> None:
    tables = {"right": pa.table({"text": ["x"]}), "wrong": pa.table({"prompt": ["x"], "answer": [b"x"], "n": [1]})}
    for name, table in tables.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    for source in (tmp_path, tmp_path / "wrong.parquet"):
        with pytest.raises(UsageError) as raised:
            apply(load("paper"), Files(source, tmp_path / "out"), print)
        assert str(raised.value) == (
            f"{tmp_path / 'wrong.parquet'} holds no records: name its columns of texts question and answer, or text; "
            "there are prompt (string), answer (binary), n (int64)"
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1 no table PAR1"])
def test_a_broken_parquet_file_is_told(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.parquet cannot be read"):
        apply(load("paper"), Files(broken, tmp_path / "out"), print)
    broken.unlink()
    with pytest.raises(UsageError, match=r"no \*\.parquet file"):
        apply(load("paper"), Files(tmp_path, tmp_path / "out"), print)


def test_a_batch_ends_by_its_bytes_too() -> None:
    found = [list(map(len, part)) for part in pieces([b"a", b"b" * PIECE, b"c", b"d", b"e"], len, 2)]
    assert found == [[1], [PIECE], [1, 1], [1]]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_a_pipe_may_give_a_byte_at_a_time(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    def give() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            for place in range(12):
                pipe.write(packed[place : place + 1])
                time.sleep(0.01)
            pipe.write(packed[12:])

    packed = pack(line(**PAIR))
    os.mkfifo(tmp_path / "pipe")
    giver = threading.Thread(target=give)
    giver.start()
    assert list(lines(tmp_path / "pipe")) == [line(**PAIR)]
    giver.join()


@pytest.mark.parametrize("content", [b"", b"\x1f", b"{}", b"\n" * 9, b"a" * 10, b"b" * 70_000 + b"\nc"])
def test_what_is_read_to_know_a_file_is_read_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in").write_bytes(content)
    assert b"".join(piece for piece in lines(tmp_path / "in") if isinstance(piece, bytes)) == content


@pytest.mark.parametrize(
    "first",
    [
        b"BZh not json",
        b"BZh91 not json",
        b"\x1f\x8b not json",
        b"\xfd7zXZ\x00 not json",
        b"PAR1 not json",
        b"PK\x03\x04 not json",
    ],
    ids=range(6),
)
def test_a_bad_first_line_sinks_no_other(tmp_path: Path, first: bytes) -> None:
    (tmp_path / "in").write_bytes(first + b"\n" + line(**PAIR))
    ends = apply(load("default"), Files(tmp_path / "in", tmp_path / "out"), print)
    assert ends == {"dropped: not_a_record": 1, "kept": 1}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_may_hold_nothing(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "in").write_bytes(pack(b""))
    assert list(lines(tmp_path / "in")) == []


PRIVATE = "علی رضایی ۰۹۱۲۱۲۳۴۵۶۷"
NO_TEXTS = "no question and answer, and no text: it has "


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b'{"Question": "x", "Answer": "y"}', NO_TEXTS + "Question, Answer"),
        ('{"سوال": "x", "پاسخ": "y"}'.encode(), NO_TEXTS + "سوال, پاسخ"),
        (b"{}", NO_TEXTS + "no key"),
        (json.dumps({PRIVATE: 1, "09121234567": 1, "prompt": 1}).encode(), NO_TEXTS + "prompt and 2 more"),
        (json.dumps({PRIVATE: PRIVATE}).encode(), NO_TEXTS + "1 key"),
        (b'{"question": "x", "answer": 3}', "answer is a number, not a text"),
        (b'{"question": "x", "answer": true}', "answer is true or false, not a text"),
        (b'{"question": ["x"], "answer": "y"}', "question is a list, not a text"),
        (b'{"text": {"fa": "x"}}', "text is an object, not a text"),
        ({"question": b"x", "answer": "y"}, "question is bytes, not a text"),
        (b'{"question": "x", "answer": "y"', "no JSON object"),
        (b"question: x", "no JSON object"),
        (b"\n", "no JSON object: the line is empty"),
        (b"\xff\xfe\xff", "no JSON object: it is not UTF-8"),
        (b"5", "no JSON object but a number"),
        (b"null", "no JSON object but null"),
        (b'[{"question": "x", "answer": "y"}]', "no JSON object but a list"),
        (b"[\n", "no JSON object: a list begins here, where each line is to hold one object"),
        (b"[" * 100_000, "no JSON object: it is nested too deep"),
    ],
    ids=range(19),
)
def test_what_is_no_record_says_in_words_why_and_quotes_no_text(given: bytes | dict[str, object], told: str) -> None:
    assert parse(given) == {"error": told}


@pytest.mark.parametrize("count", [5_000, 1_000_000])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_a_long_number_beside_the_texts_costs_no_record(count: int, sign: bytes) -> None:
    began = time.process_time()
    found = parse(line(**PAIR)[:-1] + b', "id": ' + sign + b"9" * count + b"}")
    assert isinstance(found, Record)
    assert found.fields == PAIR
    assert time.process_time() - began < 1
