"""An endpoint that does what a test tells it, down to the bytes: late, broken, half, or well."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evaluator.asking import Prompt, turn

MODELS: dict[str, Any] = {
    "object": "list",
    "data": [{"id": "tiny", "object": "model", "owned_by": "tests", "created": 1}],
}


@dataclass(frozen=True)
class Request:
    """One request as it came; `number` counts those for a completion from 1, `at` is when."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    number: int
    at: float

    @property
    def asked(self) -> str:
        """The last turn."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Sent:
    """A response: after `wait` seconds `body` is sent, up to `cut` bytes of it, one byte each `drip` seconds."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: int | None = None
    drip: float = 0.0


def said(text: Any, **keys: Any) -> Sent:
    """A completion as OpenAI's interface has it."""
    message = {"role": "assistant", "content": text}
    body = {
        "id": "x",
        "object": "chat.completion",
        "model": "tiny-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50},
    }
    return Sent(json.dumps(body | keys).encode())


def error(status: int, message: str = "no", headers: dict[str, str] | None = None, **keys: Any) -> Sent:
    """An error as OpenAI's interface has it."""
    return Sent(json.dumps({"error": {"message": message, **keys}}).encode(), status, headers or {})


def prompts(count: int, size: int = 0) -> list[Prompt]:
    """So many items, each asking its own name."""
    return [Prompt(f"i{n:03}", turn(f"item {n:03} {'x' * size}"), seed=n) for n in range(count)]


class Scripted:
    """A server on loopback in a thread; `requests` are those for a completion, in the order they came."""

    def __init__(self, reply: Callable[[Request], Sent], models: Sent | None = None) -> None:
        self.reply, self.models = reply, models or Sent(json.dumps(MODELS).encode())
        self.requests: list[Request] = []
        self.at_once, self.most_at_once = 0, 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        """As `--endpoint` takes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "Scripted":
        self._thread.start()
        assert self._started.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Die: every connection is cut."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(30)

    def _run(self) -> None:
        self._main = self._loop.create_task(self._serve())
        self._loop.run_until_complete(asyncio.wait([self._main]))
        for task in (left := asyncio.all_tasks(self._loop)):
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if not head[0].startswith("POST"):
            return await self._send(writer, self.models)
        path = head[0].split()[1]
        request = Request(path, headers, json.loads(body), len(self.requests) + 1, time.monotonic())
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            return await self._send(writer, self.reply(request))
        finally:
            self.at_once -= 1

    async def _send(self, writer: asyncio.StreamWriter, sent: Sent) -> bool:
        await asyncio.sleep(sent.wait)
        headers = {"content-type": "application/json", "content-length": str(len(sent.body)), **sent.headers}
        lines = [f"HTTP/1.1 {sent.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        whole = sent.body[: sent.cut]
        for place in range(0, len(whole), 1 if sent.drip else max(1, len(whole))):
            writer.write(whole[place : place + 1] if sent.drip else whole)
            await writer.drain()
            await asyncio.sleep(sent.drip)
        return sent.cut is None
