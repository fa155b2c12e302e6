"""Log-in attempts, counted in Redis for all processes of the admin: after too many the door stays shut a while.

Counted before the password is looked at, so that attempts made at once count too; by address, and by name
from one address, so that a stranger cannot shut a known name out of everywhere.
"""

import hashlib
import ipaddress

from storage import redis

WINDOW_SECONDS = 300
MOST_OF_NAME = 10  # in a window, from one address: a person mistypes a few times, a guesser needs thousands
MOST_OF_ADDRESS = 60  # in a window: a whole office behind one address logs in each morning


def admitted(name: str, address: str) -> bool:
    """Count one attempt; False when it is one too many of this name from this address, or of this address."""
    with redis.translated_errors(), redis.client().pipeline() as pipe:
        for key in _keys(name, address):
            pipe.incr(key)
            pipe.expire(key, WINDOW_SECONDS, nx=True)
        of_name, _, of_address, _ = pipe.execute()
    return int(of_name) <= MOST_OF_NAME and int(of_address) <= MOST_OF_ADDRESS


def succeeded(name: str, address: str) -> None:
    """Forget the attempts of this name from this address."""
    with redis.translated_errors():
        redis.client().delete(_keys(name, address)[0])


def _keys(name: str, address: str) -> tuple[str, str]:
    hashed = hashlib.sha256(name.encode()).hexdigest()[:24]  # a name typed into the wrong field may be a password
    network = _network(address)
    return f"tabib:login:name:{hashed}:{network}", f"tabib:login:address:{network}"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return hashlib.sha256(address.encode()).hexdigest()[:24]
    # One subscriber has a whole IPv6 /64 to choose addresses from (RFC 6177).
    return str(ipaddress.ip_network((parsed, 64), strict=False) if parsed.version == 6 else parsed)
