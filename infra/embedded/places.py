"""Where the services keep their data, sockets and programs, so that their account reaches all of it.

All lies in `DATA/services`, unless that is closed to the account (a home of mode 0700): then the data goes to
`/var/lib/tabib/NAME`, and `DATA/services/elsewhere` says so.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.account import Account, can, give, require_switch, services_account
from infra.embedded.programs import SHARED, find
from storage.errors import TabibError

POINTER = "elsewhere"
OWNER = "belongs-to"
# struct sockaddr_un holds 108 bytes with the closing zero, linux/un.h (macOS: 104).
SOCKET_PATH_BYTES = 103 if os.uname().sysname == "Darwin" else 107
LONGEST_SOCKET = ".s.PGSQL.5432.lock"


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
    pointer = services / POINTER
    return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else services


def strays() -> Iterator[tuple[Path, Path]]:
    """Roots under SHARED whose data folder no longer points to them, each with that folder.

    Where the folder, or the note that names it, is closed to us, it is not ours to judge.
    """
    for note in SHARED.glob(f"*/{OWNER}"):
        with contextlib.suppress(PermissionError):
            owner = Path(note.read_text(encoding="utf-8").strip())
            if root_of(owner) != note.parent:
                yield note.parent, owner


def prepare(services: Path, account_name: str) -> Places:
    """Choose and make the folders; tries each as the account. Raises TabibError when none will do."""
    account = services_account(account_name, root_of(services))
    require_switch(account)
    root = _reachable_root(services, account)
    _require_owner(root / "postgres", account)
    for folder in (root / "valkey", root / "run"):
        _private(folder, account)
    postgres_bin, valkey_server = find(account)
    return Places(services, root, _socket_folder(root / "run", account), postgres_bin, valkey_server, account)


def _private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder, account)


def _reachable_root(services: Path, account: Account | None) -> Path:
    root = root_of(services)
    if root != services:
        _require_own(root, services)
    elif account is not None:
        services.chmod(0o755)
        if not _can_use(services, account):
            root = _elsewhere(services)
    if account is not None and root != services and not _can_use(root, account):
        raise TabibError(f"{account.name} cannot use {root}: open its parent folders to that account (chmod o+x)")
    return root


def _elsewhere(services: Path) -> Path:
    """A new root outside a closed data folder. The pointer is written last: it never names what is not there."""
    root = SHARED / f"{hashlib.sha256(bytes(services)).hexdigest()[:12]}-{secrets.token_hex(4)}"
    root.mkdir(mode=0o755, parents=True)
    for folder in (SHARED, root):
        folder.chmod(0o755)
    (root / OWNER).write_text(f"{services}\n", encoding="utf-8")
    _publish(services / POINTER, f"{root}\n")
    return root


def _require_own(root: Path, services: Path) -> None:
    """Refuse a root that is gone, or that another data folder uses: a copied folder carries a copied pointer."""
    if not root.is_dir():
        raise TabibError(
            f"{services / POINTER} says the database is in {root}, which is gone: bring it back, "
            "or remove that file to begin with an empty database"
        )
    owner = Path((root / OWNER).read_text(encoding="utf-8").strip())
    if owner == services:
        return
    if (owner / POINTER).exists() and root_of(owner) == root:
        raise TabibError(f"{services} is a copy of {owner}, which uses {root}: remove {services / POINTER}")
    _publish(root / OWNER, f"{services}\n")  # the data folder was moved


def _require_owner(cluster: Path, account: Account | None) -> None:
    if account is None and cluster.exists() and cluster.stat().st_uid != os.geteuid():
        raise TabibError(
            f"{cluster} belongs to uid {cluster.stat().st_uid}: run as root or as that account, "
            "or set TABIB_DATA_DIR to a folder of your own"
        )


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
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()) or found.st_mode & 0o077:
            raise TabibError(
                f"{folder} is not a private folder of uid {owner}, someone else made it: remove it, then run it again"
            ) from None
        give(folder, account)
    return folder
