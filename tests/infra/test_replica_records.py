"""What is read from a folder of records, and what is refused with its file and line."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector
from rapidfuzz import fuzz, process

from infra.replica import hijri, texts
from infra.replica.documents import documents
from infra.replica.records import Question, load
from storage.errors import UsageError
from tests.infra.replica_visitor import RECORDS

REAL = Path(__file__).parents[3] / "shared" / "data" / "qa"
FORUMS = {"drhast", "doctor-yab", "isovisit"}
MAGAZINES = {
    "hidoctor", "niniban", "darmankade", "doctoreto", "hamrah-teb", "seebmagazine", "paziresh24", "extern",
    "majalepezeshki", "salammag", "nabz",
}  # fmt: skip


def pair(question: str = "پرسش", answer: str = "پاسخ", **more: Any) -> dict[str, Any]:
    return {"question": question, "answer": answer, **more}


def write(folder: Path, name: str, *rows: object) -> Path:
    """The rows as JSON lines; a string is written as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    content = "".join(line + "\n" for line in lines).encode()
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("niniban_crawled.jsonl.gz", "niniban"),
        ("mf3qa_dev.jsonl.gz", "niniban"),
        ("drhast_kept.jsonl", "drhast"),
        ("doctor_yab_kept.jsonl.gz", "doctor-yab"),
        ("isovisit.jsonl", "isovisit"),
    ],
)
def test_the_files_name_tells_the_site(tmp_path: Path, name: str, site: str) -> None:
    served = load(write(tmp_path, name, pair())).questions
    assert [(q.site, q.question, q.answers[0].text) for q in served] == [(site, "پرسش", "پاسخ")]


def test_the_rows_source_outranks_the_files_name(tmp_path: Path) -> None:
    rows = (
        pair("یک", source="isovisit.com"),
        pair("دو", source="doctor-yab.ir"),
        pair("سه"),
        pair("چهار", source="kqa"),
    )
    served = load(write(tmp_path, "drhast.jsonl", *rows))
    assert {q.question: q.site for q in served.questions} == {"یک": "isovisit", "دو": "doctor-yab", "سه": "drhast"}
    assert served.notes == ("drhast.jsonl: pairs of kqa, which is no site: 1",)


def test_a_pair_is_served_once_a_site(tmp_path: Path) -> None:
    write(tmp_path, "niniban_a.jsonl", pair(), pair("پرسش ", "پاسخ\n"), pair(answer="دیگر"))
    write(tmp_path, "niniban_b.jsonl", pair())
    write(tmp_path, "drhast.jsonl", pair())
    served = load(tmp_path)
    assert sorted((q.site, q.answers[0].text) for q in served.questions) == [
        ("drhast", "پاسخ"),
        ("niniban", "دیگر"),
        ("niniban", "پاسخ"),
    ]
    assert served.notes == ("niniban_a.jsonl: pairs served already: 1", "niniban_b.jsonl: pairs served already: 1")


@pytest.mark.parametrize(("site", "records"), [("drhast", 1), ("doctor_yab", 1), ("niniban", 2), ("isovisit", 2)])
def test_answers_to_one_question_share_a_record_where_the_page_has_room(
    tmp_path: Path, site: str, records: int
) -> None:
    served = load(write(tmp_path, f"{site}.jsonl", pair(answer="یک"), pair(answer="دو")))
    assert len(served.questions) == records
    assert {d["answer"] for d in documents(served)} == {"یک", "دو"}


def test_a_title_is_the_questions_opening(tmp_path: Path) -> None:
    long = " ".join(f"واژه{n}" for n in range(30))
    served = load(write(tmp_path, "drhast.jsonl", pair(long), pair("سه واژه\nکوتاه"))).questions
    assert [q.title for q in served] == ["واژه0 واژه1 واژه2 واژه3 واژه4 واژه5 واژه6 واژه7 واژه8…", "سه واژه کوتاه"]


