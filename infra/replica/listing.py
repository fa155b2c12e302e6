"""Numbered pages over a list of records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Numbered(Generic[T]):
    """One page of a listing, counted from 1; `last` is at least 1 even where nothing is listed."""

    items: Sequence[T]
    number: int
    last: int

    @property
    def following(self) -> int | None:
        """The next page's number, None on the last page and past it."""
        return self.number + 1 if self.number < self.last else None

    @property
    def around(self) -> list[int]:
        """The numbers a page bar shows: the first, the last and those near this one."""
        near = range(self.number - 2, self.number + 3)
        return sorted({n for n in (1, *near, self.last) if 1 <= n <= self.last})


def page_of(items: Sequence[T], number: int, size: int) -> Numbered[T]:
    """Page `number` of `items`, `size` a page; empty past the last one."""
    last = max(1, math.ceil(len(items) / size))
    return Numbered(items[(number - 1) * size : number * size], number, last)


def page_number(text: str | None) -> int | None:
    """A page number as a URL has it: 1 where none is given, None where it is no number."""
    if text is None:
        return 1
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1 else None
