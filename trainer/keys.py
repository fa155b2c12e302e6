"""Keys of a recipe that nothing knows, each with the nearest one that is known."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

MOST, LONGEST = 20, 60  # keys of a block that are told, and characters of one


def misspelt(block: type[BaseModel], data: object, place: str = "") -> list[str]:
    """One line for each key of `data`, at whatever depth, that `block` and the blocks in it do not have.

    A block's own REFUSED says why it does not take a key that its library has.
    """
    if not isinstance(data, dict):
        return []
    fields = {field.alias or name: field.annotation for name, field in block.model_fields.items()}
    refused: dict[str, str] = getattr(block, "REFUSED", {})
    found = [f"{place}{key}: not taken, {refused[key]}" for key in data if key in refused]
    found += unknown_keys({key: data[key] for key in data if key not in refused}, fields, place)
    for key, annotation in fields.items():
        inner = _block_in(annotation)
        if inner and key in data:
            for number, value in _values(data[key]):
                found += misspelt(inner, value, f"{place}{key}{number}.")
    return found


def unknown_keys(data: dict[Any, Any], known: Iterable[str], place: str) -> list[str]:
    """One line for each key of `data` that is not among `known`."""
    names = sorted(known)
    strange = [str(key)[:LONGEST] for key in data if key not in names]
    lines = []
    for key in strange[:MOST]:
        close = get_close_matches(key, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(names[:12])}"
        lines.append(f"{place}{key}: no such key, {hint}")
    return [*lines, *([f"{place}…: {len(strange) - MOST} more keys that are none"] if len(strange) > MOST else [])]


def _values(value: object) -> list[tuple[str, object]]:
    if isinstance(value, list):
        return [(f".{number}", item) for number, item in enumerate(value)]
    return [("", value)]


def _block_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_block_in(argument) for argument in get_args(annotation))
    return next((block for block in inner if block), None)
