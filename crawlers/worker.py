"""One spider process: the spiders of a crawl's sites in one reactor, fed by the shared frontier.

Started by `crawlers.run` as `python -m crawlers.worker CRAWL PARENT`: `settings.Crawl` as JSON, the parent's process
id. Exit codes are those of `storage.command`.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from scrapy import signals
from scrapy.crawler import CrawlerProcess

from crawlers import logs
from crawlers.frontier.scheduler import LeaseScheduler
from crawlers.outage import AWAY, DISK_FULL
from crawlers.settings import Crawl, scrapy_settings
from crawlers.spiders import sites
from storage.errors import DiskFull, ServiceUnavailable
from storage.settings import settings

logger = logging.getLogger(__name__)
LEAVE_SECONDS = 7.0
"""Less than the ten after which whoever stops a crawl kills its processes."""


def main() -> int:
    """Crawl until the sites are done, the parent is gone or a signal comes."""
    crawl = Crawl(**json.loads(sys.argv[1]))
    threading.Thread(target=_follow, args=(int(sys.argv[2]),), daemon=True).start()
    reasons: list[str] = []
    process = SpiderProcess(scrapy_settings(crawl))
    logs.configure(settings().log_level, settings().log_format)  # after Scrapy has set its own loggers' levels
    for name in crawl.sites:
        crawler = process.create_crawler(sites()[name])
        crawler.signals.connect(lambda reason: reasons.append(reason), signals.spider_closed, weak=False)
        process.crawl(crawler)
    process.start()
    return _exit_code(reasons, failed=process.bootstrap_failed)


def _exit_code(reasons: list[str], failed: bool) -> int:
    for error, beginning in ((DiskFull, DISK_FULL), (ServiceUnavailable, AWAY)):
        if told := next((reason for reason in reasons if reason.startswith(beginning)), None):
            logger.error("stopped: %s", told.removeprefix(f"{beginning}: "))
            return error.exit_code
    return int(failed)


class SpiderProcess(CrawlerProcess):
    """Scrapy's process, which after a signal ends within LEAVE_SECONDS whatever a site still keeps waiting."""

    def _signal_shutdown(self, signum: int, _: Any) -> None:
        timer = threading.Timer(LEAVE_SECONDS, self._leave)
        timer.daemon = True
        timer.start()
        super()._signal_shutdown(signum, _)

    def _leave(self) -> None:
        logger.warning("requests under way did not end in time: their addresses wait again")
        for crawler in self.crawlers:
            if crawler.engine and isinstance(scheduler := crawler.engine.scheduler, LeaseScheduler):
                scheduler.give_back()
        os._exit(0)


def _follow(parent: int) -> None:
    """End in order when the process that started this one is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
