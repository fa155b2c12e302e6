"""An endpoint as a model that writes."""

import asyncio
import hashlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import httpx

from evaluator.asking.budget import Budget
from evaluator.asking.writer import Prompt, Sampling, Writing, Written
from evaluator.endpoint import faults
from evaluator.endpoint.address import Address
from evaluator.endpoint.client import LARGEST, Client, options
from evaluator.endpoint.crowd import Crowd
from evaluator.endpoint.faults import Fault, Then
from evaluator.endpoint.manners import Manners, pause
from storage.errors import ServiceUnavailable

# What of an entry in its list of models tells one model from another; `created` and `permission` change at each start.
SAYS = ("id", "owned_by", "root", "parent", "max_model_len", "meta")
FIRST_CONTACT = 3  # attempts
T = TypeVar("T")


class Endpoint:
    """A model behind an endpoint. Its identity is the endpoint's URL, its name there, and what is said of it there."""

    def __init__(self, where: Address, model: str, manners: Manners | None = None) -> None:
        self.where, self.model, self.manners = where, model, manners or Manners()

    @property
    def label(self) -> str:
        """Host and name."""
        return f"{self.where.host}/{self.model}"

    @cached_property
    def sha256(self) -> str:
        """Raises ServiceUnavailable where the endpoint cannot be asked what it is."""
        known = json.dumps([self.where.url, self.model, self.says], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()

    @cached_property
    def says(self) -> dict[str, Any]:
        """What the endpoint's list of models says of this one; nothing where it has no list, or not this model."""
        listed = self._listed()
        entries = listed.get("data") if isinstance(listed, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("id") == self.model:
                return {key: entry[key] for key in SAYS if entry.get(key) is not None}
        return {}

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:
        """See `evaluator.asking.Writer`. Raises UsageError for what is wrong with every request."""

        async def asked(give: Callable[[Written], None]) -> None:
            client = Client(self.where, self.model, sampling, self.manners)
            await Crowd(client, budget, give).ask(prompts)

        return handed_over(asked)

    def _listed(self) -> Any:
        with httpx.Client(**options(self.where, self.manners.timeout)) as http:
            for attempt in range(1, FIRST_CONTACT + 1):
                try:
                    return self._models(http)
                except Fault as fault:
                    if fault.then is not Then.RETRY or fault.status == httpx.codes.INTERNAL_SERVER_ERROR:
                        return {}  # many have no list, or show it to nobody; that of transformers offline breaks
                    if attempt == FIRST_CONTACT:
                        raise ServiceUnavailable(
                            f"the endpoint {self.where.url} does not answer ({fault.said})"
                        ) from None
                    time.sleep(pause(attempt, None))
        raise AssertionError

    def _models(self, http: httpx.Client) -> Any:
        try:
            response = http.get(self.where.at("/models"))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise faults.of_transport(error) from None
        if response.status_code != httpx.codes.OK:
            raise faults.of_status(response, response.content, self.where)
        try:
            return json.loads(response.content[:LARGEST])
        except (ValueError, RecursionError):
            return {}


def handed_over(work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> Generator[list[T], None, None]:
    """What a coroutine hands over, all that has come at a time, while it goes on in a thread of its own.

    So what takes the results may block, on a database for instance, and no deadline runs out meanwhile. Whoever stops
    iterating cancels the coroutine; what it raises is raised here, after all it handed over.
    """
    came: SimpleQueue[T | None] = SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(work(came.put))

    def run() -> None:
        loop.run_until_complete(asyncio.wait([task]))
        came.put(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield from _chunks(came)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        error = None if task.cancelled() else task.exception()
    if error:
        raise error


def _chunks(came: "SimpleQueue[T | None]") -> Iterator[list[T]]:
    while True:
        chunk = [came.get()]
        try:
            while chunk[-1] is not None:
                chunk.append(came.get_nowait())
        except Empty:
            pass
        if found := [each for each in chunk if each is not None]:
            yield found
        if chunk[-1] is None:
            return
