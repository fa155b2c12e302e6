"""A file in, one judgement a line out, whatever the lines hold."""

import bz2
import gzip
import io
import itertools
import json
import lzma
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.apply import Files, apply
from cleaning.batch import PIECE, pieces
from cleaning.lines import LONGEST_LINE
from cleaning.processes import ordered_map
from cleaning.recipe import load
from cleaning.workplace import PREFIX, workplace
from storage.errors import UsageError
from tests.cleaning.real import DATA, real_pairs
from tests.cleaning.test_duplicates import words

ANSWER = "سرفه پس از سرماخوردگی معمولا دو تا سه هفته می‌ماند و با بخور و مایعات گرم آرام می‌شود."
PAIR = {"question": "سرفه پس از سرماخوردگی چقدر طول می‌کشد؟", "answer": ANSWER}


def judged(folder: Path, lines: list[bytes], recipe: str = "default") -> list[dict[str, Any]]:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_bytes(b"\n".join(lines))
    apply(load(recipe), Files(source, target), print)
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_one_object_a_line_in_order(tmp_path: Path) -> None:
    article = " ".join(words(120, 1)) + "."
    found = judged(
        tmp_path, [line(**PAIR), line(question="تب؟", answer="بله"), line(**PAIR), line(text=article, title="ت")]
    )
    assert [row["outcome"] for row in found] == ["kept", "dropped", "dropped", "kept"]
    assert [row["kept"] for row in found] == [True, False, False, True]
    assert [row["reason"] for row in found] == [None, "short_question", "repeated_pair", None]
    assert [row["cluster"] for row in found] == [1, None, 1, None]
    assert found[0]["answer"] == ANSWER
    assert found[3]["text"] == article


def test_cleaned_fields_are_given_for_what_is_dropped_too(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, [line(question="علي  سرفه دارد", answer="بلي")])
    assert (row["question"], row["answer"], row["measure"]) == ("علی سرفه دارد", "بلی", {"words": 1, "minimum": 8})


def test_texts_come_out_as_they_are_whatever_stands_in_them(tmp_path: Path) -> None:
    odd = " ".join(words(40, 3)) + '\n\n"\\t" \\ {"cluster": 7}, \x00\u2028 😀\t&amp;\u200c.'
    answers = [odd, odd + " تمام."]
    found = judged(tmp_path, [line(**PAIR | {"answer": answer}) for answer in answers])
    assert [(row["reason"], row["cluster"]) for row in found] == [(None, 1), ("near_pair", 1)]
    for row, answer in zip(found, answers, strict=True):
        assert row["answer"] == load("default").respell(answer)
        assert list(row) == ["kept", "outcome", "reason", "measure", "cluster", "question", "answer"]


def test_what_only_describes_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaning.filters.speciality._all", lambda *_: 1 // 0)
    (row,) = judged(tmp_path, [line(**PAIR)])
    assert row["outcome"] == "kept"


def test_what_is_borderline_goes_to_review(tmp_path: Path) -> None:
    phone = ANSWER + " تماس: ۰۹۱۲۳۴۵۶۷۸۹"
    found = judged(
        tmp_path,
        [
            line(question=PAIR["question"], answer="نه، نگران نباشید، تا دو هفته این سرفه طبیعی است."),
            line(**PAIR | {"answer": phone}),
        ],
    )
    assert [(row["outcome"], row["reason"]) for row in found] == [
        ("review", "short_answer"),
        ("review", "personal_data"),
    ]
    assert found[1]["answer"].endswith("[شماره تلفن]")


