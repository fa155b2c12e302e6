"""Log-in attempts, counted in Redis for all processes of the admin: after too many the door stays shut a while.

Counted before the password is looked at, so that attempts made at once count too; by address, and by name
from one address. A name is counted from anywhere, too: after too many only places where it succeeded lately are heard,
so that a stranger with many addresses neither goes on guessing nor shuts its owner out of where they work.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from storage import redis

WINDOW_SECONDS = 300
MOST_OF_NAME = 10  # in a window, from one address: a person mistypes a few times, a guesser needs thousands
MOST_OF_ADDRESS = 60  # in a window: a whole office behind one address logs in each morning
WIDER = 5  # times as many from an IPv6 /48, which one subscriber may have (RFC 6177), or a company with many offices
ANYWHERE_SECONDS, MOST_ANYWHERE = 3600, 300
KNOWN_SECONDS = 30 * 24 * 3600
MOST_OF_CODES = 5  # in a window, of an account from anywhere: 3 of a million codes open, so 0.4 % in a day of guessing


class Counter(NamedTuple):
    """How many attempts a key may have in a time."""

    key: str
    most: int
    seconds: int = WINDOW_SECONDS


def admitted(name: str, address: str) -> bool:
    """Count one attempt; False when it is one too many of this name from this address, of this address, or of this name
    from anywhere and it never succeeded here within KNOWN_SECONDS.
    """
    anywhere = Counter(f"tabib:login:anywhere:{_hashed(name)}", MOST_ANYWHERE, ANYWHERE_SECONDS)
    *here, of_all = _counted([*_of_name(name, address), *_of_address(address), anywhere])
    return all(here) and (of_all or _known(name, address))


def code_admitted(user_id: int) -> bool:
    """Count one code of a second factor; whoever tries has the password, so that nobody else is shut out."""
    return all(_counted([Counter(_code_key(user_id), MOST_OF_CODES)]))


def code_succeeded(user_id: int) -> None:
    """Forget the codes that this account tried."""
    with redis.translated_errors():
        redis.client().delete(_code_key(user_id))


def succeeded(name: str, address: str) -> None:
    """Forget the attempts of this name from this address, and remember that it succeeded here."""
    with redis.translated_errors():
        redis.client().delete(*(counter.key for counter in _of_name(name, address)))
        redis.client().set(_known_key(name, address), 1, ex=KNOWN_SECONDS)


def _counted(counters: Iterable[Counter]) -> list[bool]:
    """Count one for each; whether each is still within its bound."""
    counters = list(counters)
    with redis.translated_errors(), redis.client().pipeline() as pipe:
        for counter in counters:
            pipe.incr(counter.key)
            pipe.expire(counter.key, counter.seconds, nx=True)
        counts = pipe.execute()[::2]
    return [int(count) <= counter.most for count, counter in zip(counts, counters, strict=True)]


def _known(name: str, address: str) -> bool:
    with redis.translated_errors():
        return bool(redis.client().exists(_known_key(name, address)))


def _code_key(user_id: int) -> str:
    return f"tabib:login:code:{user_id}"


def _known_key(name: str, address: str) -> str:
    return f"tabib:login:known:{_hashed(name)}:{_networks(address)[0]}"


def _of_name(name: str, address: str) -> list[Counter]:
    return _of(f"tabib:login:name:{_hashed(name)}", MOST_OF_NAME, address)


def _of_address(address: str) -> list[Counter]:
    return _of("tabib:login:address", MOST_OF_ADDRESS, address)


def _of(key: str, most: int, address: str) -> list[Counter]:
    return [Counter(f"{key}:{net}", most * (WIDER if wide else 1)) for wide, net in enumerate(_networks(address))]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]  # a name typed into the wrong field may be a password


def _networks(address: str) -> list[str]:
    """The address as it is counted; of IPv6 the /64, and the /48 around it."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return [_hashed(address)]
    if parsed.version == 4:
        return [str(parsed)]
    return [str(ipaddress.ip_network((parsed, bits), strict=False)) for bits in (64, 48)]
