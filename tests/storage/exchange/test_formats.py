"""The four formats: what goes out comes back as it was, whatever a text holds; and what other tools write is read."""

import csv
import datetime as dt
import json
import uuid
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import UsageError
from storage.exchange import argilla, formats, label_studio, sheet
from storage.exchange.row import Line, Row
from storage.models import Decision, Purpose
from storage.review.words import EDITABLE, REASONS

DOCUMENT = uuid.UUID(int=7)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "'=1+1",
    "''",
    "\t=1",
    "\r\n=1",
    "آری؛ =HYPERLINK(A1)",
    'ستون";=1+1;"',
    "＝۱",
    " \u00a0@sum",
    "نیم\u200cفاصله \u202eوارونه\u202c",
    "\u2028\u2029\x85\x0b\x1c",
    "\ufeffآغاز",
    '{"a": "\\ud800"}',
    "a\rb\nc\r\nd",
    ',,;""\'',
]
PIECES = st.sampled_from([*HOSTILE, "=", "+", "-", "@", "'", ";", "؛", "\t", "\r", "\n", " ", "\xa0", '"', ",", "آب"])
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
TEXTS = st.lists(PIECES | STORABLE, max_size=6).map("".join)
SPOKEN = TEXTS.filter(str.strip)
TIMES = st.datetimes(timezones=st.just(dt.UTC), min_value=dt.datetime(2000, 1, 1), max_value=dt.datetime(2100, 1, 1))  # noqa: DTZ001
SECONDS = st.none() | st.floats(0, 1e6, width=32)


@st.composite
def rows(draw: st.DrawFn, whole: bool = False) -> Row:
    kind = draw(st.sampled_from(sorted(EDITABLE)))
    shown = {name: draw(TEXTS) for name in EDITABLE[kind]}
    decision = draw(st.none() | st.sampled_from(Decision))
    text = {
        Decision.APPROVE: st.just(shown) if any(shown.values()) else st.none(),
        Decision.EDIT: st.fixed_dictionaries(dict.fromkeys(EDITABLE[kind], SPOKEN)),
    }
    values = {"document": draw(st.uuids()), "kind": kind, "shown": shown, "source": "drhast", "url": draw(SPOKEN)}
    values |= {"content_sha256": "a" * 64}
    if decision:
        values |= {"decision": decision, "text": draw(text.get(decision, st.none())), "by": draw(SPOKEN)}
        values |= {"at": draw(TIMES), "seconds": draw(SECONDS)}
        values |= {"reason": draw(st.sampled_from(sorted(REASONS)))} if decision is Decision.REJECT else {}
        if whole:
            values |= {"purpose": draw(st.sampled_from(Purpose)), "undone_at": draw(st.none() | TIMES)}
    return Row(**values)


def through(name: str, sent: list[Row]) -> tuple[str, list[Row]]:
    """The file, and what is read of its bytes."""
    written = "".join(formats.named(name).write(sent))
    lines = list(formats.named(name).read(StringIO(written.encode().decode("utf-8-sig"), newline="")))
    assert [line.wrong for line in lines] == [None] * len(lines)
    return written, [line.row for line in lines if line.row]


