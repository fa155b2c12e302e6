"""Label Studio's tasks: `data` people read, `annotations` they made.

Written is what its import takes and its export JSON is (https://labelstud.io/guide/task_format and
https://labelstud.io/guide/tasks): an array of tasks, each annotation with a `result` of `choices` for the decision and
the reason and of a `textarea` for each text. `CONFIG` is the labelling interface that fits.

`completed_by` is written as `{"email": …}`, for Label Studio finds people by their addresses
(`label_studio/tasks/serializers.py`, `_insert_valid_completed_by`, 1.23) and refuses a file with an address of none of
its people: make users of these addresses there, or set its ALLOW_IMPORT_TASKS_WITH_UNKNOWN_EMAILS.

Read are all its shapes: `completed_by` as a number, which names nobody here, as an object with `email`, or not there;
`completions` of version 0.x; `was_cancelled` or `skipped` annotations, which are no decisions; and JSON_MIN, flat
(`convert_to_json_min` of label-studio-sdk's converter: the data beside `decision`, `reason`, `annotator`, `lead_time`,
one choice or text as a string, several as a list).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from storage.exchange.array import joined, opened
from storage.exchange.row import EDITED, Line, Row, approved, line
from storage.models import Decision
from storage.review.words import EDITABLE, REASONS

SUFFIX = ".json"
MEDIA = "application/json"
CARRIED = ("document", "kind", "source", "url", "content_sha256", "by", "at")
DOMAIN = "@tabib.invalid"  # RFC 2606: an address there is nobody's
_FIELDS = tuple(dict.fromkeys(name for names in EDITABLE.values() for name in names))


def address(name: str) -> str:
    """The address under which Label Studio may know a person."""
    return name + DOMAIN


def config(kind: str) -> str:
    """The labelling interface for records of a kind: https://labelstud.io/tags."""
    texts = "".join(
        f'  <Text name="{name}" value="${name}"/>\n  <TextArea name="{EDITED}{name}" toName="{name}"/>\n'
        for name in EDITABLE[kind]
    )
    first = EDITABLE[kind][0]
    return f"<View>\n{texts}{_choices('decision', Decision, first)}{_choices('reason', REASONS, first)}</View>\n"


def _choices(name: str, values: Iterable[str], to: str) -> str:
    inside = "".join(f'<Choice value="{value}"/>' for value in values)
    return f'  <Choices name="{name}" toName="{to}" choice="single">{inside}</Choices>\n'


def write(rows: Iterable[Row]) -> Iterator[str]:
    """An array with a task for each row."""
    return joined(_task(row) for row in rows)


def _task(row: Row) -> dict[str, Any]:
    values = row.model_dump(mode="json")
    data = row.shown | {name: values[name] for name in CARRIED if values[name] is not None}
    return {"data": data, "annotations": [_annotation(row, values)] if row.decision else [], "predictions": []}


def _annotation(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    made = {"result": list(_result(row)), "was_cancelled": False, "ground_truth": False, "lead_time": row.seconds}
    by = {"completed_by": {"email": address(row.by)}} if row.by else {}
    return made | by | ({"created_at": values["at"]} if row.at else {})


def _result(row: Row) -> Iterator[dict[str, Any]]:
    first = EDITABLE[row.kind][0]
    for name, choice in (("decision", row.decision), ("reason", row.reason)):
        if choice is not None:
            yield _region(name, first, "choices", [str(choice)])
    for name, text in (row.text or {}).items():
        yield _region(EDITED + name, name, "textarea", [text])


def _region(name: str, to: str, kind: str, value: list[str]) -> dict[str, Any]:
    inside = "text" if kind == "textarea" else kind
    return {"id": name, "from_name": name, "to_name": to, "type": kind, "value": {inside: value}}


def read(file: TextIO) -> Iterator[Line]:
    """A row for each annotation of each task, and one without a decision for a task that has none."""
    for number, task in enumerate(opened(file), 1):
        place = f"task {number}"
        try:
            for values in _annotated(task):
                yield line(place, values)
        except (TypeError, AttributeError, KeyError, ValueError):
            yield Line(place, wrong="is not shaped as a task of Label Studio")


def _annotated(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "data" not in task:
        yield _values(task, {name: _plain(task[name]) for name in task}, task.get("annotator"), task)
        return
    annotations = task.get("annotations", task.get("completions")) or []
    made = [each for each in annotations if not (each.get("was_cancelled") or each.get("skipped"))]
    for each in made:
        yield _values(task["data"], _answer(each["result"]), each.get("completed_by"), each)
    if not made:
        yield _values(task["data"], {}, None, {})


def _answer(result: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for region in result:
        value = region["value"]
        given = value.get("choices", value.get("text"))
        if given is not None:
            answer[region["from_name"]] = _plain(given)
    return answer


def _plain(given: Any) -> Any:
    """One string of what may be a list of them: texts that a person added one after another are its lines."""
    if isinstance(given, dict):
        return _plain(given.get("choices", given.get("text")))
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return "\n".join(given)
    return given


def _values(
    data: Mapping[str, Any], answer: Mapping[str, Any], by: Any, annotation: Mapping[str, Any]
) -> dict[str, Any]:
    shown = {name: data[name] for name in _FIELDS if data.get(name) is not None}
    edited = {name: answer[EDITED + name] for name in _FIELDS if answer.get(EDITED + name) is not None}
    values = {name: data.get(name) for name in CARRIED}
    values |= {"decision": answer.get("decision"), "reason": answer.get("reason")}
    values["seconds"] = annotation.get("lead_time")
    values |= {"by": _person(by, data.get("by"), annotation), "at": annotation.get("created_at", data.get("at"))}
    return values | {"shown": shown, "text": approved(answer.get("decision"), edited, shown)}


def _person(by: Any, own: Any, annotation: Mapping[str, Any]) -> str | None:
    if isinstance(by, dict):
        by = by.get("email")
        if by is None:
            return None  # its number there is nobody's name here
    if by is None:
        return own if annotation else None
    if isinstance(by, int) or str(by).isdigit():
        return None
    return str(by).removesuffix(DOMAIN)
