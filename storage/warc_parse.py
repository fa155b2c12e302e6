"""A record of the raw archive taken apart, strictly: it says all that `storage.warc` writes, or it is damaged."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping

from storage.warc import DIGEST, ORIGINAL, PROFILES, VERSION, Profile, Stored

END = b"\r\n\r\n"
VISITS = ("response", "revisit")


def parse(record: bytes) -> Stored | None:
    """The capture in an unpacked record; None if it is of another kind, as warcinfo.

    Raises ValueError, which quotes nothing of the record, where it does not say what it should or belies its digest.
    """
    head, end, rest = record.partition(END)
    first, fields = _named(head.decode("utf-8"))
    if first != VERSION or not end:
        raise ValueError(f"it does not open as {VERSION} does")
    if _number(fields, "content-length") != len(rest) - len(END) or not rest.endswith(END):
        raise ValueError("its length is not the one it states")
    if _field(fields, "warc-type") not in VISITS:
        return None
    status, headers, body = _response(rest[: -len(END)])
    _check_body(fields, headers, body)
    return Stored(
        url=_field(fields, "warc-target-uri"),
        fetched_at=_time(fields, "warc-date"),
        status=status,
        headers={name.removeprefix(ORIGINAL): value for name, value in headers.items() if name != "content-length"},
        body=body,
        ip=fields.get("warc-ip-address"),
        profile=_profile(fields),
        refers_to=_refers_to(fields),
        sha256=_sha256(fields),
    )


def _named(head: str) -> tuple[str, dict[str, str]]:
    """The first line, and what the others say by lower-case name."""
    first, *lines = head.split("\r\n")
    fields = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError("a line of its head has no name")
        fields[name.lower()] = value.strip(" \t")
    return first, fields


def _response(block: bytes) -> tuple[int, dict[str, str], bytes]:
    head, end, body = block.partition(END)
    first, headers = _named(head.decode("latin-1"))
    status = re.match(r"HTTP/1\.1 ([0-9]{3}) ", first)
    if not status or not end:
        raise ValueError("it holds no response of HTTP/1.1")
    return int(status[1]), headers, body


def _check_body(fields: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> None:
    if fields["warc-type"] == "revisit":
        if body:
            raise ValueError("it is a revisit and has a body")
    elif _number(headers, "content-length") != len(body):
        raise ValueError("its body has not the length it states")
    elif hashlib.sha256(body).hexdigest() != _sha256(fields):
        raise ValueError("its body does not match its digest")


def _sha256(fields: Mapping[str, str]) -> str | None:
    digest = fields.get("warc-payload-digest")
    if digest is None:
        return None
    if not re.fullmatch(f"{DIGEST}[0-9a-f]{{64}}", digest):
        raise ValueError("its digest is no sha256")
    return digest.removeprefix(DIGEST)


def _profile(fields: Mapping[str, str]) -> Profile | None:
    if fields["warc-type"] == "response":
        return None
    name = _field(fields, "warc-profile")
    for profile in Profile:
        if name == PROFILES + profile:
            return profile
    raise ValueError("its profile is unknown")


def _refers_to(fields: Mapping[str, str]) -> tuple[str, dt.datetime] | None:
    url = fields.get("warc-refers-to-target-uri")
    return None if url is None else (url, _time(fields, "warc-refers-to-date"))


def _field(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise ValueError(f"it has no {name}")
    return fields[name]


def _number(fields: Mapping[str, str], name: str) -> int:
    value = _field(fields, name)
    if not re.fullmatch("[0-9]{1,10}", value):
        raise ValueError(f"its {name} is no number")
    return int(value)


def _time(fields: Mapping[str, str], name: str) -> dt.datetime:
    value = _field(fields, name)
    try:
        time = dt.datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"its {name} is no time") from None
    if time.tzinfo is None:
        raise ValueError(f"its {name} has no zone")
    return time
