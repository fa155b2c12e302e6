"""How our crawlers behave: Scrapy's settings. Manners and limits are here, addresses in `storage.settings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from storage.settings import settings

DELAY_SECONDS, MIN_DELAY_SECONDS = 1.0, 0.5
"""Between two requests to a host, unless asked otherwise and at least: two pages a second are the most to ask."""
SLOWNESS_FACTOR = 5.0
"""Times a live host's mean response time that are waited between two requests: Heritrix' delayFactor."""
HOST_PATIENCE_SECONDS = 3600.0
"""A live host may fail for so long before that counts as a try of the addresses asked for; a stand-in may not."""
CONCURRENT_POLITE, CONCURRENT_LOCAL = 4, 16
"""Requests under way at once: few where each waits its turn, so that a stop is not held up by those that wait."""


@dataclass(frozen=True)
class Crawl:
    """What one `crawlers crawl` was asked for. `delay` is in seconds and holds for all workers of all machines."""

    sites: tuple[str, ...]
    run: str
    connect_to: dict[str, str] = field(default_factory=dict)
    delay: float = DELAY_SECONDS
    processes: int = 1
    until_idle: bool = False
    recheck: bool = False
    live: bool = False
    """Whether any of the sites is asked itself, not a stand-in."""


def user_agent() -> str:
    """What the crawler calls itself: the project, its version, whom to write to."""
    return f"tabib/{version('tabib')} (+{settings().contact})"


def about() -> dict[str, str]:
    """What the first record of an archive file says of who wrote it."""
    return {"software": f"tabib/{version('tabib')}", "operator": settings().contact, "robots": "obey"}


def scrapy_settings(crawl: Crawl) -> dict[str, Any]:
    """Scrapy's settings for one of the crawl's processes."""
    return (
        MANNERS
        | LIMITS
        | FRONTIER
        | QUIET
        | {
            "USER_AGENT": user_agent(),
            "REDIS_URL": settings().redis(),
            "CRAWL_RUN": crawl.run,
            "CRAWL_CONNECT_TO": crawl.connect_to,
            "CRAWL_UNTIL_IDLE": crawl.until_idle,
            "CRAWL_HOST_PATIENCE": HOST_PATIENCE_SECONDS if crawl.live else 0,
            "CONCURRENT_REQUESTS": CONCURRENT_POLITE if crawl.delay else CONCURRENT_LOCAL,
            "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENT_POLITE if crawl.delay else CONCURRENT_LOCAL,
        }
    )


MANNERS = {
    "ROBOTSTXT_OBEY": True,
    "DOWNLOAD_DELAY": 0,  # the farm's budget for the host is in Redis, see crawlers.frontier.pace
    "RETRY_TIMES": 4,
    "RETRY_HTTP_CODES": [408, 429, 500, 502, 503, 504, 522, 524],
    "COOKIES_ENABLED": False,
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9",
        "Accept-Language": "fa",
    },
}
LIMITS = {
    "DOWNLOAD_TIMEOUT": 30,
    "DOWNLOAD_MAXSIZE": 8 << 20,  # Scrapy's 1 GiB would let one page fill the memory
    "DOWNLOAD_WARNSIZE": 0,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "COMPRESSION_ENABLED": False,  # in favour of crawlers.unpacking
    "TWISTED_DNS_RESOLVER": "crawlers.public_addresses.PublicAddresses",
    "REDIRECT_MAX_TIMES": 5,
    "METAREFRESH_ENABLED": False,
    "HTTPPROXY_ENABLED": False,  # a proxy, and not this process, would choose the address to connect to
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_HANDLERS": {
        "http": "crawlers.connect_to.ConnectToHandler",
        "https": "crawlers.connect_to.ConnectToHandler",
        **dict.fromkeys(["file", "ftp", "s3", "data"]),
    },
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "crawlers.connect_to.OwnHosts": 50,
        "crawlers.takedowns.TakenDown": 60,
        "crawlers.robots.Robots": 100,
        "crawlers.unpacking.Unpacking": 590,  # after redirects, before what is tried again
        "crawlers.manners.Manners": 950,  # next to the network: whatever passes it is sent
    },
    # A page names its links, and the frontier carries no referrer or depth.
    "SPIDER_MIDDLEWARES": {"scrapy.spidermiddlewares.depth.DepthMiddleware": None},
    "REFERRER_POLICY": "no-referrer",
}
FRONTIER = {
    "SCHEDULER": "crawlers.frontier.scheduler.LeaseScheduler",
    "DUPEFILTER_CLASS": "crawlers.frontier.dupefilter.RecordFilter",
    "SCHEDULER_PERSIST": True,  # otherwise whichever worker stops first empties the queue of all
    "CONCURRENT_ITEMS": 1,  # a page is one item; Scrapy starts as many tasks a page as are allowed here
    "ITEM_PIPELINES": {"crawlers.pipelines.Storing": 100},
    "REDIS_PARAMS": {"retry_on_timeout": False},
}
QUIET = {
    "LOG_INSTALL_ROOT_HANDLER": False,  # crawlers.worker sets logging up
    "STATS_DUMP": False,
    "LOGSTATS_INTERVAL": 0,
    "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",  # the pipeline tells of failures, once
    "LOG_FORMATTER": "crawlers.logs.Addresses",
}
