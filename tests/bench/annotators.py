"""Annotators over HTTP, for benchmarks: they log in, hold records ahead, decide at a pace, and time what they ask."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import re
import time
import uuid
from collections import Counter, deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import aiohttp
import orjson

PASSWORD = "a password of the benchmark"
BEAT_SECONDS = 15.0
AT_ONCE = 20  # decisions in a request, as static/room/outbox.js has it
FEWEST, LEAST, MOST, SECONDS_AHEAD, PACE_OF = 5, 8, 20, 20, 10  # records at hand, as static/room/held.js has it
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
REASONS = ("too-short", "wrong-answer", "advertisement", "unreadable")


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body's JSON."""
        return orjson.loads(self.body)


class Browser:
    """A browser's connections: kept alive, with cookies, to one origin, whatever else it is called."""

    def __init__(self, base: str) -> None:
        self.base, self.headers = base, {"origin": base}
        jar = aiohttp.CookieJar(unsafe=True)  # of an address that is no name
        timeout = aiohttp.ClientTimeout(60)
        self.session = aiohttp.ClientSession(
            base, cookie_jar=jar, timeout=timeout, connector=aiohttp.TCPConnector(limit=4)
        )

    async def get(self, address: str) -> Answer:
        """The answer to GET. Raises aiohttp.ClientError where none comes."""
        return await self._ask("GET", address)

    async def post(self, address: str, **body: Any) -> Answer:
        """The answer to POST of `json` or `data`, redirections not followed."""
        return await self._ask("POST", address, **body)

    async def _ask(self, method: str, address: str, **body: Any) -> Answer:
        asked = self.session.request(method, address, headers=self.headers, allow_redirects=False, **body)
        async with asked as answer:
            return Answer(answer.status, await answer.read())

    def cookie(self, name: str) -> str:
        """A cookie's value."""
        return next(one.value for one in self.session.cookie_jar if one.key == name)


