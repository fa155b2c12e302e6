"""Look at the machine for what the project needs, and say what to do about each finding."""

import importlib.metadata
import inspect
import json
import locale
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path

import psutil
import typer
from packaging.requirements import Requirement

from infra.embedded import places, state
from infra.embedded.account import require_switch, services_account
from infra.embedded.control import services_of
from storage.errors import TabibError
from storage.settings import Settings
from storage.settings import settings as configured

# PostgreSQL's write-ahead log alone grows to 1 GB (max_wal_size's default); as much again for a small crawl.
DISK_NEEDED = 2e9
# aya-expanse-8b has 8,028,033,024 parameters of 2 bytes: 16 GB once downloaded and 16 GB once merged; 8 GB for pages.
DISK_FOR_TRAINING = 40e9
# The training packages take 0.5 GB once imported, the servers, the crawl and the admin together as much, measured;
# as much again for the tiny model and its data.
MEMORY_FOR_DEMO = 1.5e9
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts")


class Level(StrEnum):
    """How bad a finding is: WARN limits what can be done here, FAIL stops the project's work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it (empty where all is well)."""

    check: str
    level: Level
    found: str
    advice: str = ""


def report(as_json: bool) -> int:
    """Print every finding; 1 when one stops the project's work, else 0."""
    findings = list(examine(configured()))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a wrong encoding is a finding here, and no reason to stop
            stream.reconfigure(errors="replace")
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            advice = f"\n      → {finding.advice}" if finding.advice else ""
            typer.echo(f"{finding.level:<4}  {finding.check}: {finding.found}{advice}")
    return int(any(f.level is Level.FAIL for f in findings))


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order of `CHECKS`."""
    for check in CHECKS:
        yield from check(settings)


def python(_: Settings) -> Iterator[Finding]:
    """Python's version, against pyproject.toml's requires-python."""
    level = Level.OK if sys.version_info >= (3, 11) else Level.FAIL
    advice = "" if level is Level.OK else "make the environment anew with Python 3.11 or newer"
    yield Finding("python", level, sys.version.split()[0], advice)


def packages(_: Settings) -> Iterator[Finding]:
    """Installed packages against what the distribution asks for; a missing extra only limits what can be done."""
    wrong = {extra: [*_unmet(extra)] for extra in ("", "train", "dev")}
    advice = "run `pip install --constraint requirements.lock -e .` in this environment"
    yield _listed("packages", wrong[""], Level.FAIL, advice)
    yield _listed(
        "training packages", wrong["train"], Level.WARN, "to train and evaluate: `pip install 'tabib[train]'`"
    )
    yield _listed("test packages", wrong["dev"], Level.WARN, "to run the tests: `pip install 'tabib[dev]'`")


def _listed(check: str, wrong: list[str], level: Level, advice: str) -> Finding:
    return Finding(check, level, "; ".join(wrong), advice) if wrong else Finding(check, Level.OK, "all as required")


def _unmet(extra: str) -> Iterator[str]:
    for line in importlib.metadata.requires("tabib") or []:
        asked = Requirement(line)
        if not _applies(asked, extra) or (extra and _applies(asked, "")):
            continue
        try:
            version = importlib.metadata.version(asked.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{asked.name} is missing"
            continue
        if not asked.specifier.contains(version, prereleases=True):
            yield f"{asked.name} is {version}, needed is {asked.specifier}"


def _applies(asked: Requirement, extra: str) -> bool:
    return asked.marker is None or asked.marker.evaluate({"extra": extra})


def disk(settings: Settings) -> Iterator[Finding]:
    """Room where the data folder lies, and the database if it lies elsewhere."""
    home = _existing(settings.home)
    for at in dict.fromkeys((home, _existing(places.root_of(services_of(settings))))):
        if at == home or at.stat().st_dev != home.stat().st_dev:
            yield _room(at)
    if not os.access(home, os.W_OK | os.X_OK):
        yield Finding(
            "data folder", Level.FAIL, f"{home} is not writable", "set TABIB_DATA_DIR to a folder of your own"
        )


def _room(at: Path) -> Finding:
    free = shutil.disk_usage(at).free
    found = f"{free / 1e9:.1f} GB free at {at}"
    if free < DISK_NEEDED:
        return Finding("disk", Level.FAIL, found, "free some, or set TABIB_DATA_DIR to a folder on a larger disk")
    if free < DISK_FOR_TRAINING:
        advice = f"enough to crawl and clean; to train an 8B model have {DISK_FOR_TRAINING / 1e9:.0f} GB"
        return Finding("disk", Level.WARN, found, advice)
    return Finding("disk", Level.OK, found)


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.is_dir())


def memory(_: Settings) -> Iterator[Finding]:
    """Memory left to this process, by the machine and by its control group."""
    free = min(psutil.virtual_memory().available, *_group_limits())
    level = Level.OK if free >= MEMORY_FOR_DEMO else Level.WARN
    advice = (
        "" if level is Level.OK else f"end other programs: training the tiny model takes {MEMORY_FOR_DEMO / 1e9} GB"
    )
    yield Finding("memory", level, f"{free / 1e9:.1f} GB available, {os.cpu_count()} cores", advice)


def _group_limits() -> Iterator[float]:
    group = Path("/sys/fs/cgroup")
    try:
        yield float((group / "memory.max").read_text()) - float((group / "memory.current").read_text())
    except (OSError, ValueError):  # no version 2 group, or its limit is the word `max`
        yield float("inf")


def text(_: Settings) -> Iterator[Finding]:
    """Whether Persian text survives the way to the terminal and to files."""
    encodings = {locale.getpreferredencoding(False).lower(), (sys.stdout.encoding or "").lower()}
    wrong = encodings - {"utf-8", "utf8"}
    found = f"locale {locale.setlocale(locale.LC_CTYPE)}, encoding {', '.join(sorted(encodings))}"
    if wrong:
        yield Finding("locale", Level.FAIL, found, "run `export LC_ALL=C.UTF-8` (or PYTHONUTF8=1): output is Persian")
    else:
        yield Finding("locale", Level.OK, found)


def fonts(_: Settings) -> Iterator[Finding]:
    """A font with Persian letters, for terminals and other programs: the project's own pages bring theirs."""
    found = _output("fc-list", ":lang=fa", "family")
    if found is None:
        folders = [Path(f).expanduser() for f in FONT_FOLDERS]
        found = "\n".join(p.stem for f in folders if f.is_dir() for p in f.rglob("*.[to]tf") if _is_persian(p.stem))
    if names := sorted(set(found.splitlines())):
        yield Finding("fonts", Level.OK, f"{len(names)} with Persian letters, {names[0]} first")
    else:
        advice = (
            "only other programs need one (Debian: `apt-get install fonts-vazirmatn`); reports and admin bring theirs"
        )
        yield Finding("fonts", Level.WARN, "none with Persian letters", advice)


