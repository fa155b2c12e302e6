"""How an endpoint is asked: how much at once, how fast, how patiently."""

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass

from storage.errors import UsageError

MINUTE = 60.0
SHORTEST, LONGEST = 1.0, 30.0  # seconds between two attempts, doubled each time from the one up to the other
WAITED_FOR = 120.0  # an endpoint that asks for a longer pause is not waited for: a quota is spent


@dataclass(frozen=True)
class Manners:
    """`timeout` is of one request as a whole, in seconds; `attempts` how often a prompt is tried at most.

    The pauses between eight attempts come to more than a minute, in which most rates have begun anew.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: float = 300.0
    attempts: int = 8

    def __post_init__(self) -> None:
        """Raises UsageError for what is not above 0."""
        for name, value in vars(self).items():
            if value is not None and not value > 0:
                raise UsageError(f"{name.replace('_', ' ')} is {value}: it must be above 0")


def pause(attempt: int, asked: float | None) -> float:
    """Seconds to wait after the attempt of that number, from 1: what was asked for, else doubling, both with jitter.

    Jitter keeps many prompts that failed together from coming back together.
    """
    grown = min(LONGEST, SHORTEST * 2 ** (attempt - 1))
    jitter = random.random()  # noqa: S311  no secret hangs on it
    return grown * (0.5 + jitter / 2) if asked is None else asked + SHORTEST * jitter


class Window:
    """At most `limit` in any minute. What alone is more than that goes when nothing else went for a minute."""

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self._gone: deque[list[float]] = deque()  # when, how much

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may go; 0 where it may now."""
        if self.limit is None:
            return 0.0
        while self._gone and self._gone[0][0] <= now - MINUTE:
            self._gone.popleft()
        over, until = sum(much for _, much in self._gone) + amount - self.limit, now
        for when, much in self._gone:
            if over <= 0:
                break
            over, until = over - much, when + MINUTE
        return until - now

    def take(self, amount: float, now: float) -> list[float]:
        """Note that it goes; the entry may be corrected when the amount is known better."""
        entry = [now, amount]
        if self.limit is not None:
            self._gone.append(entry)
        return entry


class Pace:
    """Lets requests go no faster than the manners and the endpoint allow."""

    def __init__(self, manners: Manners) -> None:
        self._requests, self._tokens = Window(manners.requests_per_minute), Window(manners.tokens_per_minute)
        self._held_until = 0.0

    async def go(self, tokens: int) -> list[float]:
        """Wait for a request of at most so many tokens to be allowed; the entry is for `correct`."""
        while (wait := self._wait(tokens)) > 0:
            await asyncio.sleep(wait)
        now = time.monotonic()
        self._requests.take(1, now)
        return self._tokens.take(tokens, now)

    def correct(self, entry: list[float], tokens: int) -> None:
        """The request had so many tokens in the end."""
        entry[1] = tokens

    def hold(self, seconds: float) -> None:
        """Let nothing go for so long: the endpoint asked for it."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)

    def _wait(self, tokens: int) -> float:
        now = time.monotonic()
        return max(self._held_until - now, self._requests.wait(1, now), self._tokens.wait(tokens, now))
