"""One budget per host for the whole farm: who may send a request now, and what the host's answers ask for.

The hash `pace:{host}` in Redis holds, in whole milliseconds of Redis' clock where it is a time:

    delay_ms, factor, opens, closes, longest_backoff_ms          asked by the operator      (set_rules)
    crawl_delay_ms                                               asked by robots.txt        (set_crawl_delay)
    latency_ms, failures, failing_since_ms, backoff_until_ms     what the host's answers say          (observe)
    last_ms                                                      when the last request was let go       (grant)

A turn is taken at the moment of sending or not at all, and none is kept for later: a worker that dies loses no one's.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from storage.errors import UsageError

if TYPE_CHECKING:
    from redis import Redis

Field = bytes | bytearray | memoryview | str | int | float
LUA = Path(__file__).parent / "lua"
LONGEST_DELAY = 3600.0
"""A longer one is taken for a slip: at an hour a request, a hundred records would take four days."""
CRAWL_DELAY_AT_MOST = 300.0
"""Heritrix' respectCrawlDelayUpToSeconds: a day a request, which some files ask for, would end the crawl unsaid."""
LEAST_BACKOFF, LONGEST_BACKOFF = 0.25, 600.0
"""After the first of several failures in a row, doubled by each further one, and at most."""
RETRY_AFTER_AT_MOST = 24 * 3600.0
DAY_MINUTES = 24 * 60
ALWAYS = (0, DAY_MINUTES)

NO_ANSWER = 0
"""The status of a request that no answer came to."""
FAILING = frozenset({NO_ANSWER, 429, 500, 502, 503, 504, 522, 524})
"""What says that the host is overburdened or away; 522 and 524 are a proxy's time-outs in front of it."""
MISSING = frozenset({404, 410})
ASKING = frozenset({429, 503})
"""Where Retry-After is about the client's pace (RFC 6585, 4; RFC 9110, 15.6.4)."""


@dataclass(frozen=True)
class PaceState:
    """How a host is treated now; times in seconds. `rule` says what asks for the delay in force."""

    delay: float
    rule: str
    wait: float
    backoff: float
    closed: float
    """Until its hours begin; 0 within them."""
    failures: int
    failing: float
    """Since the first of its failures in a row; 0 while it is well."""
    latency: float

    @property
    def open(self) -> bool:
        """Whether it is the time of day at which the host may be asked."""
        return self.closed == 0


