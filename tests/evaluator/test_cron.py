"""Cron's moments, against a look at every minute."""

import datetime as dt
from itertools import product

import pytest

from evaluator.cron import cron
from storage.errors import UsageError

NOON = dt.datetime(2026, 11, 5, 12, 0, 30, tzinfo=dt.UTC)  # a Thursday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 22 * * *", "2026-11-05T22:30"),
        ("0 12 * * *", "2026-11-06T12:00"),
        ("* * * * *", "2026-11-05T12:01"),
        ("*/15 * * * *", "2026-11-05T12:15"),
        ("5,50 9-11 * * *", "2026-11-06T09:05"),
        ("0 3 * * 1", "2026-11-09T03:00"),
        ("0 3 * * 7", "2026-11-08T03:00"),
        ("0 3 * * 0", "2026-11-08T03:00"),
        ("0 0 1 1 *", "2027-01-01T00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00"),
        ("0 0 13 * 5", "2026-11-06T00:00"),  # the 13th or a Friday, whichever comes first
        ("10/20 5 * * *", "2026-11-06T05:10"),
    ],
)
def test_the_next_moment(text: str, expected: str) -> None:
    assert cron(text).after(NOON).isoformat(timespec="minutes") == f"{expected}+00:00"


@pytest.mark.parametrize(
    ("minute", "hour", "weekday"), list(product(["7", "*/25", "0,59"], ["*", "3-5", "23"], ["*", "6", "1-5"]))
)
def test_nothing_between_two_moments_fits(minute: str, hour: str, weekday: str) -> None:
    def fits(moment: dt.datetime) -> bool:
        minutes = {"7": {7}, "*/25": {0, 25, 50}, "0,59": {0, 59}}[minute]
        hours = {"*": set(range(24)), "3-5": {3, 4, 5}, "23": {23}}[hour]
        days = {"*": set(range(1, 8)), "6": {6}, "1-5": {1, 2, 3, 4, 5}}[weekday]
        return moment.minute in minutes and moment.hour in hours and moment.isoweekday() in days

    every = (NOON.replace(second=0) + dt.timedelta(minutes=n) for n in range(1, 60 * 24 * 8))
    assert cron(f"{minute} {hour} * * {weekday}").after(NOON) == next(filter(fits, every))


def test_a_moment_itself_is_not_after_it_and_zones_are_turned_to_utc() -> None:
    at = dt.datetime(2026, 11, 5, 22, 30, tzinfo=dt.UTC)
    assert cron("30 22 * * *").after(at) == at + dt.timedelta(days=1)
    tehran = dt.timezone(dt.timedelta(hours=3.5))
    assert cron("30 22 * * *").after(dt.datetime(2026, 11, 6, 1, 59, tzinfo=tehran)) == at


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "five fields"),
        ("nightly", "five fields"),
        ("0 0 * *", "five fields"),
        ("60 0 * * *", "minute is '60'; allowed: 0 to 59"),
        ("0 24 * * *", "hour is '24'"),
        ("0 0 0 * *", "day is '0'; allowed: 1 to 31"),
        ("0 0 * jan *", "month is 'jan'"),
        ("0 0 * * 8", "weekday is '8'"),
        ("5-1 0 * * *", "minute is '5-1'"),
        ("*/0 0 * * *", r"minute is '\*/0'"),
        ("1,,2 0 * * *", "minute is ''"),
        ("۳۰ ۲۲ * * *", "minute is '۳۰'"),
        ("0 " * 5000, "five fields"),
        ("1" * 4000 + " 0 * * *", "five fields"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        cron(text)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(UsageError, match="never comes"):
        cron("0 0 31 2 *").after(NOON)
    assert cron("0 0 29 2 *").after(dt.datetime(2097, 1, 1, tzinfo=dt.UTC)).year == 2104
    leap_sunday = cron("0 0 29 2 */7")
    assert [leap_sunday.after(dt.datetime(year, 3, 1, tzinfo=dt.UTC)).year for year in (2026, 2032, 2088)] == [
        *(2032, 2060, 2128),
    ]
