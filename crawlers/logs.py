"""Logging of a spider process: to stderr, and never with a page's words, of which addresses are full."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Any

from scrapy import logformatter

from crawlers.urls import shown

CHATTY = ("scrapy", "twisted", "filelock", "asyncio", "alembic")


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


class Lines(logging.Formatter):
    """One JSON object a line: when, how grave, who, in which process, what."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        told = {"at": at, "level": record.levelname, "logger": record.name, "process": record.process}
        told["message"] = record.getMessage()
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def configure(level: str, form: str = "text") -> None:
    """Log to stderr from `level` on, as text or json; the libraries' own chatter only when debugging."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Discreet())
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(Lines() if form == "json" else text)
    logging.basicConfig(level=level, handlers=[handler])
    if level != "DEBUG":
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING if level == "INFO" else level)
