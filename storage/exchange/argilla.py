"""Argilla's records: `fields` people read, `responses` they gave, `suggestions` of a model.

Written is what `Dataset.records.to_json` writes and `Record.from_dict` reads (argilla 2.8,
`argilla/src/argilla/records/_resource.py` and `_io/_json.py`; https://docs.argilla.io/latest/how_to_guides/import_export):
an array of records, each with `responses` by question, a list of `{"value", "user_id", "status"}`. A dataset for them
has text fields and questions as `QUESTIONS` names them; our text questions begin with `edited_`.

Read are three shapes more: flattened ones (`to_list(flatten=True)`: `decision.responses`, `decision.responses.users`,
`decision.responses.status`), those of the server's API and of Argilla 1, where a record's `responses` are a list of
`{"values": {"decision": {"value": …}}, "user_id", "status"}` (`FeedbackRecord` names the record in `external_id`), and
`{"items": […]}` or a line each around any of them. Drafts and discarded responses are no decisions.

Argilla names people by UUIDs of its own. Ours is made of the name, and the name stands in the metadata: whoever answers
there under another UUID is unknown here.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from storage.exchange.array import joined, opened
from storage.exchange.row import EDITED, Line, Row, approved, line
from storage.models.base import NAMESPACE

SUFFIX = ".json"
MEDIA = "application/json"
QUESTIONS = ("decision", "reason")
CARRIED = ("kind", "source", "url", "content_sha256", "by", "at", "seconds")
SUBMITTED = (None, "submitted")


def user_id(name: str) -> str:
    """The UUID under which a person's responses are written."""
    return str(uuid.uuid5(NAMESPACE, f"user {name}"))


def write(rows: Iterable[Row]) -> Iterator[str]:
    """An array with a record for each row."""
    return joined(_record(row) for row in rows)


def _record(row: Row) -> dict[str, Any]:
    values = row.model_dump(mode="json")
    return {
        "id": values["document"],
        "fields": row.shown,
        "metadata": {name: values[name] for name in CARRIED if values[name] is not None},
        "suggestions": {},
        "responses": _responses(row) if row.decision else {},
        "vectors": {},
        "_server_id": None,
    }


def _responses(row: Row) -> dict[str, list[dict[str, str]]]:
    given = {"decision": str(row.decision), "reason": row.reason}
    given |= {EDITED + name: text for name, text in (row.text or {}).items()}
    by = {"user_id": user_id(row.by or ""), "status": "submitted"}
    return {name: [{"value": value} | by] for name, value in given.items() if value is not None}


def read(file: TextIO) -> Iterator[Line]:
    """A row for each submitted response of each record, and one without a decision for a record that has none."""
    for number, record in enumerate(opened(file), 1):
        place = f"record {number}"
        if not isinstance(record, dict):
            yield Line(place, wrong="is not a JSON object")
            continue
        try:
            answers = _answers(record)
            yield from (line(place, _values(record, *answer)) for answer in answers)
        except (TypeError, AttributeError, KeyError, ValueError):
            yield Line(place, wrong="is not shaped as a record of Argilla")


Answer = tuple[str | None, dict[str, Any]]
"""A person's UUID, and what they answered by the question's name."""


def _answers(record: Mapping[str, Any]) -> list[Answer]:
    responses = record.get("responses")
    found: list[Answer]
    if isinstance(responses, list):
        found = [
            (str(each["user_id"]), {name: value["value"] for name, value in each["values"].items()})
            for each in responses
            if each.get("status") in SUBMITTED
        ]
    else:
        found = _by_person(_nested(responses) if responses else _flattened(record))
    return found or [(None, {})]


def _nested(responses: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for question, given in responses.items():
        for each in given or ():
            if each.get("status") in SUBMITTED:
                yield str(each["user_id"]), question, each["value"]


def _flattened(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name in [name for name in record if name.endswith(".responses")]:
        values, users = record[name] or [], record.get(f"{name}.users") or []
        statuses = record.get(f"{name}.status") or [None] * len(values)
        for value, user, status in zip(values, users, statuses, strict=True):
            if status in SUBMITTED:
                yield str(user), name.removesuffix(".responses"), value


def _by_person(given: Iterable[tuple[str, str, Any]]) -> list[Answer]:
    people: dict[str, dict[str, Any]] = {}
    for person, question, value in given:
        people.setdefault(person, {})[question] = value
    return list(people.items())


def _values(record: Mapping[str, Any], person: str | None, answer: Mapping[str, Any]) -> dict[str, Any]:
    about = record.get("metadata") or record
    shown = record.get("fields") or {name: record[name] for name in _FIELDS if record.get(name) is not None}
    edited = {name.removeprefix(EDITED): text for name, text in answer.items() if name.startswith(EDITED)}
    values = {name: about.get(name) for name in CARRIED} | {name: answer.get(name) for name in QUESTIONS}
    own = person is not None and about.get("by") is not None and person == user_id(str(about["by"]))
    values |= {} if own else {"by": person, "at": None, "seconds": None}
    values["document"] = record.get("external_id") or record.get("id")
    return values | {"shown": shown, "text": approved(answer.get("decision"), edited, shown)}


_FIELDS = ("question", "answer", "title", "text")
