"""Ask a server whether it answers, by the address that the other commands use."""

from collections.abc import Callable


def answer(server: str, url: str) -> str | None:
    """The version that `postgres` or `valkey` tells at this address; None when it does not answer."""
    return _ASK[server](url)


def _postgres_version(url: str) -> str | None:
    import psycopg

    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as link:
            return str(link.info.parameter_status("server_version"))
    except psycopg.Error:
        return None


def _redis_version(url: str) -> str | None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once = Retry(NoBackoff(), 0)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5, retry=once) as client:
            told = client.info("server")
            return str(told.get("valkey_version") or told["redis_version"])
    except (redis.RedisError, OSError, ValueError):
        return None


_ASK: dict[str, Callable[[str], str | None]] = {"postgres": _postgres_version, "valkey": _redis_version}
