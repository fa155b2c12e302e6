"""Failed log-ins, counted in Redis for all processes of the admin: after too many the door stays shut a while."""

import hashlib

from storage import redis

WINDOW_SECONDS = 300
MOST_FAILURES = 10  # in a window: a person mistypes a few times, a guesser needs thousands


def shut(name: str, address: str) -> bool:
    """True when this name, or this address, failed too often in the window."""
    with redis.translated_errors():
        counts = redis.client().mget(_keys(name, address))
    return any(int(count or 0) >= MOST_FAILURES for count in counts)


def failed(name: str, address: str) -> None:
    """Count one failure."""
    with redis.translated_errors(), redis.client().pipeline() as pipe:
        for key in _keys(name, address):
            pipe.incr(key)
            pipe.expire(key, WINDOW_SECONDS, nx=True)
        pipe.execute()


def _keys(name: str, address: str) -> list[str]:
    hashed = hashlib.sha256(name.encode()).hexdigest()[:24]  # a name typed into the wrong field may be a password
    return [f"tabib:login:name:{hashed}", f"tabib:login:address:{address}"]
