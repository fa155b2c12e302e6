"""Moments as cron writes them: minute, hour, day of the month, month, day of the week, in UTC."""

import datetime as dt
import re
from dataclasses import dataclass

from storage.errors import UsageError

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)
LONGEST = 200  # characters
FORM = "minute hour day month weekday in UTC, as '30 22 * * *'"
YEARS = 41  # a 29th of February that is a Sunday may be 40 years away, around 2100


@dataclass(frozen=True)
class Cron:
    """The numbers that each field may have; `either` where a day of the month or of the week is enough."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def after(self, moment: dt.datetime) -> dt.datetime:
        """The first minute after `moment`, which has a zone. Raises UsageError where there is none."""
        start = moment.astimezone(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
        for day in (start.date() + dt.timedelta(days=n) for n in range(YEARS * 366)):
            if self._has(day):
                first = start.time() if day == start.date() else dt.time()
                for time in (dt.time(hour, minute) for hour in self.hours for minute in self.minutes):
                    if time >= first:
                        return dt.datetime.combine(day, time, dt.UTC)
        raise UsageError("the schedule names a day that never comes")

    def _has(self, day: dt.date) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week


def cron(text: str) -> Cron:
    """The moments that `text` names: numbers, `*`, ranges `1-5`, steps `*/15`, lists `0,30`; Sunday is 0 and 7.

    As in cron, where both days are restricted either is enough. Raises UsageError naming the field that is wrong.
    """
    fields = text.split()
    if len(fields) != len(FIELDS) or len(text) > LONGEST:
        raise UsageError(f"--cron is {text[:LONGEST]!r}; it has five fields: {FORM}")
    named = zip(fields, FIELDS, strict=True)
    minutes, hours, days, months, weekdays = (_numbers(field, *of) for field, of in named)
    both = not fields[2].startswith("*") and not fields[4].startswith("*")
    week = frozenset(day % 7 for day in weekdays)
    return Cron(tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months), week, both)


def _numbers(field: str, name: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise _wrong(name, part, least, most)
        first, last, step = match.groups()
        low = least if first is None else int(first)
        high = int(last) if last else most if first is None or step else low
        if not least <= low <= high <= most or (step and not int(step)):
            raise _wrong(name, part, least, most)
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _wrong(name: str, part: str, least: int, most: int) -> UsageError:
    return UsageError(f"--cron: {name} is {part!r}; allowed: {least} to {most}, as 5, 1-5, */15 or 0,30 ({FORM})")
