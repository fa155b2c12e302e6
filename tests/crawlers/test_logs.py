"""Log lines say no word of a page, and as JSON are one object each."""

import json
import logging

import pytest

from crawlers.hours import minutes
from crawlers.logs import Discreet, Lines
from storage.errors import UsageError

URL = "https://drhast.com/q/1/%D8%AF%D8%B1%D8%AF"


def record(message: str, *values: object, error: bool = False) -> logging.LogRecord:
    raised = (ValueError, ValueError("متن"), None) if error else None
    return logging.LogRecord("crawlers", logging.WARNING, "x.py", 1, message, values, raised)


def test_a_line_is_one_json_object() -> None:
    line = record("failed\n%d of %s", 500, URL)
    Discreet().filter(line)
    told = json.loads(Lines().format(line))
    assert "\n" not in Lines().format(line)
    assert (told["level"], told["logger"]) == ("WARNING", "crawlers")
    assert told["message"] == "failed\n500 of https://drhast.com/q/1/…"
    assert told["at"].endswith("+00:00")


def test_an_error_is_named_and_not_quoted() -> None:
    line = record("it broke", error=True)
    Discreet().filter(line)
    assert json.loads(Lines().format(line))["message"] == "it broke (ValueError)"
    assert "متن" not in Lines().format(line)


@pytest.mark.parametrize(
    ("text", "window"),
    [("22:00-05:30", (1320, 330)), ("0-24", None), ("9-17", (540, 1020)), ("20:30-24", (1230, 1440))],
)
def test_hours_of_the_day(text: str, window: tuple[int, int] | None) -> None:
    if window is None:
        with pytest.raises(UsageError, match="no window of the day"):
            minutes(text)
    else:
        assert minutes(text) == window


@pytest.mark.parametrize("text", ["", "x", "25-3", "3", "3-3", "22:60-3", "24:30-3", "3-24:01", "-1-3"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no window of the day"):
        minutes(text)
