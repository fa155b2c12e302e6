"""Addresses and secrets, read from the environment and an optional `.env` in the current folder.

Whatever changes a result is a recipe, never a setting here; crawl manners are in `crawlers.settings`.
"""

import json
import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.errors import ServiceUnavailable, UsageError

PREFIX = "TABIB_"
START_HINT = "start the embedded ones with `infra up`"


DATABASE_FORM = "postgresql://USER:PASSWORD@HOST:PORT/NAME"
ISSUER_FORM = "https://HOST/PATH, as the provider writes it in its tokens"
REDIS_FORM = "redis://HOST:PORT/NUMBER, rediss://… or unix:///PATH.sock?db=NUMBER"


def _parts(value: str, form: str) -> SplitResult:
    """The parts of an address. Raises ValueError, telling the form, where they make no sense."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  it is read, and refused, on access
    except ValueError:  # whose text may quote the password
        raise ValueError(f"{form} (its host or port cannot be read)") from None
    if parts.netloc.count("@") > 1:
        raise ValueError(f"{form} (an @ within the password is written %40)")
    if re.search(r"\s", value):
        raise ValueError(f"{form} (a space is written %20)")
    return parts


def _database_url(value: str) -> str:
    parts = _parts(value, DATABASE_FORM)
    if parts.scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or len(parts.path) < 2:
        raise ValueError(DATABASE_FORM)
    _check_options(value, parts.scheme)
    return f"postgresql+psycopg{value[len(parts.scheme) :]}"


def _check_options(value: str, scheme: str) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(f"postgresql{value[len(scheme) :]}")
    except ProgrammingError as error:  # which names the option, and quotes no value
        raise ValueError(f"{DATABASE_FORM}, with libpq's options ({' '.join(str(error).split())})") from None


def _redis_url(value: str) -> str:
    parts = _parts(value, REDIS_FORM)
    number = re.fullmatch(r"/?\d*", parts.path) and parts.hostname
    socket = len(parts.path) > 1 and re.fullmatch(r"\d+", parse_qs(parts.query).get("db", ["0"])[-1])
    if not {"redis": number, "rediss": number, "unix": socket}.get(parts.scheme):
        raise ValueError(REDIS_FORM)
    return value


def _contact(value: str) -> str:
    """It becomes part of an HTTP header."""
    if not re.fullmatch(r"[ -~]{3,200}", value):
        raise ValueError("an address or a link, 3 to 200 ASCII characters on one line")
    return value


def _data_dir(value: Path) -> Path:
    try:
        home = value.expanduser().absolute()
        nearest = next(p for p in (home, *home.parents) if p.exists())
        usable = nearest.is_dir()
    except (OSError, RuntimeError) as error:
        raise ValueError(f"a folder that can be used ({error})") from None
    if not usable:
        raise ValueError(f"a folder, or a path where one can be made ({nearest} is a file)")
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 32:
        raise ValueError("32 characters or more, as `openssl rand -hex 32` makes them")
    return value


def _issuer(value: str) -> str:
    parts = _parts(value, ISSUER_FORM)
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if (
        not parts.hostname
        or parts.query
        or parts.fragment
        or parts.scheme not in (("http", "https") if loopback else ("https",))
    ):
        raise ValueError(ISSUER_FORM)
    return value


def _roles(value: str) -> str:
    roles = {"annotator", "lead", "operator", "admin"}
    if value and not set(value.split(",")) <= roles:
        raise ValueError(f"roles of the admin with commas between, among {', '.join(sorted(roles))}")
    return value


class Settings(BaseSettings):
    """One instance a process; see `docs/operators.md` for the table of variables."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    database_url: Annotated[str, AfterValidator(_database_url)] | None = Field(default=None, repr=False)
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = Field(default=None, repr=False)
    data_dir: Annotated[Path, AfterValidator(_data_dir)] = Path("var")
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = None
    require_second_factor: Annotated[str, AfterValidator(_roles)] = ""
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    contact: Annotated[str, AfterValidator(_contact)] = "https://example.org/tabib"
    services_account: str = Field(default="nobody", pattern=r"^[a-z_][a-z0-9_-]*$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @property
    def home(self) -> Path:
        """The data folder, absolute."""
        return self.data_dir.expanduser().absolute()

    def database(self) -> str:
        """SQLAlchemy URL of PostgreSQL: the one set, else the embedded server's.

        Raises ServiceUnavailable when neither exists.
        """
        return self.database_url or self._embedded("database_url")

    def redis(self) -> str:
        """URL of Redis or Valkey for redis-py; see `database`."""
        return self.redis_url or self._embedded("redis_url")

    def celery_broker(self) -> str:
        """The Redis address as Celery spells it: a Unix socket has a scheme of its own there."""
        url = self.redis()
        if url.startswith("rediss://") and "ssl_cert_reqs" not in url:  # Celery's default is to check no certificate
            return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"
        if not url.startswith("unix://"):
            return url
        parts = urlsplit(url)
        number = re.search(r"db=(\d+)", parts.query)
        return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number.group(1) if number else 0}"

    @property
    def endpoints_file(self) -> Path:
        """Where the supervisor of the embedded services says how to reach them."""
        return self.home / "services" / "endpoints.json"

    def _embedded(self, key: str) -> str:
        try:
            value = json.loads(self.endpoints_file.read_text(encoding="utf-8"))[key]
        except FileNotFoundError:
            variable = f"{PREFIX}{key.upper()}"
            raise ServiceUnavailable(
                f"{variable} is not set and no embedded service runs in {self.home}: {START_HINT}"
            ) from None
        except KeyError:
            raise ServiceUnavailable(
                f"the embedded services of {self.home} run without this one: run `infra down`, then `infra up`"
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise ServiceUnavailable(
                f"{self.endpoints_file} cannot be read ({error}): run `infra down`, then `infra up`"
            ) from error
        return str(value)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings. Raises UsageError naming the variable, what was found and what is allowed."""
    try:
        _refuse_misspelt(os.environ)
        if Path(".env").is_file():
            _refuse_broken_lines(Path(".env"))
            _refuse_misspelt(dotenv_values(".env"))
        return Settings()
    except ValidationError as error:
        raise UsageError("; ".join(_describe(dict(e)) for e in error.errors())) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f".env cannot be read: {error}") from None


def _refuse_broken_lines(path: Path) -> None:
    with path.open(encoding="utf-8-sig") as stream:
        for binding in parse_stream(stream):
            if binding.error:
                raise UsageError(
                    f".env: line {binding.original.line} is not NAME=VALUE, or a quote in it is not closed"
                )


def _refuse_misspelt(names: Iterable[str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(n for n in names if n.startswith(PREFIX) and n not in known):
        if close := get_close_matches(name, known, n=1, cutoff=0.85):
            raise UsageError(f"{name} is not a setting: did you mean {close[0]}?")


def _describe(error: dict[str, object]) -> str:
    name = str(error["loc"][0])  # type: ignore[index]
    allowed = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{PREFIX}{name.upper()} is {_found(name, str(error['input']))}; allowed: {allowed}"


def _found(name: str, value: str) -> str:
    """The value as it may be shown: of an address only its kind, for a broken one may hold its password anywhere."""
    if name in ("secret_key", "oidc_client_secret"):
        return "a value kept secret"
    if not name.endswith("_url"):
        return repr(value)
    scheme, separator, _ = value.partition("://")
    return f"{scheme}://…" if separator and re.fullmatch(r"[a-z+]+", scheme) else "no URL"