BAD = [
    b"",
    b"{",
    b"null",
    b"[1]",
    b"{}",
    b'"text"',
    b'{"question": 1, "answer": "x"}',
    b'{"text": ["x"]}',
    b"\xff\xfe",
    b"[" * 100_000,
]
ODD = [
    line(question=None, answer=None),
    line(question="\x00\x01\x1f", answer="\x7f"),
    line(question="\ud800", answer="\udfff" * 9),
    line(question="ا", answer="ب"),
    line(question="Fever and cough since Monday", answer="Take two tablets a day and drink a lot of water."),
    line(question="ما هو علاج الحمى؟", answer="الراحة وشرب الماء"),
    line(text="\u200c" * 1000),
    line(text="😀" * 1000),
    b'{"question": "\\ud83d\\ude00 a", "answer": "\\u0000"}',
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_line_that_is_no_record_is_told_and_passed_over(tmp_path: Path, bad: bytes) -> None:
    found = judged(tmp_path, [bad, line(**PAIR)])
    assert [row["reason"] for row in found] == ["not_a_record", None]
    assert found[1]["kept"]


@pytest.mark.parametrize("ending", [b"", b"\n" + line(**PAIR)])
def test_a_line_without_end_is_told_and_passed_over(tmp_path: Path, ending: bytes) -> None:
    bomb, target = tmp_path / "bomb.gz", tmp_path / "out"
    bomb.write_bytes(gzip.compress(b" " * (2 * LONGEST_LINE + 5) + ending, compresslevel=1))
    apply(load("default"), Files(bomb, target), print)
    found = [json.loads(row) for row in target.read_text(encoding="utf-8").splitlines()]
    assert found[0]["reason"] == "not_a_record"
    assert found[0]["measure"] == {"error": "LineTooLong", "maximum": LONGEST_LINE}
    assert [row["kept"] for row in found[1:]] == [True] * bool(ending)


def test_odd_records_are_dropped_with_a_reason(tmp_path: Path) -> None:
    found = judged(tmp_path, ODD)
    assert len(found) == len(ODD)
    assert all(not row["kept"] and row["reason"] not in (None, "step_failed", "not_a_record") for row in found)


@pytest.mark.parametrize("piece", ["سرفه", "1 ", "a@", "\n", "&amp;", "دکتر "])
def test_a_record_of_ten_million_characters(tmp_path: Path, piece: str) -> None:
    text = piece * (10_000_000 // len(piece))
    (row,) = judged(tmp_path, [line(question="سرفه پس از سرماخوردگی؟", answer=text)])
    assert row["reason"] in ("long_pair", "no_answer", "short_answer")


def test_a_failing_step_sends_its_record_to_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaning.filters.too_short.word_count", lambda text: 1 // ("سرفه" not in text))
    other = {"question": "تب نوزاد چه خطری دارد؟", "answer": ANSWER.replace("سرفه", "تب")}
    found = judged(tmp_path, [line(**PAIR), line(**other)])
    assert [row["reason"] for row in found] == ["step_failed", "short_question"]
    assert found[0]["measure"] == {"step": "too_short", "error": "ZeroDivisionError"}


def test_plain_and_gzip_give_the_same(tmp_path: Path) -> None:
    lines = b"\n".join([line(**PAIR), line(question="تب؟", answer="بله")])
    (tmp_path / "plain").write_bytes(lines)
    (tmp_path / "zipped").write_bytes(gzip.compress(lines))
    for name in ("plain", "zipped"):
        apply(load("paper"), Files(tmp_path / name, tmp_path / f"{name}.out"), print)
    assert (tmp_path / "plain.out").read_bytes() == (tmp_path / "zipped.out").read_bytes()


def test_a_file_cut_short_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(line(**PAIR) * 1000)[:-20])
    with pytest.raises(UsageError, match=r"cut\.gz cannot be read"):
        apply(load("paper"), Files(tmp_path / "cut.gz", tmp_path / "out"), print)
    with pytest.raises(UsageError, match="missing cannot be read"):
        apply(load("paper"), Files(tmp_path / "missing", tmp_path / "out"), print)
    with pytest.raises(UsageError, match="no folder"):
        apply(load("paper"), Files(tmp_path / "cut.gz", tmp_path / "none" / "out"), print)
    assert [path.name for path in tmp_path.iterdir()] == ["cut.gz"]


def test_a_file_is_not_replaced_by_its_own_verdicts(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(line(**PAIR))
    (tmp_path / "link.jsonl").symlink_to(source)
    with pytest.raises(UsageError, match="by its own verdicts"):
        apply(load("paper"), Files(source, tmp_path / "link.jsonl"), print)
    assert source.read_bytes() == line(**PAIR)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(line(**PAIR))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no regular file"):
        apply(load("paper"), Files(tmp_path / "in.jsonl", tmp_path / "pipe"), print)
    assert (tmp_path / "pipe").is_fifo()


PROGRAM = str(Path(sys.executable).parent / "cleaning")


@contextmanager
def waiting(folder: Path, out: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command while it waits for its second line, its working folder made."""
    before = set(folder.glob(f"{PREFIX}*"))
    arguments = [PROGRAM, "apply", "--in", "-", "--out", str(folder / out), "--processes", "1"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write(line(**PAIR) + b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while set(folder.glob(f"{PREFIX}*")) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    with waiting(tmp_path, "killed") as process:
        process.send_signal(signal.SIGKILL)
    (stale,) = tmp_path.glob(f"{PREFIX}*")
    (stale / "whole").write_bytes(b"half a judgement")
    with waiting(tmp_path, "out") as process:
        (held,) = tmp_path.glob(f"{PREFIX}*")
        assert held != stale
        (tmp_path / "in").write_bytes(line(**PAIR))
        apply(load("default"), Files(tmp_path / "in", tmp_path / "out"), print)
        assert list(tmp_path.glob(f"{PREFIX}*")) == [held]
        process.communicate(line(**PAIR))
    assert process.returncode == 0
    assert [json.loads(row)["kept"] for row in (tmp_path / "out").read_bytes().splitlines()] == [True, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_only_a_working_folder_is_swept(tmp_path: Path) -> None:
    kept = [tmp_path / f"{PREFIX}{name}" for name in ("notes", "link", "file")]
    kept[0].mkdir()
    (kept[0] / "mine.txt").write_text("mine", encoding="utf-8")
    kept[1].symlink_to(kept[0])
    kept[2].write_text("mine", encoding="utf-8")
    (tmp_path / f"{PREFIX}left").mkdir()
    with workplace(tmp_path) as folder:
        assert sorted(tmp_path.iterdir()) == sorted([*kept, folder])
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_folder_swept_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = tempfile.mkdtemp, list[str]()

    def swept(**place: Any) -> str:
        made.append(make(**place))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr("tempfile.mkdtemp", swept)
    with workplace(tmp_path) as folder:
        assert [folder] == list(tmp_path.iterdir()) == [Path(made[1])]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(UsageError, match=r"nothing can be written in .*shut: Permission denied"):
        apply(load("paper"), Files(tmp_path / "in", tmp_path / "shut" / "out"), print)


def test_a_folder_of_the_kernel_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with pytest.raises(UsageError, match="nothing can be written in /proc"):
        apply(load("paper"), Files(tmp_path / "in", Path("/proc/out")), print)


@pytest.mark.parametrize("out", ["-", "/dev/stdout"])
def test_from_standard_input_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], out: str
) -> None:
    (tmp_path / "in").write_bytes(gzip.compress(line(**PAIR)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (tmp_path / "in").open("rb") as file, standard_input(file.fileno()):
        apply(load("default"), Files(Path("-"), Path(out)), lambda _: None)
    assert json.loads(capsysbinary.readouterr().out)["kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@contextmanager
def standard_input(descriptor: int) -> Iterator[None]:
    before = os.dup(0)
    try:
        os.dup2(descriptor, 0)
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


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
    for broken in (packed[:-9], packed[:9] + b"?" * 60):
        (tmp_path / "in").write_bytes(broken)
        with pytest.raises(UsageError, match="in cannot be read"):
            apply(load("paper"), Files(tmp_path / "in", tmp_path / "out"), print)


def parquet(*columns: str) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({column: ["x"] for column in columns}), held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (parquet("question"), "a Parquet file: give the name of a file that ends in .parquet"),
        (b"PK\x03\x04 archive", "a ZIP archive: unpack it first"),
        (b"\x28\xb5\x2f\xfd packed", "packed by zstd: unpack it first"),
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


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.bz2", "out.zst"])
def test_a_target_named_as_what_it_will_not_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with pytest.raises(UsageError, match=rf"{name} would hold JSON lines .*: name it \.jsonl"):
        apply(load("paper"), Files(tmp_path / "in", tmp_path / name), print)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_standard_input_is_not_replaced_by_its_own_verdicts(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(line(**PAIR))
    with (
        (tmp_path / "in").open("rb") as file,
        standard_input(file.fileno()),
        pytest.raises(UsageError, match="by its own verdicts"),
    ):
        apply(load("paper"), Files(Path("-"), tmp_path / "in"), print)
    assert (tmp_path / "in").read_bytes() == line(**PAIR)


def test_the_paper_recipe_keeps_what_the_authors_kept(tmp_path: Path) -> None:
    crawled, kept = real_pairs("niniban_crawled"), real_pairs("niniban_kept")
    apply(load("paper"), Files(DATA / "niniban_crawled.jsonl.gz", tmp_path / "out"), print)
    verdicts = [json.loads(row) for row in (tmp_path / "out").read_text(encoding="utf-8").splitlines()]
    ours = {(pair["question"], pair["answer"]) for pair, row in zip(crawled, verdicts, strict=True) if row["kept"]}
    assert ours == {(pair["question"], pair["answer"]) for pair in kept}


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


def test_the_result_is_the_same_for_processes_a_cluster_and_parquet(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra")
    answers = [ANSWER, " ".join(words(40, 1)), " ".join(words(40, 2)), "نه", f"{ANSWER} تماس: ۰۹۱۲۳۴۵۶۷۸۹"]
    pairs = [
        {"question": PAIR["question"], "answer": answer} for answer in itertools.islice(itertools.cycle(answers), 600)
    ]
    source, table = tmp_path / "in.jsonl", tmp_path / "rows" / "in.parquet"
    source.write_bytes(b"\n".join(line(**pair) for pair in pairs))
    table.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(pairs), table)
    apply(load("default"), Files(source, tmp_path / "alone"), print)
    apply(load("default"), Files(source, tmp_path / "two"), print, partial(ordered_map, processes=2))
    apply(load("default"), Files(table.parent, tmp_path / "rows.jsonl"), print)
    program = [PROGRAM, "apply", "--ray", "local"]
    subprocess.run([*program, "--in", str(table), "--out", str(tmp_path / "cluster")], check=True, capture_output=True)
    alone = (tmp_path / "alone").read_bytes()
    assert alone.count(b"\n") == 600
    assert {
        name: (tmp_path / name).read_bytes() == alone for name in ("two", "rows.jsonl", "cluster")
    } == dict.fromkeys(("two", "rows.jsonl", "cluster"), True)


@pytest.mark.parametrize("content", [b"", b"PAR1 no table PAR1"])
def test_a_broken_parquet_file_is_told(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.parquet cannot be read"):
        apply(load("paper"), Files(broken, tmp_path / "out"), print)
    broken.unlink()
    with pytest.raises(UsageError, match=r"no \*\.parquet file"):
        apply(load("paper"), Files(tmp_path, tmp_path / "out"), print)


def test_a_pair_with_a_text_beside_it_is_a_pair(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, [line(**PAIR, text="x")])
    assert (row["outcome"], row["answer"]) == ("kept", ANSWER)


def test_a_target_named_gzip_is_gzip_and_the_same_each_time(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl.gz"
    source.write_bytes(line(**PAIR))
    made = []
    for _ in range(2):
        apply(load("default"), Files(source, target), print)
        made.append(target.read_bytes())
    assert made[0] == made[1]
    assert json.loads(gzip.decompress(made[0]))["kept"]


def test_a_batch_ends_by_its_bytes_too() -> None:
    found = [list(map(len, part)) for part in pieces([b"a", b"b" * PIECE, b"c", b"d", b"e"], len, 2)]
    assert found == [[1], [PIECE], [1, 1], [1]]
