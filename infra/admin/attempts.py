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


MOST_OF_CODES = 5  # in a window, of an account from anywhere: 3 of a million codes open, so 0.4 % in a day of guessing


def admitted(name: str, address: str) -> bool:
    """Count one attempt; False when it is one too many of this name from this address, or of this address."""
    of_name, of_address = _counted(*_keys(name, address))
    return of_name <= MOST_OF_NAME and of_address <= MOST_OF_ADDRESS


def code_admitted(user_id: int) -> bool:
    """Count one code of a second factor; whoever tries has the password, so that nobody else is shut out."""
    return _counted(_code_key(user_id))[0] <= MOST_OF_CODES


def code_succeeded(user_id: int) -> None:
    """Forget the codes that this account tried."""
    with redis.translated_errors():
        redis.client().delete(_code_key(user_id))


def _counted(*keys: str) -> list[int]:
    with redis.translated_errors(), redis.client().pipeline() as pipe:
        for key in keys:
            pipe.incr(key)
            pipe.expire(key, WINDOW_SECONDS, nx=True)
        return [int(count) for count in pipe.execute()[::2]]


def _code_key(user_id: int) -> str:
    return f"tabib:login:code:{user_id}"


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
