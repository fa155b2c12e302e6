"""What is put to a model, what it writes back, and what writes: a model's folder or an endpoint."""

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from evaluator.asking.budget import Budget
from storage.errors import UsageError

REFUSED, NO_ROOM = "refused", "no room"


class Turn(NamedTuple):
    """One turn of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


class Asked(NamedTuple):
    """What a prompt asks, before it was put in words: a question and its options by the letters that are shown."""

    question: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Prompt:
    """What is put to a model for one item; `seed` decides what is drawn where the temperature is above 0.

    `asked` is what whoever puts it in other words begins with; None where that is the last turn as it stands.
    """

    item: str
    turns: tuple[Turn, ...]
    seed: int = 0
    asked: Asked | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """What no row could keep is replaced before anybody is asked."""
        object.__setattr__(self, "turns", tuple(Turn(t.role, storable(t.content)) for t in self.turns))

    @property
    def text(self) -> str:
        """As its row keeps it: a single turn as it stands, several as JSON."""
        if len(self.turns) == 1:
            return self.turns[0].content
        return json.dumps([t._asdict() for t in self.turns], ensure_ascii=False)

    @property
    def size(self) -> int:
        """Bytes of UTF-8."""
        return sum(len(t.content.encode()) for t in self.turns)


@dataclass(frozen=True)
class Sampling:
    """How a reply is written: at most so many tokens; at temperature 0 the likeliest one each time."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 1024

    def __post_init__(self) -> None:
        """Raises UsageError for values that no sampler takes."""
        if not 0 <= self.temperature <= 10:
            raise UsageError(f"the temperature is {self.temperature}: it must be 0, or more up to 10")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top-p is {self.top_p}: it must be above 0 and at most 1")
        if self.max_new_tokens < 1:
            raise UsageError(f"a reply of {self.max_new_tokens} tokens is none: give 1 or more")

    @property
    def settings(self) -> dict[str, object]:
        """What of it changes an answer: with the likeliest token each time, top-p does not."""
        drawn = {"top_p": self.top_p} if self.temperature else {}
        return {"temperature": self.temperature, "max_new_tokens": self.max_new_tokens, **drawn}


@dataclass(frozen=True)
class Reply:
    """What a model wrote.

    `finish` is `stop` where it ended by itself, `length` where it was cut, REFUSED where an endpoint takes this prompt
    alone not, NO_ROOM where the prompt fills the model's context; an endpoint may say other words. `read` and `written`
    count tokens, `calls` the requests it took, `seconds` runs from the asking to the last token. `facts` are whatever
    else is known: the device, how many were written at once, what model answered.
    """

    text: str
    finish: str
    read: int
    written: int
    seconds: float
    calls: int = 1
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> dict[str, Any]:
        """What a row keeps of it."""
        counted = {"read": self.read, "written": self.written, "calls": self.calls}
        said = {"text": storable(self.text), "finish": self.finish, "tokens": counted}
        return said | {"seconds": round(self.seconds, 4), **self.facts}


class Written(NamedTuple):
    """A reply and what it replies to."""

    prompt: Prompt
    reply: Reply


Writing = Generator[list[Written], None, None]
"""Replies as they come; whoever stops listening closes it, and no further prompt is asked."""


class Writer(Protocol):
    """A model that writes. Its identity is known before it is loaded or asked."""

    @property
    def label(self) -> str:
        """What the model is called."""

    @property
    def sha256(self) -> str:
        """What tells it from every other model."""

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:
        """Replies as they come, in any order, all that came together in one list.

        Ends early where the budget is spent. Raises TabibError where it cannot go on: what it gave before is good.
        """


def turn(text: str) -> tuple[Turn, ...]:
    """A conversation of one turn, the user's."""
    return (Turn("user", text),)


def seed_of(*parts: object) -> int:
    """A seed of 31 bits, which every sampler takes, from whatever tells this draw from every other."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


def storable(text: str) -> str:
    """The text without what PostgreSQL keeps not: NUL and halves of surrogate pairs become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
