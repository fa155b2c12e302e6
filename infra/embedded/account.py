"""The account the servers run as. PostgreSQL refuses root, so root hands them to an unprivileged one."""

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storage.errors import TabibError, UsageError

VARIABLE = "TABIB_SERVICES_ACCOUNT"


@dataclass(frozen=True)
class Account:
    """An unprivileged account that root switches to for the servers."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def services_account(name: str, root: Path) -> Account | None:
    """The account to switch to, or None for an ordinary user, whose servers run as himself.

    The owner of data that exists in `root` comes first, so that root goes on with what a user began.
    Raises UsageError when `name` is no account, or is root.
    """
    if os.geteuid() != 0:
        return None
    owner = next((p.stat().st_uid for p in (root / "postgres", root / "valkey") if p.exists()), 0)
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(name)
    except KeyError:
        missing = f"{root} holds data of uid {owner}, which" if owner else f"{VARIABLE} is {name!r}, which"
        raise UsageError(f"{missing} is no account of this machine: name one that exists, not root") from None
    if entry.pw_uid == 0:
        raise UsageError(f"{VARIABLE} is {name!r}, but PostgreSQL refuses to run as root: name another account")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))


def become(account: Account) -> None:
    """Switch this process, for good. Raises OSError where the machine does not allow it."""
    os.setgroups(account.groups)
    os.setgid(account.gid)
    os.setuid(account.uid)


def can(account: Account | None, check: Callable[[], bool]) -> bool:
    """Whether `check` holds for the account, tried in a child process that has become it."""
    return seen_by(account, lambda: [1] if check() else []) == [1]


def seen_by(account: Account | None, look: Callable[[], list[int]]) -> list[int]:
    """The numbers that `look` gives in a child process that has become the account; none where it raises."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if account is not None:
                become(account)
            os.write(writes, " ".join(map(str, look())).encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, encoding="ascii") as told:
        numbers = told.read().split()
    os.waitpid(child, 0)
    return [int(number) for number in numbers]


def require_switch(account: Account | None) -> None:
    """Raise TabibError where root may not become the account (a container without CAP_SETUID)."""
    if account is not None and not can(account, lambda: os.geteuid() == account.uid):
        raise TabibError(
            f"this machine does not let root become {account.name}, and PostgreSQL refuses to run as root: "
            "run as an ordinary user, or set TABIB_DATABASE_URL and TABIB_REDIS_URL to servers of your own"
        )


def give(path: Path, account: Account | None) -> None:
    """Hand a file or an empty folder to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
