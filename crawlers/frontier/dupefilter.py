"""What was seen: a set of 16-byte fingerprints a site, records for good and listings for a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.http import Request
from scrapy_redis.dupefilter import RFPDupeFilter

if TYPE_CHECKING:
    from redis import Redis

    from crawlers.site import Site


class RecordFilter(RFPDupeFilter):
    """scrapy-redis' filter over the site's own fingerprints: a record has one, whatever the form of its address.

    It only looks. An address is added to the set by the script that enqueues it, so that it is never one without the
    other.
    """

    def __init__(self, server: Redis, spider: Site) -> None:
        super().__init__(server, f"crawl:{spider.name}:seen")
        self.spider = spider

    def request_fingerprint(self, request: Request) -> bytes:
        """16 raw bytes: about 64 bytes of Redis a URL, against 80 for hexadecimal text."""
        return self.spider.fingerprint(request.url)

    def request_seen(self, request: Request) -> bool:
        """Whether the address was enqueued before: ever for a record, in this round for a listing."""
        key = self.key if self.spider.record_of(request.url) else f"crawl:{self.spider.name}:listed"
        return bool(self.server.sismember(key, self.request_fingerprint(request)))
