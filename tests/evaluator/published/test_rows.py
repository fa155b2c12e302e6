"""One reader for every form that benchmarks are published in; what is broken is refused in one line."""

import gzip
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluator.published import rows, xlsx
from evaluator.published.rows import Row, read, suffix
from storage.errors import UsageError
from tests.evaluator.published.sheets import MAIN, sheet, table

LINES: list[dict[str, Any]] = [
    {"question": "کدام اندام صفرا می‌سازد؟", "options": ["کبد", "طحال"], "answer": "A"},
    {"question": "کدام بزرگ‌تر است؟", "options": ["۱", "۲"], "answer": 2},
]


def fields(rows: list[Row]) -> list[dict[str, Any]]:
    return [row.fields for row in rows]


def test_every_form_of_the_same_rows_gives_the_same_rows(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in LINES)
    lines, packed, whole, parquet = (tmp_path / name for name in ("a.jsonl", "b.gz", "c.json", "d"))
    lines.write_text(f"\n{text}\n\n", encoding="utf-8-sig")
    packed.write_bytes(gzip.compress(text.encode()))
    whole.write_text(json.dumps(LINES), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist([line | {"answer": str(line["answer"])} for line in LINES]), parquet)
    assert fields(read(lines)) == fields(read(packed)) == fields(read(whole)) == LINES
    assert [f | {"answer": str(f["answer"])} for f in LINES] == fields(read(parquet))
    assert [suffix(path) for path in (lines, packed, whole, parquet)] == [".jsonl", ".jsonl.gz", ".json", ".parquet"]
    assert [row.number for row in read(lines)] == [1, 2]


def test_tables_have_their_columns_in_the_first_row(tmp_path: Path) -> None:
    written = tmp_path / "a.csv"
    written.write_text('Question;Option1;Option2;Correct answer\n"a;b";"x\ny";2;1\n;;;\nc;d;e\n', encoding="utf-8")
    expected = [
        {"question": "a;b", "option1": "x\ny", "option2": "2", "correct answer": "1"},
        {"question": "c", "option1": "d", "option2": "e", "correct answer": ""},
    ]
    assert fields(read(written)) == expected
    excel = table(
        tmp_path / "b.xlsx",
        ["Question", "Option1", "Option2", "Correct_answer"],
        ["a;b", "x\ny", 2, 1],
        ["c", "d", "e"],
    )
    assert fields(read(excel)) == expected
    assert suffix(excel) == ".xlsx"


def test_a_sheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>two </t></r><r><t>runs</t></r><rPh><t>guide</t></rPh></is></c>'
        '<c r="C1"><v>0.30000000000000004</v></c><c s="1"><v>45293</v></c><c s="2"><v>0.45</v></c>'
        '<c s="3"><v>0.126388888888889</v></c><c t="e"><v>#REF!</v></c><c t="str"><v>a_x000D_b</v></c>'
        '<c t="b"><v>1</v></c></row>'
        '<row r="2"/><row r="1048576"><c r="B1048576" t="s"><v>0</v></c></row>'
    )
    found = xlsx.rows(sheet(tmp_path / "a.xlsx", rows, ["last"]))
    assert found == [["two runs", "", "0.3", "2024-01-02", "45%", "03:02:00", "#REF!", "a\rb", "TRUE"], ["", "last"]]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"xl/workbook.xml": ""}, "KeyError"),
        ({"xl/workbook.xml": f"<workbook {MAIN}/>"}, "it has no sheet"),
        ({"xl/worksheets/sheet1.xml": "<worksheet><row>"}, "XMLSyntaxError"),
        ({"xl/worksheets/sheet1.xml": '<worksheet><row><c t="s"><v>9</v></c></row></worksheet>'}, "IndexError"),
        ({"xl/worksheets/sheet1.xml": "<worksheet><row><c><v>much</v></c></row></worksheet>"}, "ValueError"),
    ],
)
def test_a_broken_sheet_is_refused(tmp_path: Path, members: dict[str, str], said: str) -> None:
    path = sheet(tmp_path / "a.xlsx", "", **members)
    with pytest.raises(UsageError, match=said) as error:
        read(path)
    assert str(error.value).startswith(f"{path} is no Excel file that can be read")


