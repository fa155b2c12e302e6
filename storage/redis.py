"""The Redis client, and the one way its connection errors are told."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from storage.errors import DiskFull, ServiceUnavailable
from storage.settings import START_HINT, settings

NO_ROOM = ("MISCONF", "OOM")  # a failed save; memory full under noeviction


def client() -> "Redis":
    """A client of the configured Redis; replies are bytes."""
    return Redis.from_url(settings().redis(), socket_connect_timeout=10, socket_timeout=30, health_check_interval=30)


def translated(error: Exception) -> Exception:
    """The project's own error for one of redis-py's; any other as it is."""
    try:
        with translated_errors():
            raise error
    except Exception as told:  # noqa: BLE001 - it is given back, not handled
        return told


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn redis-py's connection errors into ServiceUnavailable, and a server without room into DiskFull."""
    try:
        yield
    except ResponseError as error:
        if str(error).startswith(NO_ROOM):
            raise DiskFull(f"Redis has no room ({str(error).split(maxsplit=1)[0]}): free its disk or memory") from error
        raise
    except (ConnectionError, TimeoutError) as error:
        raise ServiceUnavailable(
            f"Redis failed ({error}); what was committed is kept. "
            f"Check TABIB_REDIS_URL, or {START_HINT}, then run it again"
        ) from error
