"""Where an endpoint is, and the key to it. Nothing here shows a key or a password."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from dotenv import dotenv_values

from storage.errors import UsageError

KEY = "TABIB_ENDPOINT_KEY"
FORM = "an address such as https://api.example.com/v1 or http://localhost:8000/v1"
SHORTEST = 4  # letters of what is looked for: a shorter word may be any
_TAILS = ("/chat/completions", "/completions", "/models")


@dataclass(frozen=True)
class Address:
    """`url` is what may be shown: without user, password, query and fragment; `query` goes along with each request."""

    url: str
    query: str = field(default="", repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    variable: str = KEY

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def at(self, path: str) -> str:
        """The URL of one of the interface's paths."""
        return f"{self.url}{path}{'?' if self.query else ''}{self.query}"

    def without_secrets(self, text: str) -> str:
        """The text with no key or password in it."""
        for secret in (self.key, self.login and self.login[1], self.query):
            if secret and len(secret) >= SHORTEST:
                text = text.replace(secret, "…")
        return text


def address(given: str, variable: str = KEY) -> Address:
    """The endpoint at a URL that ends before `/chat/completions`, with the key in the variable or in `.env`.

    Raises UsageError where it is no URL, or where the variable was named and holds nothing.
    """
    parts = _parts(given)
    path = parts.path.rstrip("/")
    path = next((path.removesuffix(tail) for tail in _TAILS if path.endswith(tail)), path)
    host = parts.netloc.rpartition("@")[2].lower()
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    url = urlunsplit((parts.scheme, host, path, "", ""))
    return Address(url, parts.query, login, _key(variable), variable)


def _parts(given: str) -> SplitResult:
    try:
        parts = urlsplit(given.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # its text may quote a password
        usable = False
    if not usable or any(c.isspace() for c in given.strip()):
        raise UsageError(f"the endpoint is no {FORM.removeprefix('an ')}")
    return parts


def _key(variable: str) -> str | None:
    found = os.environ.get(variable) or (dotenv_values(".env").get(variable) if Path(".env").is_file() else None)
    key = (found or "").strip()
    if not key and variable != KEY:
        raise UsageError(f"{variable} is not set: it was named as holding the endpoint's key")
    if key and not (key.isascii() and key.isprintable()):
        raise UsageError(f"{variable} holds signs that no key has; it goes into an HTTP header")
    return key or None
