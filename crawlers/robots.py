"""robots.txt as RFC 9309 asks, read once for the whole farm; what cannot be read forbids everything until it can.

    this process's copy, for a minute → the farm's, `robots:{host}` in Redis, for a day → the host, by one worker

Scrapy's own middleware lets everything pass when the file cannot be fetched, and, of several first requests that wait
for it together, applies it to one only: the future made of its shared Deferred leaves None to the rest.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from crawlers.frontier.pace import NO_ANSWER
from crawlers.manners import GRANTED, UNANSWERED, Stopped, pace_of, pause, uncount
from crawlers.opt_outs import PRODUCT
from crawlers.outage import Outage
from crawlers.public_addresses import InsideNetwork

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawlers.frontier.pace import Pace

logger = logging.getLogger(__name__)
KEPT_SECONDS = 24 * 3600  # RFC 9309, 2.4: not longer than a day
MAX_BYTES = 500 << 10  # RFC 9309, 2.5: so much at least must be read
MAX_LINE = 4000
"""No rule that is longer can be about an address of ours: `urls.MAX_LENGTH` is 2,000."""
LOOK_SECONDS = 60.0
"""How often the farm's copy is looked at: a Redis that was wiped has lost its Crawl-delay too."""
POLL_SECONDS = 0.25
LOCK_SECONDS = 60
"""One worker fetches for so long while the others wait: Scrapy's time-out and a redirect or two."""
TOO_MANY = 429
_USER_AGENT = re.compile(r"\s*user[ -]?agent(?:\s*:|\s)\s*([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")  # RFC 9309, 2.2.1


class RobotsUnreadError(OSError):
    """robots.txt could not be fetched. An OSError, so that the request is retried as after any failed connection."""


@dataclass
class Rules:
    """A host's rules, and until when this process keeps them and goes by them unasked; both by its own clock."""

    parser: ProtegoRobotParser
    fetched: str
    until: float
    look: float