def _is_persian(stem: str) -> bool:
    return any(word in stem.lower() for word in ("vazir", "dejavusans", "naskh", "arabic", "tahoma", "freefarsi"))


def gpu(_: Settings) -> Iterator[Finding]:
    """NVIDIA's own tool tells; without a GPU only the tiny recipe is practical."""
    found = _output("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    if found:
        yield Finding("gpu", Level.OK, "; ".join(found.splitlines()))
    else:
        yield Finding("gpu", Level.WARN, "none", "the tiny recipe trains on the processor; train an 8B model elsewhere")


def _output(*command: str) -> str | None:
    """What the command prints; None where it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def ports(_: Settings) -> Iterator[Finding]:
    """Whether the ports that the servers of `infra` take unless told otherwise are free."""
    from infra import cli

    for command in ("admin", "replica"):
        parameters = inspect.signature(getattr(cli, command)).parameters if hasattr(cli, command) else {}
        if "port" in parameters:
            yield _port(command, parameters["port"].default)


def _port(command: str, port: int) -> Finding:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            advice = f"unless `infra {command}` runs there already, give it another with --port"
            return Finding(f"port {port}", Level.WARN, f"taken ({error.strerror})", advice)
    return Finding(f"port {port}", Level.OK, f"free for `infra {command}`")


def account(settings: Settings) -> Iterator[Finding]:
    """As root, the account that the embedded servers run as."""
    if os.geteuid() != 0:
        return
    try:
        chosen = services_account(settings.services_account, places.root_of(services_of(settings)))
        require_switch(chosen)
    except (TabibError, OSError) as error:
        yield Finding("services' account", Level.FAIL, str(error), "set TABIB_SERVICES_ACCOUNT, or be an ordinary user")
    else:
        yield Finding("services' account", Level.OK, chosen.name if chosen else "your own")


def services(settings: Settings) -> Iterator[Finding]:
    """PostgreSQL and Redis, embedded or the environment's, and the schema."""
    found = state.state(settings)
    for server in found.servers:
        if server.answers:
            yield Finding(server.name, Level.OK, f"{server.version} at {server.address}")
        else:
            advice = f"see {found.logs}" if server.embedded else "check its address and that it runs"
            yield Finding(server.name, Level.FAIL, f"no answer from {server.address}", advice)
    if missing := {"postgres", "valkey"} - {s.name for s in found.servers}:
        yield Finding("services", Level.WARN, f"not up: {', '.join(sorted(missing))}", "run `infra up`")
    if any(s.name == "postgres" and s.answers for s in found.servers):
        yield _schema()


def _schema() -> Finding:
    from storage import schema

    try:
        schema.require_head()
    except TabibError as error:
        return Finding("schema", Level.FAIL, str(error), "run `storage migrate`")
    return Finding("schema", Level.OK, f"at {schema.head()}")


def leftovers(_: Settings) -> Iterator[Finding]:
    """Databases outside their data folder whose data folder is gone."""
    for root, owner in places.strays():
        used = (state.size(str(root)) or 0) / 1e6
        advice = "if nothing in it is needed any more, remove that folder"
        yield Finding("leftover", Level.WARN, f"{root}, {used:.0f} MB, was the database of {owner}", advice)


def browser(_: Settings) -> Iterator[Finding]:
    """A browser for the page tests."""
    if found := next(filter(None, map(shutil.which, BROWSERS)), None):
        yield Finding("browser", Level.OK, found)
    else:
        advice = "only the page tests need one (Debian: `apt-get install chromium`)"
        yield Finding("browser", Level.WARN, "no Chromium", advice)


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    python, packages, disk, memory, text, fonts, gpu, ports, account, services, leftovers, browser,
)  # fmt: skip
