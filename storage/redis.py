"""The Redis client, and the one way its connection errors are told."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError

from storage.errors import ServiceUnavailable
from storage.settings import START_HINT, settings


def client() -> "Redis":
    """A client of the configured Redis; replies are bytes."""
    return Redis.from_url(settings().redis(), socket_connect_timeout=10, health_check_interval=30)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn redis-py's connection errors into ServiceUnavailable."""
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        raise ServiceUnavailable(
            f"Redis failed ({error}); what was committed is kept. "
            f"Check TABIB_REDIS_URL, or {START_HINT}, then run it again"
        ) from error
