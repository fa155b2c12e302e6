"""A file in, one judgement a line out, whatever the lines hold."""

import itertools
import json
import subprocess
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleaning.apply import Files, apply
from cleaning.processes import ordered_map
from cleaning.recipe import load
from tests.cleaning.judged import ANSWER, PAIR, PROGRAM, judged, line
from tests.cleaning.real import DATA, real_pairs
from tests.cleaning.test_duplicates import words


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


def test_the_paper_recipe_keeps_what_the_authors_kept(tmp_path: Path) -> None:
    crawled, kept = real_pairs("niniban_crawled"), real_pairs("niniban_kept")
    apply(load("paper"), Files(DATA / "niniban_crawled.jsonl.gz", tmp_path / "out"), print)
    verdicts = [json.loads(row) for row in (tmp_path / "out").read_text(encoding="utf-8").splitlines()]
    ours = {(pair["question"], pair["answer"]) for pair, row in zip(crawled, verdicts, strict=True) if row["kept"]}
    assert ours == {(pair["question"], pair["answer"]) for pair in kept}


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


def test_a_pair_with_a_text_beside_it_is_a_pair(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, [line(**PAIR, text="x")])
    assert (row["outcome"], row["answer"]) == ("kept", ANSWER)
