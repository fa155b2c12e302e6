"""The hours of the day at which a site may be asked, as an operator writes them: 22:00-05:30, UTC."""

from __future__ import annotations

import re

from storage.errors import UsageError

_HOURS = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d))?-([01]?\d|2[0-4])(?::([0-5]\d))?")


def minutes(text: str) -> tuple[int, int]:
    """The minutes of the UTC day at which a window opens and closes; it may go past midnight.

    Raises UsageError for what is no window.

    >>> minutes("22-5:30")
    (1320, 330)
    """
    found = _HOURS.fullmatch(text.strip())
    opens, closes = (
        (int(found[1]) * 60 + int(found[2] or 0), int(found[3]) * 60 + int(found[4] or 0)) if found else (0, 0)
    )
    if not found or closes > 24 * 60 or opens == closes % (24 * 60):
        raise UsageError(f"--hours {text!r} is no window of the day in UTC, as 22:00-05:30")
    return opens, closes