def test_a_record_keeps_its_number_whatever_is_served_beside_it(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    write(alone, "drhast.jsonl", pair())
    write(together, "drhast.jsonl", pair("دیگر"), pair())
    numbers = {q.question: q.record for q in load(together).questions}
    assert numbers["پرسش"] == load(alone).questions[0].record
    assert len(set(numbers.values())) == 2


GOOD = pair()
BROKEN = [
    ("drhast.jsonl", [GOOD, "{"], "drhast.jsonl:2: not JSON"),
    ("drhast.jsonl", [GOOD, "", "[1]"], "drhast.jsonl:3: Input should be"),
    ("drhast.jsonl", [{"question": "پرسش"}], "drhast.jsonl:1: answer: Field required"),
    ("drhast.jsonl", [{"Question": "پرسش", "answer": "پاسخ"}], "drhast.jsonl:1: question: Field required"),
    ("drhast.jsonl", [pair(answer=3)], "drhast.jsonl:1: answer: Input should be a valid string"),
    ("drhast.jsonl", [pair(answer=" \n")], "drhast.jsonl:1: answer: it is empty"),
    ("drhast.jsonl", [pair("پرسش\x00")], "drhast.jsonl:1: question: it holds U+0000, which no HTML page can carry"),
    ("drhast.jsonl", ['{"question": "\\ud800", "answer": "x"}'], "drhast.jsonl:1: question: it holds U+D800"),
    ("drhast.jsonl", [GOOD, pair(source="example.com")], "drhast.jsonl:2: no site is named 'example.com'. There are: "),
    ("mf3qa_test.jsonl", [pair(source="isovisit.com"), GOOD], "mf3qa_test.jsonl:2: the row has no source"),
    ("pairs_of_mine.jsonl.gz", [GOOD], "pairs_of_mine.jsonl.gz:1: the row has no source, and the file's name begins"),
    ("drhast.jsonl", [pair(source="kqa")], "hold no pair of any site"),
    ("drhast.jsonl", [], "hold no pair of any site"),
    ("drhast.json", [GOOD], "holds no *.jsonl or *.jsonl.gz file"),
    ("pairs.jsonl", [GOOD], "pairs.jsonl:1: site: Field required"),
]


@pytest.mark.parametrize(("name", "rows", "message"), BROKEN)
def test_what_is_no_pair_is_refused_with_its_line(tmp_path: Path, name: str, rows: list[object], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(write(tmp_path, name, *rows))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "پرسش" not in str(refused.value)


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "drhast.jsonl").write_bytes(json.dumps(GOOD).encode() + b'\n{"question": "\xff"}\n')
    with pytest.raises(UsageError, match=r"drhast\.jsonl:2: not JSON in UTF-8 \(byte \d+ is not UTF-8\)"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b'{"question": "x", "answer": "y"}\n' * 999, mtime=0)[:60]]
)
def test_a_broken_gzip_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "drhast.jsonl.gz").write_bytes(content)
    with pytest.raises(UsageError, match=r"drhast\.jsonl\.gz:\d+: the file cannot be read"):
        load(tmp_path)