class Pace:
    """One host's budget. Every method is one round trip; redis-py's errors pass through."""

    def __init__(self, server: Redis, host: str) -> None:
        """`host` is the first of its site's: the others are other names of the same machine."""
        self.server, self.key = server, f"pace:{host}"
        self._grant, self._observe, self._state = (
            server.register_script(_source(name)) for name in ("grant", "observe", "state")
        )

    def grant(self) -> float:
        """Take the next turn: 0.0, and the request must go now; or the seconds after which to ask again."""
        return int(self._grant(keys=[self.key])) / 1000

    def observe(self, latency: float, status: int, retry_after: float = 0.0, ago: float | None = None) -> float:
        """Learn from an answer that took `latency` seconds, to a request sent `ago` seconds ago.

        `status` is NO_ANSWER where there was none. Without `ago`, the answer came just now. Returns for how long the
        host has been failing, 0.0 where it is well.
        """
        sent = latency if ago is None else ago
        asked = retry_after if status in ASKING else 0.0
        arguments = [_ms(latency), _ms(sent), _outcome(status), _ms(min(asked, RETRY_AFTER_AT_MOST))]
        limits = [_ms(LEAST_BACKOFF), _ms(LONGEST_BACKOFF)]
        return int(self._observe(keys=[self.key], args=[*arguments, *limits])) / 1000

    def set_rules(
        self,
        delay: float | None = None,
        factor: float | None = None,
        hours: tuple[int, int] | None = None,
        longest_backoff: float | None = None,
    ) -> None:
        """What the operator asks for; None leaves a rule as it is.

        `delay` and `longest_backoff` are seconds, `factor` is times the mean response time (1: on average one request
        under way, as Scrapy's AUTOTHROTTLE_TARGET_CONCURRENCY; 0: off), `hours` is the minutes of the UTC day at which
        the host opens and closes, past midnight too, or ALWAYS. Raises UsageError for what makes no sense.
        """
        _check("delay", delay, LONGEST_DELAY)
        _check("factor", factor, 100)
        _check("longest backoff", longest_backoff, RETRY_AFTER_AT_MOST)
        times = {"delay_ms": delay, "longest_backoff_ms": longest_backoff}
        asked: dict[Field, Field] = {name: _at_least_ms(s) for name, s in times.items() if s is not None}
        if factor is not None:
            asked["factor"] = factor
        if hours is not None:
            asked.update(_window(hours))
        with self.server.pipeline() as pipe:
            if hours == ALWAYS:
                pipe.hdel(self.key, "opens", "closes")
            if asked:
                pipe.hset(self.key, mapping=asked)
            pipe.execute()

    def set_crawl_delay(self, seconds: float | None) -> None:
        """What the host's robots.txt asks for, None for nothing; no more than CRAWL_DELAY_AT_MOST is heeded."""
        if seconds is None:
            self.server.hdel(self.key, "crawl_delay_ms")
        else:
            self.server.hset(self.key, "crawl_delay_ms", str(_at_least_ms(min(seconds, CRAWL_DELAY_AT_MOST))))

    def state(self) -> PaceState:
        """How the host is treated at this moment."""
        interval, rule, wait, backoff, closed, failures, failing, latency = self._state(keys=[self.key])
        wait, backoff, closed, failing = (value / 1000 for value in (wait, backoff, closed, failing))
        return PaceState(interval / 1000, rule.decode(), wait, backoff, closed, failures, failing, latency / 1000)


def retry_after(value: str, answered: dt.datetime) -> float:
    """The seconds that a Retry-After header asks for, 0.0 where it says nothing that can be understood.

    Either a number of seconds or an HTTP date (RFC 9110, 10.2.3), which is held against `answered`: the answer's own
    Date, so that neither clock need be right. At most RETRY_AFTER_AT_MOST.
    """
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,100}", text):
        return min(float(text), RETRY_AFTER_AT_MOST)
    until = http_date(text)
    return 0.0 if until is None else min(max((until - answered).total_seconds(), 0.0), RETRY_AFTER_AT_MOST)


def http_date(value: str) -> dt.datetime | None:
    """An HTTP date in any of its three forms (RFC 9110, 5.6.7), None for anything else."""
    try:
        found = parsedate_to_datetime(value[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def is_well(status: int) -> bool:
    """Whether the answer shows a host that serves what it has; a refusal, as 403, shows neither that nor a failure."""
    return 200 <= status < 400 or status in MISSING


def _outcome(status: int) -> Literal["well", "failing", "neither"]:
    if status in FAILING:
        return "failing"
    return "well" if is_well(status) else "neither"


def _window(hours: tuple[int, int]) -> dict[Field, Field]:
    if hours == ALWAYS:
        return {}
    opens, closes = hours
    if not (0 <= opens < DAY_MINUTES and 0 <= closes <= DAY_MINUTES) or opens == closes % DAY_MINUTES:
        raise UsageError(f"hours {opens}-{closes} are not two different minutes of a day, from 0 to {DAY_MINUTES}")
    return {"opens": opens, "closes": closes % DAY_MINUTES}


def _check(name: str, value: float | None, at_most: float) -> None:
    if value is not None and not (math.isfinite(value) and 0 <= value <= at_most):
        raise UsageError(f"{name} {value:g} is not between 0 and {at_most:g}")


def _ms(seconds: float) -> int:
    """Rounded down: what is held against a time that is rounded down must not be rounded up."""
    return math.floor(seconds * 1000)


def _at_least_ms(seconds: float) -> int:
    """Rounded up, but for the noise of floating point: a delay is a promise."""
    return math.ceil(round(seconds * 1000, 6))


@cache
def _source(name: str) -> str:
    files = (LUA / "prelude" / "pace.lua", LUA / "pace" / f"{name}.lua")
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