@dataclass
class Measured:
    """Seconds of each request by its name, what came back besides success, and whose decision each record has."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"claim": [], "decision": []})
    errors: Counter[str] = field(default_factory=Counter)
    decided: list[tuple[str, str]] = field(default_factory=list)

    async def timed(self, name: str, request: Awaitable[Answer]) -> Answer | None:
        """The answer of a request, timed if it succeeds and counted as an error if not."""
        began = time.perf_counter()
        try:
            answer = await request
        except (aiohttp.ClientError, TimeoutError) as error:
            self.errors[type(error).__name__] += 1
            return None
        if not 200 <= answer.status < 300:
            self.errors[f"{name} {answer.status}"] += 1
            return None
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)
        return answer


class Annotator(Protocol):
    """Someone who logs in, works until a moment of time.perf_counter with so many seconds a decision, and leaves."""

    async def enter(self) -> None: ...

    async def work(self, until: float, pace: float) -> None: ...

    async def leave(self) -> None: ...


class AtABrowser:
    """A person with a browser of their own and a chance of their own."""

    def __init__(self, base: str, name: str, measured: Measured) -> None:
        self.http, self.name, self.measured = Browser(base), name, measured
        self.random = random.Random(name)

    async def leave(self) -> None:
        """Close the browser."""
        await self.http.session.close()


class InTheRoom(AtABrowser):
    """Works as the room's page does: decides at once what it holds, sends behind, claims before it runs out."""

    def __init__(self, base: str, name: str, measured: Measured) -> None:
        super().__init__(base, name, measured)
        self.times: deque[float] = deque(maxlen=PACE_OF)
        self.held: deque[dict[str, Any]] = deque()
        self.pending: deque[dict[str, Any]] = deque()
        self.pressed: set[str] = set()

    async def enter(self) -> None:
        """Log in and hold the first records. Raises AssertionError where that fails."""
        page = await self.http.get("/login")
        form = {"csrf": CSRF.findall(page.body.decode())[0], "name": self.name, "password": PASSWORD}
        assert (await self.http.post("/login", data=form)).status == 303
        door = await self.http.get("/room/door")
        self.http.headers["x-csrf"] = door.json()["csrf"]
        await self._fill("first claim")

    async def work(self, until: float, pace: float) -> None:
        """Press keys, send what was pressed, claim and beat, each by itself."""
        parts = (self._press(until, pace), self._send(until), self._claim(until), self._beat(until))
        await asyncio.gather(*parts)
        while self.pending and await self._sent():
            pass

    async def _press(self, until: float, pace: float) -> None:
        while time.perf_counter() < until:
            if self.held and len(self.pending) < AT_ONCE:
                record = self.held.popleft()
                self.pressed.add(record["id"])
                self.times.append(time.perf_counter())
                self.pending.append(self._decision(record))
            await asyncio.sleep(pace * (0.5 + self.random.random()) or 0.001)  # nobody is a metronome

    def _decision(self, record: dict[str, Any]) -> dict[str, Any]:
        chance = self.random.random()
        event = {"key": str(uuid.uuid4()), "kind": "decide", "document": record["id"], "seen": record["seen"]}
        event["seconds"] = round(1 + chance, 1)
        if chance < 0.7:
            return event | {"decision": "approve"}
        if chance < 0.95:
            return event | {"decision": "reject", "reason": self.random.choice(REASONS)}
        typed = {part["name"]: part["shown"] + " ویراسته" for part in record["parts"]}
        return event | {"decision": "edit", "typed": typed}

    async def _send(self, until: float) -> None:
        while time.perf_counter() < until:
            await (self._sent() if self.pending else asyncio.sleep(0.002))

    async def _sent(self) -> bool:
        part = list(itertools.islice(self.pending, AT_ONCE))
        answer = await self.measured.timed("decision", self.http.post("/room/events", json={"events": part}))
        if answer is None:
            return False
        for told in answer.json()["events"]:
            event = self.pending.popleft()
            if told["status"] in ("done", "again"):
                self.measured.decided.append((event["document"], self.name))
            else:
                self.measured.errors[f"decision {told['status']}"] += 1
        return True

    async def _claim(self, until: float) -> None:
        while time.perf_counter() < until:
            if len(self.held) >= max(FEWEST, math.ceil(self._wanted() * 0.6)):
                await asyncio.sleep(0.005)
                continue
            await self._fill("claim")

    def _wanted(self) -> int:
        if len(self.times) < 2:
            return LEAST
        pace = (len(self.times) - 1) / max(self.times[-1] - self.times[0], 0.1)
        return min(MOST, max(LEAST, math.ceil(pace * SECONDS_AHEAD)))

    async def _fill(self, name: str) -> None:
        pending = [event["document"] for event in self.pending]
        have = [record["id"] for record in self.held] + pending
        asked = {"want": self._wanted() + len(pending), "filters": {}, "have": have}
        answer = await self.measured.timed(name, self.http.post("/room/claim", json=asked))
        if answer is not None:
            known = {record["id"] for record in self.held} | self.pressed
            self.held.extend(record for record in answer.json()["records"] if record["id"] not in known)

    async def _beat(self, until: float) -> None:
        while (left := until - time.perf_counter()) > BEAT_SECONDS:
            await asyncio.sleep(min(left, BEAT_SECONDS * (0.5 + self.random.random() / 2)))
            documents = [record["id"] for record in self.held]
            await self.measured.timed("beat", self.http.post("/room/beat", json={"documents": documents}))


class InLabelStudio(AtABrowser):
    """Works as Label Studio's page does: asks for the next task, submits an annotation, asks for the next."""

    async def enter(self) -> None:
        """Log in. Raises AssertionError where that fails."""
        await self.http.get("/user/login/")
        form = {"email": f"{self.name}@example.com", "password": PASSWORD}
        form["csrfmiddlewaretoken"] = self.http.cookie("csrftoken")
        self.http.headers["referer"] = self.http.base
        answer = await self.http.post("/user/login/", data=form)
        assert answer.status == 302, answer.body[:500]
        self.http.headers["x-csrftoken"] = self.http.cookie("csrftoken")

    async def work(self, until: float, pace: float) -> None:
        """The next task, a pause, an annotation."""
        await asyncio.sleep(self.random.random() * pace)
        while (began := time.perf_counter()) < until:
            answer = await self.measured.timed("claim", self.http.get("/api/projects/1/next"))
            if answer is None:
                continue
            await asyncio.sleep(max(0.0, began + pace - time.perf_counter()))
            await self._annotate(answer.json()["id"])

    async def _annotate(self, task: int) -> None:
        choice = {"choices": ["approve" if self.random.random() < 0.7 else "reject"]}
        region = {"from_name": "decision", "to_name": "question", "type": "choices", "value": choice}
        body = {"result": [region], "lead_time": 1.0, "was_cancelled": False}
        address = f"/api/tasks/{task}/annotations/?project=1"
        if await self.measured.timed("decision", self.http.post(address, json=body)) is not None:
            self.measured.decided.append((str(task), self.name))
