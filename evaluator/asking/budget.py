"""What asking may cost: calls, tokens and money, held to before a call is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from storage.errors import TabibError

MILLION = 1_000_000
FRAME = 16  # tokens that a chat template adds to a turn, about
HEADROOM = 1.2  # over the densest prompt seen so far


class BudgetSpent(TabibError):
    """A budget is spent; what was answered is kept, and a larger budget goes on. Commands exit 7."""

    exit_code = 7


@dataclass(frozen=True)
class Prices:
    """Money for a million tokens, in whatever currency."""

    read: float = 0.0
    written: float = 0.0

    def of(self, read: float, written: float) -> float:
        """The price of so many tokens."""
        return (read * self.read + written * self.written) / MILLION


@dataclass(frozen=True)
class Spent:
    """What was spent; `calls` are requests, those that failed too."""

    calls: int = 0
    read: int = 0
    written: int = 0
    cost: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls, self.read + other.read, self.written + other.written, self.cost + other.cost
        )

    @property
    def tokens(self) -> int:
        """Those read and those written."""
        return self.read + self.written


@dataclass(frozen=True)
class Limits:
    """The most that may be spent; None for no limit."""

    calls: int | None = None
    tokens: int | None = None
    cost: float | None = None

    def broken(self, spent: Spent) -> str | None:
        """The limit that `spent` is above, in words."""
        if self.calls is not None and spent.calls > self.calls:
            return f"{self.calls} calls"
        if self.tokens is not None and spent.tokens > self.tokens:
            return f"{self.tokens} tokens"
        if self.cost is not None and spent.cost > self.cost + 1e-12:
            return f"a cost of {self.cost:g}"
        return None


class Notes(Protocol):
    """What outlives a kill: see `evaluator.asking.calls`."""

    def note(self, item: str, spent: Spent) -> None:
        """Add to what an item has cost."""


class Budget:
    """Counts what is spent, and what calls on their way may still cost at most.

    A call is allowed only where even its longest reply fits, and is noted before it is sent with what it may cost. How
    many tokens a prompt has is an upper bound: one for each byte, until replies tell how many there are. `stopped` says
    in words which limit ended the asking, `replied` whether anybody ever wrote something. One thread at a time may use
    it.
    """

    def __init__(self, limits: Limits = Limits(), prices: Prices = Prices(), spent: Spent = Spent()) -> None:
        self.limits, self.prices, self.spent = limits, prices, spent
        self.stopped: str | None = None
        self.replied = False
        self._notes: Notes | None = None
        self._held = Spent()
        self._density: float | None = None

    def claim(self, size: int, most: int) -> Spent | None:
        """Hold what a call may cost whose prompt has `size` bytes and whose reply at most `most` tokens.

        None where it does not fit now; `stopped` is set where it would not fit with no call on its way either.
        """
        wanted = self._priced(1, self.bound(size), most)
        if self.limits.broken(self.spent + self._held + wanted) is None:
            self._held += wanted
            return wanted
        if self._held.calls == 0:
            limit, need = self.limits.broken(self.spent + wanted), f"{wanted.tokens:,} tokens"
            self.stopped = f"{limit} has no room for one more call, which may take {need}" if limit else None
        return None

    @contextmanager
    def noted_in(self, notes: Notes) -> Iterator[None]:
        """Have calls noted there while the block runs."""
        before, self._notes = self._notes, notes
        try:
            yield
        finally:
            self._notes = before

    def sent(self, item: str, claimed: Spent) -> None:
        """Note that a call is about to be sent, and what it may cost: whoever is killed now has spent that."""
        if self._notes:
            self._notes.note(item, claimed)

    def settle(self, item: str, claimed: Spent, read: int, written: int) -> None:
        """Count what a call cost in the end, of what was held for it."""
        self.replied = self.replied or written > 0
        if self._notes:
            self._notes.note(item, Spent(0, read - claimed.read, written - claimed.written))
        self._held += Spent(-claimed.calls, -claimed.read, -claimed.written, -claimed.cost)
        if self._held.calls == 0:
            self._held = Spent()  # no crumbs of floating-point sums
        self.spent += self._priced(1, read, written)

    def learn(self, size: int, read: int) -> None:
        """Take note of how many tokens a prompt of `size` bytes had."""
        if read > 0:
            density = max(0, read - FRAME) / max(1, size)
            self._density = max(self._density or 0.0, density)

    def bound(self, size: int) -> int:
        """The most tokens that a prompt of `size` bytes is taken to have."""
        density = 1.0 if self._density is None else min(1.0, self._density * HEADROOM)
        return int(size * density) + FRAME

    def of(self, calls: int, read: int, written: int) -> Spent:
        """So many calls and tokens at this budget's prices."""
        return self._priced(calls, read, written)

    def _priced(self, calls: int, read: int, written: int) -> Spent:
        return replace(Spent(calls, read, written), cost=self.prices.of(read, written))
