"""What can go wrong with one request, and what it means: try again, leave this prompt, or stop."""

import datetime as dt
import json
import math
import re
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import httpx

from evaluator.endpoint.address import Address

SAID = 200  # characters of an endpoint's own words that are shown
STOPS = {401, 402, 403, 404, 405, 407, 410, 501}
PASSES = {408, 409, 425, 429}
SPENT = {"insufficient_quota", "billing_hard_limit_reached"}  # OpenAI says 429 to an empty account too


class Then(Enum):
    """What a fault means."""

    RETRY = "retry"
    REFUSED = "refused"  # of this prompt alone
    STOP = "stop"


class Fault(Exception):
    """A request that brought no reply; `billed` tells whether it may have been computed all the same.

    `after` are the seconds that the endpoint asks to wait, `parameter` what of the request it does not take.
    """

    def __init__(self, said: str, then: Then = Then.RETRY, *, billed: bool = False) -> None:
        super().__init__(said)
        self.said, self.then, self.billed = said, then, billed
        self.status: int | None = None
        self.after: float | None = None
        self.parameter: str | None = None


def of_status(response: httpx.Response, content: bytes, where: Address) -> Fault:
    """The fault of a response that is no 200."""
    status, error = response.status_code, _error(content)
    said = f"{status}{_words(error, where)}"
    if 300 <= status < 400:
        return Fault(f"it redirects ({status}): give the URL it redirects to", Then.STOP)
    if status in (401, 403, 407):
        key = f"the key in {where.variable}" if where.key else f"a request without a key (set {where.variable})"
        return Fault(f"it refuses {key} ({status})", Then.STOP)  # its own words may quote the key
    if status in (404, 405):
        return Fault(f"{said} (its URL is the part before /chat/completions, mostly up to /v1)", Then.STOP)
    if status in STOPS or error.get("code") in SPENT:
        return Fault(said, Then.STOP)
    fault = Fault(said, Then.RETRY if status in PASSES or status >= 500 else Then.REFUSED)
    fault.status, fault.after = status, retry_after(response.headers)
    fault.parameter = error.get("param") if isinstance(error.get("param"), str) else None
    return fault


def of_transport(error: httpx.HTTPError | httpx.InvalidURL | TimeoutError) -> Fault:
    """The fault of a connection that failed. httpx's own words may quote the URL, so its kind alone is told."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        if isinstance(error, httpx.ConnectTimeout):
            return Fault("no connection within the time-out")
        return Fault("no reply within the time-out", billed=True)
    if isinstance(error, httpx.ConnectError):
        return Fault("no connection")
    if isinstance(error, httpx.ProxyError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Fault(f"it cannot be reached this way ({type(error).__name__})", Then.STOP)
    kinds = {"ReadError": "the connection broke", "RemoteProtocolError": "half a reply, or none"}
    name = type(error).__name__
    return Fault(kinds.get(name, f"the reply cannot be read ({name})"), billed=True)


def retry_after(headers: httpx.Headers) -> float | None:
    """The seconds that Retry-After (RFC 9110, section 10.2.3) asks for, or OpenAI's own header in milliseconds."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", given):
            return float(given) * unit
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError, IndexError):
        return None
    seconds = (until.astimezone(dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _error(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    error = found.get("error", found) if isinstance(found, dict) else {}
    return error if isinstance(error, dict) else {"message": str(error)}


def _words(error: dict[str, Any], where: Address) -> str:
    """What the endpoint says of it, in one line and without secrets."""
    said = error.get("message") or error.get("detail") or ""
    line = " ".join(where.without_secrets(str(said)[: 10 * SAID]).split())
    line = "".join(c for c in line if c.isprintable())[:SAID]
    return f": {line}" if line else ""