def test_an_empty_folder_and_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \*\.jsonl"):
        load(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        load(tmp_path / "none")


def test_other_files_are_told_of(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "text")
    assert load(write(tmp_path, "drhast.jsonl", pair())).notes == ("not read: README.md",)


def sample_row(**changes: object) -> dict[str, object]:
    row = {"site": "niniban", "record": "5", "title": "عنوان", "question": "پرسش", "answers": [{"text": "پاسخ"}]}
    return row | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"site": "hidoctor"}, "site: Input should be 'niniban', 'drhast', 'doctor-yab' or 'isovisit'"),
        ({"record": "x5"}, "record: String should match pattern"),
        ({"record": "9999999"}, "record: 9999999 is kept for the page that robots.txt disallows"),
        ({"date": "2023-01-01"}, "date: a Solar Hijri date such as 1402/03/12"),
        ({"date": "1402/12/31"}, "date: day is out of range"),
        ({"answers": []}, "niniban publishes a reader's question with its answer"),
        ({"answers": [{"text": "یک"}, {"text": "دو"}]}, "a page of niniban has room for one answer, not 2"),
        ({"answers": [{"text": "یک", "name": "x"}]}, "answers.0.name: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_row_of_a_sample_is_refused_with_its_line(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load(write(tmp_path, "pairs.jsonl", sample_row(record="4"), sample_row(**changes)))
    assert str(refused.value).startswith("pairs.jsonl:2: ")
    assert message in str(refused.value)


def test_two_records_of_one_number_are_refused(tmp_path: Path) -> None:
    article = {"site": "niniban", "record": "5", "title": "عنوان", "slug": "عنوان", "blocks": ["بند"]}
    write(tmp_path, "articles.jsonl", article)
    with pytest.raises(UsageError, match="two records of niniban have the number 5"):
        load(write(tmp_path, "pairs.jsonl", sample_row()))
    assert len(load(write(tmp_path, "pairs.jsonl", sample_row(site="drhast"))).questions) == 1


def test_the_fixture_is_read_whole() -> None:
    served = load(RECORDS)
    assert (len(served.questions), len(served.articles), served.notes) == (12, 44, ())


@pytest.fixture(scope="module")
def answers() -> list[str]:
    """The answers of the project's own sample."""
    return [d["answer"] for d in documents(load()) if d["answer"]]


def test_the_own_sample_is_large_and_has_every_kind_of_record(answers: list[str]) -> None:
    served = load()
    assert {d["source"] for d in documents(served)} == FORUMS | MAGAZINES
    assert {a.site for a in served.articles} == MAGAZINES
    assert len(served.articles) >= 100
    assert len(answers) >= 400
    assert any(not q.answers for q in served.questions)
    assert any(len(q.answers) > 1 for q in served.questions)


DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
DEFECTS: dict[str, Callable[[str], object]] = {
    "too short": lambda a: len(a.split()) < 5,
    "referral only": lambda a: len(a.split()) < 15 and "مراجعه" in a,
    "phone number": lambda a: re.search(r"\b09\d{2}[\s-]?\d{3}[\s-]?\d{4}\b", a.translate(DIGITS)),
    "doctor's header": lambda a: re.match(r"دکتر [^\n]{5,60}:", a),
    "Arabic letters": lambda a: re.search("[يك]", a),
    "mixed digits": lambda a: re.search("[0-9]", a) and re.search("[۰-۹]", a),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_own_sample_has_the_defects_cleaning_is_for(answers: list[str], defect: str) -> None:
    assert sum(bool(DEFECTS[defect](answer)) for answer in answers) >= 2


def test_the_own_sample_has_repeated_and_nearly_repeated_answers(answers: list[str]) -> None:
    distinct = sorted(set(answers))
    likeness = process.cdist(distinct, distinct, scorer=fuzz.ratio, score_cutoff=85)
    assert len(answers) - len(distinct) >= 10
    assert (np.count_nonzero(likeness) - len(distinct)) // 2 >= 10


@pytest.mark.skipif(not REAL.is_dir(), reason="the authors' files are not beside the checkout")
def test_every_distinct_pair_of_the_authors_files_is_listed_once() -> None:
    expected = set()
    for path in REAL.glob("*.jsonl.gz"):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            row = json.loads(line)
            if (source := row.get("source", path.name)) != "kqa":
                site = next(s for s in ("niniban", "drhast", "doctor", "isovisit") if source.startswith(s))
                expected.add((site, texts.fold(row["question"]), texts.fold(row["answer"])))
    listed = [
        (d["source"].removesuffix("-yab"), texts.fold(d["question"] or ""), texts.fold(d["answer"] or ""))
        for d in documents(load(REAL))
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


CONTROLS = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\f\r")


@given(st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters=CONTROLS)))
def test_text_laid_out_as_html_reads_the_same_when_folded(text: str) -> None:
    for shown in (texts.lines(text), texts.paragraphs(text), texts.linked(text, "درد", "/x")):
        seen = Selector(f"<div>{shown}</div>").css("div")[0].xpath(".//text()").getall()
        assert texts.fold("".join(seen)) == texts.fold(text)


def test_line_breaks_and_blank_lines_are_br_and_p() -> None:
    assert texts.lines("الف\nب") == "الف<br>\nب"
    assert texts.paragraphs("الف\nب\n \nج<") == "<p>الف<br>\nب</p>\n<p>ج&lt;</p>"


@pytest.mark.parametrize(
    ("title", "slug"),
    [("درد  سر؟ (تب)", "درد-سر-تب"), ("نی‌نی", "نی-نی"), ("؟!", "بدون-عنوان"), ("ا" * 90, "ا" * 70)],
)
def test_a_slug_has_letters_and_hyphens(title: str, slug: str) -> None:
    assert texts.slug(title) == slug


def test_solar_hijri_dates_are_printed_as_the_sites_do() -> None:
    date = hijri.parse("1402/3/2")
    assert date is not None
    assert (date.isoformat(), hijri.slashes(date), hijri.words(date)) == ("2023-05-23", "1402/03/02", "۲ خرداد ۱۴۰۲")
    assert hijri.parse(None) is None


def test_niniban_questions_always_have_their_answer() -> None:
    with pytest.raises(ValueError, match="here is none"):
        Question(site="niniban", record="1", title="x", question="x", answers=())
