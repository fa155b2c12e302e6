"""One line of a recipe: what a step is given, checked whole, with every error in it and the nearest right name."""

import re
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from cleaning.record import FIELDS
from cleaning.steps import Sort, StepKind, registry
from storage.errors import unknown

LEADS_TO = {
    "drop": "the record is dropped; what the steps after it find changes nothing. So where `then` is not given",
    "review": "a person decides, unless another filter drops it",
    "pass": (
        "takes back the reviews asked for before it, so that what only they stopped is kept; what another filter drops "
        "is dropped all the same, and the filters after it may ask for a review again. Not of a corpus filter"
    ),
}
"""What may stand after `then`, and what a filter's finding leads to by it: see `cleaning.judge.rule`."""
ALL_FIELDS = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))


def step_line(item: object) -> tuple[dict[str, Any] | None, list[str]]:
    """What a `cleaning.recipe.Step` is made of, by name; or None, and all that is wrong with the line."""
    if isinstance(item, str):
        item = {item: {}}
    if not isinstance(item, dict) or len(item) != 1:
        return None, ["must be a step's name, or one name with its parameters"]
    name, given = next(iter(item.items()))
    if name not in registry():
        return None, [str(unknown("cleaning step", str(name), registry()))]
    if not isinstance(given, dict):
        return None, [f"{name} takes a mapping of parameters, not {type(given).__name__}"]
    kind = registry()[name]
    own = {"source"} | ({"fields"} if kind.sort in (Sort.TRANSFORM, Sort.EXTRACT) else {"then"})
    common = {key: value for key, value in given.items() if key in own}
    parameters = {key: value for key, value in given.items() if key not in own}
    errors = _common_errors(kind, common) + _unsourced(kind, given)
    try:
        checked = kind.parameters.model_validate(parameters)
    except ValidationError as error:
        known = [*kind.parameters.model_fields, *sorted(own)]
        errors += [_describe(name, dict(e), known) for e in error.errors()]
    if errors:
        return None, errors
    given_fields = {"fields": tuple(common.pop("fields", ALL_FIELDS))}
    return {"kind": kind, "parameters": checked.model_dump()} | given_fields | common, []


def _common_errors(kind: StepKind, common: dict[str, Any]) -> list[str]:
    name, errors = kind.name, []
    if common.get("then", "drop") not in LEADS_TO:
        errors.append(f"{name}: then must be one of {', '.join(LEADS_TO)}, not {common['then']!r}")
    if common.get("then") == "pass" and kind.sort == Sort.CORPUS:
        errors.append(f"{name}: a corpus filter cannot pass what the steps before it asked a review for")
    source = common.get("source", "none")
    if not isinstance(source, str) or not source.strip():
        errors.append(f"{name}: source must be a text that says where the thresholds come from")
    fields = common.get("fields", list(ALL_FIELDS))
    if not isinstance(fields, list) or not fields:
        return [*errors, f"{name}: fields must be a list of {', '.join(ALL_FIELDS)}"]
    return errors + [unknown_key(name, str(field), ALL_FIELDS, "field") for field in fields if field not in ALL_FIELDS]


def _unsourced(kind: StepKind, given: dict[str, Any]) -> list[str]:
    """Whether it has numbers or lists, other than it has anyway, and no source."""
    known = kind.parameters.model_fields
    numbers = [
        f"{key} {value}"
        for key, value in given.items()
        if key in known and isinstance(value, int | float | list) and not isinstance(value, bool)
        if value != known[key].default
    ]
    if not numbers or "source" in given:
        return []
    told = " and ".join(numbers)
    return [f"{kind.name}: add `source`: where {told} comes from, such as a paper, a measurement, or `set by eye`"]


def _describe(step: str, error: dict[str, Any], known: list[str]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return unknown_key(step, key, known)
    if error["type"] == "literal_error":
        allowed = re.findall("'(.+?)'", error["ctx"]["expected"])
        return unknown_key(step, str(error["input"]), allowed, str(error["loc"][0]).removesuffix("s"))
    return f"{step}: {key}: {str(error['msg']).removeprefix('Value error, ')}"


def unknown_key(owner: str, key: str, known: list[str] | tuple[str, ...], what: str = "key") -> str:
    """That nothing is named so, with what there is."""
    close = nearest(key, known)
    hint = f" Did you mean {close}?" if close else ""
    return f"{owner}: no {what} is named {key!r}.{hint} There are: {', '.join(known)}"


def nearest(key: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The name that was meant, in whatever case; all that are known are in lower case."""
    return next(iter(get_close_matches(key.lower(), known, n=1)), None)
