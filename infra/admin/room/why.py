"""Why a record is here, in plain words: the finding that sent it, and what every filter measured."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.admin.language import Words, number, share, words
from storage.models import Verdict
from storage.verdicts import BEFORE

SHARES = {"share", "minimum_share", "low", "high"}
"""Figures that are told in percent. Others, as `similarity`, are told as they are."""
NOT_TOLD = {"version"}  # a hash tells a reader nothing


def finding(verdict: Verdict | None, language: str) -> str:
    """One sentence; the reason's name and figures where the catalogue has no words for it."""
    said = words(language)
    if verdict is None or verdict.reason is None:
        return said["room"]["no_why"]
    template, field = _template(said, verdict.reason)
    figures = _figures(verdict.measure, language)
    try:
        return (
            _sentence((template or "").format_map(figures | {"field": field}))
            if template
            else _bare(verdict.reason, figures)
        )
    except KeyError:
        return _bare(verdict.reason, figures)


def figures(verdict: Verdict | None, language: str) -> list[str]:
    """A line a filter: its name, the field it looked at, its figures."""
    if verdict is None:
        return []
    return [_line(key, found, language) for key, found in verdict.measurement.figures.items()]


def _figures(measure: Mapping[str, Any], language: str) -> dict[str, str]:
    """The figures as they are told; a limit of a share is a share."""
    limits = {"minimum", "maximum"} if "share" in measure else set()
    told = {name: value for name, value in measure.items() if name != BEFORE}
    return {name: _told("share" if name in limits else name, value, language) for name, value in told.items()}


def _template(said: Words, reason: str) -> tuple[str | None, str]:
    kind, _, field = reason.partition("_")
    if reason in said["why"]:
        return said["why"][reason], ""
    return said["why"].get(kind), said["fields"].get(field, field)


def _line(key: str, found: Mapping[str, Any], language: str) -> str:
    said, comma = words(language), "، " if language == "fa" else ", "
    name, _, parameters = key.partition("(")
    given = dict(part.partition("=")[::2] for part in parameters.rstrip(")").split(", ") if "=" in part)
    fields = said["fields"].get(given.get("field", ""), "")
    title = " ".join(filter(None, (said["steps"].get(name, name), fields and f"({fields})")))
    return f"{title}: {comma.join(_pairs(found, language))}"


def _pairs(found: Mapping[str, Any], language: str) -> Iterator[str]:
    names = words(language)["figures"]
    for name, value in found.items():
        if name not in NOT_TOLD:
            yield f"{names.get(name, name)} {_told(name, value, language)}"


def _told(name: str, value: object, language: str) -> str:
    if isinstance(value, float) and name in SHARES:
        return share(language, value)
    if isinstance(value, list):
        return number(language, len(value))
    return number(language, value)


def _bare(reason: str, figures: Mapping[str, str]) -> str:
    told = "; ".join(f"{name} {value}" for name, value in figures.items())
    return f"{reason}: {told}" if told else reason


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