class Robots(RobotsTxtMiddleware):
    """Scrapy's middleware with one fetch a host that all wait for."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._robotstxt_useragent = PRODUCT
        self.patience = crawler.settings.getfloat("CRAWL_HOST_PATIENCE")
        self.targets: dict[str, str] = crawler.settings.getdict("CRAWL_CONNECT_TO")
        self.redis = Outage(told=False)
        self.known: dict[str, Rules] = {}
        self.fetches: dict[str, asyncio.Future[Rules]] = {}
        self.unread: dict[str, float] = {}

    @cached_property
    def pace(self) -> Pace:
        """The budget that a Crawl-delay is put into."""
        return pace_of(self.crawler)

    async def robot_parser(self, request: Request) -> ProtegoRobotParser:
        """The host's rules. Raises RobotsUnreadError while they cannot be read, Stopped when the crawl ends first."""
        scheme, host = urlsplit(request.url)[:2]
        if rules := self._at_hand(host):
            return rules.parser
        request.meta.pop(GRANTED, None)  # its turn will be over
        fetch = self.fetches.get(host)
        if fetch is None or fetch.done():
            fetch = self.fetches[host] = asyncio.ensure_future(self._read(f"{scheme}://{host}/robots.txt", host))
        try:
            return (await asyncio.shield(fetch)).parser
        except RobotsUnreadError:
            if time.monotonic() - self.unread[host] < self.patience:
                uncount(request)
            raise

    def _at_hand(self, host: str) -> Rules | None:
        """The rules that need no waiting for."""
        known, now = self.known.get(host), time.monotonic()
        if known is None or now > known.look:
            with self.redis:
                known = self._of_farm(host)
            if known is not None:
                known.look = now + LOOK_SECONDS
        return known if known is not None and now < known.until else None

    def _of_farm(self, host: str) -> Rules | None:
        """The farm's copy, taken up. Raises redis-py's errors, and then this process's own still holds."""
        with self.pace.server.pipeline() as pipe:
            pipe.hmget(self._key(host), ["body", "fetched"])
            pipe.ttl(self._key(host))
            (body, fetched), left = pipe.execute()
        if body is None or fetched is None or left < 0:
            self.known.pop(host, None)
            return None
        known = self.known.get(host)
        if known is None or known.fetched != fetched.decode():
            known = self._rules(body, fetched.decode(), left)
            self._ask_pace(host, known)
            self.known[host] = known
        return known

    async def _read(self, url: str, host: str) -> Rules:
        """The rules from the host, or from whichever worker fetches them first."""
        while not (granted := self._our_turn(host)) and not self.redis.since:
            await pause(self.crawler, POLL_SECONDS)
            if rules := self._at_hand(host):
                return rules
        try:
            # Another may have shared them between our last look and our turn.
            return self._at_hand(host) or self._share(host, *await self._fetch(url, granted))
        except RobotsUnreadError as error:
            self._tell(host, error)
            raise
        finally:
            if granted:
                with self.redis:
                    self.pace.server.delete(f"{self._key(host)}:lock")

    def _tell(self, host: str, error: RobotsUnreadError) -> None:
        """Say so once, and have the farm wait also where no answer failed, as after a redirect in a circle."""
        if host not in self.unread:
            logger.warning("%s: %s; until it can be, nothing is asked there", host, error)
        self.unread.setdefault(host, time.monotonic())
        if error.__cause__ is not None and not isinstance(error.__cause__, UNANSWERED):
            with self.redis:
                self.pace.observe(0.0, NO_ANSWER)

    def _our_turn(self, host: str) -> bool:
        """Whether this worker is to fetch the file, now; otherwise another does, or the host is not to be asked yet."""
        lock = f"{self._key(host)}:lock"
        with self.redis:
            server = self.pace.server
            free = not server.exists(lock) and self.pace.grant() == 0
            return free and bool(server.set(lock, 1, nx=True, ex=LOCK_SECONDS))
        return False

    async def _fetch(self, url: str, granted: bool) -> tuple[int, bytes]:
        # The request that waits for it is retried, and the file with it.
        meta = {"dont_obey_robotstxt": True, "dont_retry": True, GRANTED: granted}
        try:
            response = await self.crawler.engine.download_async(Request(url, callback=NO_CALLBACK, meta=meta))
        except (Stopped, InsideNetwork):
            raise
        except Exception as error:
            raise RobotsUnreadError(f"robots.txt cannot be fetched ({type(error).__name__})") from error
        if response.status >= 500 or response.status == TOO_MANY:
            raise RobotsUnreadError(f"robots.txt cannot be fetched (HTTP {response.status})")
        return response.status, response.body if 200 <= response.status < 300 else b""

    def _share(self, host: str, status: int, body: bytes) -> Rules:
        """Take the rules up and let the other workers have them; without Redis they are this process's alone."""
        self.unread.pop(host, None)
        kept = bounded(body)
        rules = self.known[host] = self._rules(kept, str(int(time.time())), KEPT_SECONDS)
        with self.redis:
            server = self.pace.server
            self._ask_pace(host, rules)
            rules.fetched = str(server.time()[0])
            with server.pipeline() as pipe:
                pipe.hset(self._key(host), mapping={"body": kept, "status": status, "fetched": rules.fetched})
                pipe.expire(self._key(host), KEPT_SECONDS)
                pipe.execute()
        return rules

    def _rules(self, body: bytes, fetched: str, seconds: float) -> Rules:
        now = time.monotonic()
        parser = ProtegoRobotParser(ours(body).encode(), self.crawler.spider)
        return Rules(parser, fetched, now + seconds, now + LOOK_SECONDS)

    def _ask_pace(self, host: str, rules: Rules) -> None:
        """Put the file's Crawl-delay into the budget, which is that of the site's first host."""
        site: Any = self.crawler.spider
        if host == site.hosts[0]:
            self.pace.set_crawl_delay(delay_of(rules.parser))

    def _key(self, host: str) -> str:
        """Where the farm's copy is; a stand-in's rules are not those of the host it stands in for."""
        target = self.targets.get(host)
        return f"robots:{host}@{target}" if target else f"robots:{host}"


def bounded(body: bytes) -> bytes:
    """The first MAX_BYTES in whole lines: half a line may forbid what the whole one does not."""
    return body if len(body) <= MAX_BYTES else body[:MAX_BYTES].rpartition(b"\n")[0]


def ours(body: bytes) -> str:
    """The file with all other crawlers' names made one, and without endless lines.

    Protego keeps each rule once for each name above it: of 500 KiB, half names, half rules, it would make millions.
    And it takes a name for ours that ours begins with.
    """
    lines = body.decode("utf-8-sig", errors="ignore").splitlines()
    return "\n".join(_named(line) for line in lines if len(line) <= MAX_LINE)


def delay_of(parser: ProtegoRobotParser) -> float | None:
    """The seconds between two requests that the file asks for, by Crawl-delay or by Request-rate; None for neither."""
    delay, rate = parser.rp.crawl_delay(PRODUCT), parser.rp.request_rate(PRODUCT)
    asked = [delay, rate.seconds / rate.requests if rate else None]
    return max((seconds for seconds in asked if seconds is not None), default=None)


def _named(line: str) -> str:
    found = _USER_AGENT.match(line)
    if not found:
        return line
    name, token = found[1].strip(), _TOKEN.match(found[1])
    if name == "*":
        return "User-agent: *"
    return f"User-agent: {PRODUCT if token and token[0].lower() == PRODUCT else '-'}"
