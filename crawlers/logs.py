"""Logging of a spider process: to stderr, and never with a page's words, of which addresses are full."""

from __future__ import annotations

import logging
import sys
from typing import Any

from scrapy import logformatter

from crawlers.urls import shown

CHATTY = ("scrapy", "twisted", "filelock", "asyncio")


class Addresses(logformatter.LogFormatter):
    """Scrapy's messages without the items, which hold texts."""

    def scraped(self, item: Any, response: Any, spider: Any) -> None:  # type: ignore[override]
        """Nothing: the summary counts them."""

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Any) -> Any:  # noqa: ARG002
        """Which address an item could not be stored for."""
        return {
            "level": logging.ERROR,
            "msg": "%(asked)s: storing failed",
            "args": {"asked": getattr(item, "asked", "?")},
        }


class Discreet(logging.Filter):
    """Shortens addresses, and leaves tracebacks, which may quote a page, to debugging."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if record.exc_info and not logging.getLogger().isEnabledFor(logging.DEBUG):
            message, record.exc_info = f"{message} ({getattr(record.exc_info[0], '__name__', 'error')})", None
        record.msg, record.args = shown(message), None
        return True


def configure(level: str) -> None:
    """Log to stderr from `level` on; the libraries' own chatter only when debugging."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    logging.basicConfig(level=level, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "DEBUG":
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING if level == "INFO" else level)