def test_a_sheet_opens_nothing_and_grows_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("inside", encoding="utf-8")
    entity = (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><worksheet><row><c t="str"><v>&x;</v></c>'
        '<c t="str"><v>own</v></c></row></worksheet>'
    )
    assert "inside" not in str(xlsx.rows(sheet(tmp_path / "a.xlsx", "", **{"xl/worksheets/sheet1.xml": entity})))
    monkeypatch.setattr(xlsx, "LARGEST", 1 << 16)
    with pytest.raises(UsageError, match="it unpacks to more than 65536 bytes"):
        xlsx.rows(sheet(tmp_path / "b.xlsx", "<row/>" * 20_000))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no items"),
        (b"{\n", "line 1 is not JSON"),
        (b"[1]", "object 1 is int, not an object with a question"),
        (b'{"a": 1}\n[2]\n', "line 2 is list"),
        (b"[" * 100_000, "it is not JSON"),
        ("question".encode("utf-16"), "cannot be read: it is not UTF-8 from byte 0 on"),
        (b"\x1f\x8bbroken", "cannot be read"),
        (b"PAR1broken", "cannot be read as Parquet"),
        (b"PK\x03\x04broken", "no Excel file"),
        (b'a,b\n"c', "neither JSON lines nor CSV"),
        (b"a,a\n1,2\n", "has two columns called a"),
    ],
)
def test_what_is_no_file_of_rows_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as error:
        read(path)
    assert "\n" not in str(error.value)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl.gz", b"not gzip", "is called .gz and is none: it begins with 'not gzip'"),
        ("a.xlsx", b"PK not really", "is called .xlsx and is none: it begins with 'PK not really'"),
        ("a.xlsx", bytes(range(128, 256)), "is called .xlsx and is none"),
        (
            "a.XLSX",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "an Excel file of the old form or with a password",
        ),
        ("a.parquet", b"version https", "is called .parquet and is none"),
        ("a.xlsx", b"<!DOCTYPE html><html>", "is a web page or XML"),
        ("a.csv", b"\n <?xml version='1.0'?>", "is a web page or XML"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_rows_are_read_whatever_their_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("question,answer\nq,a\n", encoding="utf-8")
    assert fields(read(path)) == [{"question": "q", "answer": "a"}]
    path = path.rename(tmp_path / "a.jsonl.gz")
    path.write_text('{"question": "q"}', encoding="utf-8")
    assert fields(read(path)) == [{"question": "q"}]


def test_a_formula_without_its_value_is_told_by_its_cell(tmp_path: Path) -> None:
    head = '<row r="1"><c r="A1" t="str"><v>question</v></c><c r="B1" t="str"><v>answer</v></c></row>'
    kept = '<row r="2"><c r="A2" t="str"><f>B2</f><v></v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
    assert xlsx.rows(sheet(tmp_path / "a.xlsx", head + kept)) == [["question", "answer"], ["", "2"]]
    for cell in ("<f>1+1</f>", "<f>1+1</f><v/>", '<f t="shared" si="0"/>'):
        lost = sheet(tmp_path / "b.xlsx", f'{head}{kept}<row r="3"><c r="B3">{cell}</c></row>')
        with pytest.raises(UsageError, match=r"b.xlsx cannot be read: cell B3 holds a formula without"):
            read(lost)


def test_a_folder_and_a_pipe_are_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        with pytest.raises(UsageError, match="it is a folder, a pipe or a device"):
            read(path)


def test_a_text_in_every_row_counts_in_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LARGEST", 1 << 20)
    same = [{"question": "q" * 10_000, "answer": "A"}] * 400
    parquet = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(same), parquet)
    assert parquet.stat().st_size < 1 << 16
    with pytest.raises(UsageError, match="unpacks to more than 1048576 bytes"):
        read(parquet)
    cells = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    excel = sheet(tmp_path / "b.xlsx", '<row><c t="str"><v>question</v></c></row>' + cells * 400, ["q" * 10_000, "A"])
    with pytest.raises(UsageError, match="holds more than 1048576 letters"):
        read(excel)


def test_a_sheet_of_wide_rows_is_bounded_by_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "CELLS", 1 << 10)
    wide = '<row><c r="IV1"><v>1</v></c></row>'
    assert len(xlsx.rows(sheet(tmp_path / "a.xlsx", wide * 4))) == 4
    with pytest.raises(UsageError, match="more than 1048576 rows or 1024 cells"):
        xlsx.rows(sheet(tmp_path / "b.xlsx", wide * 5))


def test_an_encrypted_or_strange_zip_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("anything", "x")
    with pytest.raises(UsageError, match="no Excel file"):
        read(path)
