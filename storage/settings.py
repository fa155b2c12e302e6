"""Addresses and secrets, read from the environment and an optional `.env` in the current folder.

Whatever changes a result is a recipe, never a setting here; crawl manners are in `crawlers.settings`.
"""

import json
import os
import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.errors import ServiceUnavailable, UsageError

PREFIX = "TABIB_"
START_HINT = "start the embedded ones with `infra up`"


def _database_url(value: str) -> str:
    if not re.fullmatch(r"postgres(ql)?(\+psycopg)?://\S+", value):
        raise ValueError("postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"} or "://" not in value:
        raise ValueError("redis://HOST:PORT/NUMBER, rediss://… or unix:///PATH.sock?db=NUMBER")
    return value


class Settings(BaseSettings):
    """One instance a process; see `docs/operators.md` for the table of variables."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore"
    )

    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = None
    data_dir: Path = Path("var")
    secret_key: SecretStr | None = Field(default=None, min_length=32)
    contact: str = Field(default="https://example.org/tabib", min_length=3, max_length=200)
    services_account: str = Field(default="nobody", pattern=r"^[a-z_][a-z0-9_-]*$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

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
        if not url.startswith("unix://"):
            return url
        parts = urlsplit(url)
        number = re.search(r"db=(\d+)", parts.query)
        return f"redis+socket://{parts.path}?virtual_host={number.group(1) if number else 0}"

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
        except (OSError, ValueError, KeyError) as error:
            raise ServiceUnavailable(
                f"{self.endpoints_file} cannot be read ({error}): run `infra down`, then `infra up`"
            ) from error
        return str(value)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings. Raises UsageError naming the variable, what was found and what is allowed."""
    _refuse_misspelt(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise UsageError("; ".join(_describe(dict(e)) for e in error.errors())) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f".env cannot be read: {error}") from None


def _refuse_misspelt(names: object) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(n for n in names if n.startswith(PREFIX) and n not in known):  # type: ignore[attr-defined]
        if close := get_close_matches(name, known, n=1, cutoff=0.85):
            raise UsageError(f"{name} is not a setting: did you mean {close[0]}?")


def _describe(error: dict[str, object]) -> str:
    name = str(error["loc"][0])  # type: ignore[index]
    found = "a value kept secret" if "secret" in name else repr(_without_password(str(error["input"])))
    allowed = str(error["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()} is {found}; allowed: {allowed}"


def _without_password(value: str) -> str:
    return re.sub(r"(?<=:)[^:@/\s]*(?=@)", "…", value)
