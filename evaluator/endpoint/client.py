"""One request at a time to an endpoint, with one deadline for all of it."""

import asyncio
import logging
import time
from typing import Any

import httpx

from evaluator.asking.writer import Prompt, Sampling
from evaluator.endpoint import completion, faults
from evaluator.endpoint.address import Address
from evaluator.endpoint.faults import Fault, Then
from evaluator.endpoint.manners import Manners

LARGEST = 1 << 24  # bytes of a response
CONNECT = 10.0  # seconds
OLD, NEW = "max_tokens", "max_completion_tokens"  # OpenAI renamed it; its newest models refuse the old name

logging.getLogger("httpx").setLevel(logging.WARNING)  # below that it logs whole URLs


def options(where: Address, timeout: float) -> dict[str, Any]:
    """What a client of httpx is made with. No redirect is followed: the key would go along."""
    headers = {"Accept": "application/json"}
    if where.key:
        headers["Authorization"] = f"Bearer {where.key}"
    timeouts = httpx.Timeout(timeout, connect=min(CONNECT, timeout))
    return {"headers": headers, "auth": where.login, "timeout": timeouts, "follow_redirects": False}


class Client:
    """Asks one model for chat completions."""

    def __init__(self, where: Address, model: str, sampling: Sampling, manners: Manners) -> None:
        self.where, self.model, self.sampling, self.manners = where, model, sampling, manners
        self._limit = OLD
        limits = httpx.Limits(max_connections=manners.concurrency, max_keepalive_connections=manners.concurrency)
        self._http = httpx.AsyncClient(limits=limits, **options(where, manners.timeout))

    async def complete(self, prompt: Prompt) -> tuple[dict[str, Any], float]:
        """The checked completion, and the seconds it took. Raises Fault.

        A call is one request: where the limit on a reply has another name here, the next one has that.
        """
        limit = self._limit
        body = completion.request(self.model, prompt, self.sampling, limit)
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.manners.timeout):
                content = await self._posted(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise faults.of_transport(error) from None
        except Fault as fault:
            if fault.parameter == OLD and limit == OLD:
                self._limit = NEW
                fault.then, fault.after = Then.RETRY, 0.0
            raise
        return completion.parsed(content), time.monotonic() - begun

    async def close(self) -> None:
        """Leave no connection open."""
        await self._http.aclose()

    async def _posted(self, body: dict[str, Any]) -> bytes:
        async with self._http.stream("POST", self.where.at("/chat/completions"), json=body) as response:
            content = bytearray()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise Fault(f"its reply has more than {LARGEST} bytes", billed=True)
            if response.status_code != httpx.codes.OK:
                raise faults.of_status(response, bytes(content), self.where)
            return bytes(content)