@pytest.mark.parametrize("name", formats.FORMATS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_goes_out_comes_back_and_goes_out_again_byte_for_byte(name: str, data: st.DataObject) -> None:
    sent = data.draw(st.lists(rows(whole=formats.FORMATS[name].whole), min_size=1, max_size=4))
    written, read = through(name, sent)
    assert read == sent
    assert "".join(formats.named(name).write(read)) == written


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_guarded_cell_begins_no_formula_and_comes_back(text: str) -> None:
    cell = sheet.guarded(text)
    assert sheet.unguarded(cell) == text
    for delimiter in ",;\t":
        written = StringIO(newline="")
        csv.writer(written, quoting=csv.QUOTE_ALL).writerow(["پیش", cell])
        for cells in csv.reader(StringIO(written.getvalue(), newline=""), delimiter=delimiter):
            assert not [each for each in cells if each.lstrip(' \xa0"')[:1] in set("=+-@＝＋－＠")]


def test_no_cell_of_a_file_begins_a_formula() -> None:
    row = Row(document=DOCUMENT, kind="qa", shown={"question": "=1+1", "answer": "\t@x"}, by="-maryam", url="+98")
    [_, cells] = list(csv.reader(StringIO("".join(sheet.write([row])), newline="")))
    assert {"'=1+1", "'\t'@x", "'-maryam", "'+98"} <= set(cells)


@pytest.mark.parametrize("parts", [";", "\t"])
def test_a_sheet_that_a_spreadsheet_saved_its_own_way_is_read(parts: str) -> None:
    header = ["kind", "document", "decision", "edited_answer", "question", "answer"]
    written = StringIO()
    cells = [["qa", str(DOCUMENT), "edit", "بهتر", "چه؟", "بد"], [""] * 6, ["qa", str(DOCUMENT), "", "", "چه؟", "بد"]]
    csv.writer(written, delimiter=parts).writerows([header, *cells])
    [edit, waiting] = [line.row for line in sheet.read(StringIO(written.getvalue(), newline=""))]
    assert edit
    assert edit.text == {"question": "چه؟", "answer": "بهتر"}
    assert waiting
    assert waiting.decision is None


METADATA = {"kind": "qa", "content_sha256": "a" * 64, "by": "maryam"}
FIELDS = {"question": "چه؟", "answer": "این."}
STRANGER = str(uuid.UUID(int=9))
ARGILLA = {
    "nested": {
        "id": str(DOCUMENT),
        "fields": FIELDS,
        "metadata": METADATA,
        "suggestions": {"decision": {"value": "approve", "score": 0.9, "agent": "model"}},
        "responses": {
            "decision": [{"value": "reject", "user_id": STRANGER}, {"value": "approve", "user_id": str(DOCUMENT)}],
            "reason": [{"value": "other", "user_id": STRANGER}],
        },
    },
    "flattened": {
        "id": str(DOCUMENT),
        **FIELDS,
        **METADATA,
        "decision.responses": ["reject", "approve", "edit"],
        "decision.responses.users": [STRANGER, str(DOCUMENT), str(uuid.UUID(int=8))],
        "decision.responses.status": ["submitted", "submitted", "draft"],
        "reason.responses": ["other"],
        "reason.responses.users": [STRANGER],
        "reason.responses.status": ["submitted"],
        "decision.suggestion": "approve",
    },
    "of the API": {
        "id": str(uuid.UUID(int=1)),
        "external_id": str(DOCUMENT),
        "fields": FIELDS,
        "metadata": METADATA,
        "responses": [
            {"values": {"decision": {"value": "reject"}, "reason": {"value": "other"}}, "user_id": STRANGER},
            {"values": {"decision": {"value": "approve"}}, "status": "submitted", "user_id": str(DOCUMENT)},
            {"values": {"decision": {"value": "edit"}}, "status": "discarded", "user_id": STRANGER},
        ],
    },
}


@pytest.mark.parametrize("shape", ARGILLA)
@pytest.mark.parametrize("wrap", ["array", "items", "by id", "lines"])
def test_every_shape_that_argilla_writes_is_read(shape: str, wrap: str) -> None:
    record = ARGILLA[shape]
    wrapped = {"array": [record], "items": {"items": [record]}, "by id": {str(DOCUMENT): record}, "lines": record}[wrap]
    first, second = [line.row for line in argilla.read(StringIO(json.dumps(wrapped) + "\n"))]
    assert first
    assert second
    assert (first.document, first.decision, first.reason, first.by) == (DOCUMENT, "reject", "other", STRANGER)
    assert (second.decision, second.by, second.shown) == ("approve", str(DOCUMENT), FIELDS)


def test_an_answer_under_the_uuid_of_the_one_it_was_sent_out_for_is_theirs() -> None:
    sent = Row(document=DOCUMENT, kind="qa", shown=FIELDS, decision="approve", text=FIELDS, by="maryam")
    [record] = json.loads("".join(argilla.write([sent])))
    record["responses"]["decision"][0]["value"] = "reject"
    record["responses"]["reason"] = [{"value": "other", "user_id": argilla.user_id("maryam")}]
    [line] = argilla.read(StringIO(json.dumps([record])))
    assert line.row
    assert (line.row.by, line.row.decision, line.row.reason) == ("maryam", "reject", "other")


def region(name: str, kind: str, *given: str) -> dict[str, object]:
    inside = "text" if kind == "textarea" else kind
    return {"id": "x1", "from_name": name, "to_name": "answer", "type": kind, "value": {inside: list(given)}}


DATA = {"document": str(DOCUMENT), **FIELDS, **METADATA}
EDIT = [region("decision", "choices", "edit"), region("edited_answer", "textarea", "یک", "دو")]
TASKS = {
    "an address": ({"annotations": [{"result": EDIT, "completed_by": {"email": "a@b.ir", "id": 3}}]}, "a@b.ir"),
    "a number": ({"annotations": [{"result": EDIT, "completed_by": 3, "lead_time": 4.5}]}, None),
    "nobody": ({"annotations": [{"result": EDIT}]}, "maryam"),
    "ours": ({"annotations": [{"result": EDIT, "completed_by": {"email": "zahra@tabib.invalid"}}]}, "zahra"),
    "version 0": ({"completions": [{"result": EDIT, "completed_by": 3}, {"result": [], "skipped": True}]}, None),
    "one skipped": (
        {"annotations": [{"result": [], "was_cancelled": True}, {"result": EDIT, "completed_by": 3}]},
        None,
    ),
}


@pytest.mark.parametrize("shape", TASKS)
def test_every_shape_that_label_studio_writes_is_read(shape: str) -> None:
    task, by = TASKS[shape]
    [line] = label_studio.read(StringIO(json.dumps([{"id": 5, "data": DATA, **task}])))
    assert line.row
    assert (line.row.by, line.row.decision) == (by, "edit")
    assert line.row.text == {"question": "چه؟", "answer": "یک\nدو"}


def test_label_studios_least_json_is_read() -> None:
    made = {"decision": "edit", "edited_answer": {"text": ["یک", "دو"]}, "edited_question": "چه؟"}
    task = DATA | made | {"id": 5, "annotator": 3, "lead_time": 2.5, "created_at": "2026-11-01T10:00:00Z"}
    [line] = label_studio.read(StringIO(json.dumps([task])))
    assert line.row
    assert (line.row.by, line.row.seconds, line.row.text) == (None, 2.5, {"question": "چه؟", "answer": "یک\nدو"})


def test_the_labelling_interface_names_what_tasks_hold() -> None:
    row = Row(document=DOCUMENT, kind="qa", shown=FIELDS, decision="reject", reason="other", by="maryam")
    [task] = json.loads("".join(label_studio.write([row])))
    config = label_studio.config("qa")
    assert all(f'value="${name}"' in config for name in FIELDS)
    result = task["annotations"][0]["result"]
    assert all(f'name="{each["from_name"]}" toName="{each["to_name"]}"' in config for each in result)


FOR_EVER = json.dumps({"document": str(DOCUMENT), "kind": "qa", "seconds": 1e39})
WRONG = {
    "jsonl": [
        '{"document": "x", "kind": "qa"}',
        "[]",
        "nonsense",
        '{"document": 5',
        '{"seconds": NaN}',
        FOR_EVER,
        "[" * 9999,
    ],
    "csv": [f"document,kind,decision\n{DOCUMENT},qa\n", f"document,kind,decision\n{DOCUMENT},qa,yes\n"],
    "argilla": ['[{"id": "x"}]', "[5]", '[{"responses": {"decision": 7}}]', '[{"responses": [{}]}]'],
    "label-studio": ['[{"data": 5, "annotations": [5]}]', "[null]", '[{"data": {}, "annotations": [{"result": 5}]}]'],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_what_is_wrong_is_told_with_its_place_and_without_its_text(name: str, text: str) -> None:
    [line] = formats.named(name).read(StringIO(text, newline=""))
    assert isinstance(line, Line)
    assert line.row is None
    assert line.wrong
    assert line.place[-1] in "12"
    assert "nonsense" not in line.wrong


HALF = f'{{"document": "{DOCUMENT}", "kind": "qa", "shown": {{"question": "\\ud800", "answer": "\\u0000"}}}}'


def test_what_no_database_keeps_is_wrong() -> None:
    [line] = formats.named("jsonl").read(StringIO(HALF))
    assert line.wrong
    assert line.wrong.count("half of a surrogate pair") == 2


@pytest.mark.parametrize("name", ["csv", "argilla", "label-studio"])
@pytest.mark.parametrize("text", ["", "nonsense", "5", "[" * 9999, '"document","kind","decision"\n"open'])
def test_a_file_of_another_kind_is_refused(name: str, text: str) -> None:
    with pytest.raises(UsageError):
        list(formats.named(name).read(StringIO(text, newline="")))


def test_a_format_is_told_by_name_where_one_has_it() -> None:
    assert formats.of("a/b.CSV") is formats.FORMATS["csv"]
    with pytest.raises(UsageError, match="argilla or label-studio"):
        formats.of("a.json")
