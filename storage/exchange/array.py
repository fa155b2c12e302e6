"""Arrays of JSON objects: written piece by piece, read whole, in one of the shapes that tools wrap them in."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from storage.errors import UsageError

WRAPPERS = ("items", "records", "tasks", "results")
"""Names under which the answers of APIs hold a page of objects."""


def joined(objects: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The pieces of an array, an object a line."""
    before = "[\n"
    for each in objects:
        yield before + json.dumps(each, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def opened(file: TextIO) -> list[Any]:
    """The members of an array, of what wraps one, of an object by id, or of lines; whatever they are.

    Raises UsageError for a file that is none of them, with the line where it breaks.
    """
    text = file.read()
    try:
        return _members(json.loads(text))
    except RecursionError:
        raise UsageError("the file nests too deep: nothing was taken") from None
    except ValueError as error:
        return _lines(text, error)


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        wrapped: list[Any] | None = next((value[name] for name in WRAPPERS if isinstance(value.get(name), list)), None)
        if wrapped is not None:
            return wrapped
        one = any(name in value for name in ("data", "fields", "id"))
        return [value] if one else list(value.values())
    if isinstance(value, list):
        return value
    raise UsageError("the file is JSON, but holds no list of objects: nothing was taken")


def _lines(text: str, error: ValueError) -> list[Any]:
    try:
        found = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"the file is not JSON{where}: nothing was taken") from None
    if not found:
        raise UsageError("the file is empty: nothing was taken")
    return found
