"""PostgreSQL: making the cluster, starting the server, clearing what a killed one left."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from infra.embedded import process
from infra.embedded.account import give
from infra.embedded.logs import failure
from infra.embedded.places import Places
from storage.errors import TabibError

NAME = "postgres"
DATABASE = "tabib"
USER = "tabib"
GENTLE = signal.SIGINT  # PostgreSQL's fast shutdown: sessions end, a checkpoint is written

# Under LC_CTYPE=C pg_trgm drops Persian letters, and the wheel has no ICU: the builtin provider's C.UTF-8 knows them.
# The socket's folder is closed to all but its owner, so whoever reaches the server may use it.
INITDB = [
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--encoding=UTF8",
    "--data-checksums",
    "--no-instructions",
    "--auth=trust",
    f"--username={USER}",
]

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "logging_collector": "off",
    # A failing statement and its row carry questions and answers, which no log may hold.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


def url(places: Places) -> str:
    """SQLAlchemy URL of the database."""
    return f"postgresql+psycopg://{USER}@/{DATABASE}?host={quote(str(places.run), safe='/')}"


def socket(places: Places) -> Path:
    """The server's socket."""
    return places.run / ".s.PGSQL.5432"


def data(places: Places) -> Path:
    """The server's data folder."""
    return places.cluster


def start(places: Places) -> subprocess.Popen[bytes]:
    """Start the server on a cluster that exists; `clear` must have run."""
    settings = SETTINGS | {"unix_socket_directories": str(places.run)}
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    command = [str(places.postgres_bin / "postgres"), "-D", str(places.cluster), *options]
    return process.start(process.Program(command, places.account, places.cluster, places.log(NAME), GENTLE))


def stop(places: Places) -> bool:
    """Stop every process that serves this cluster, the gentlest way first. True when none is left.

    Only the postmaster is asked: to its children the same signals mean other things. Children whose
    postmaster was killed end by themselves, as a rule within milliseconds.
    """
    if not survivors(places):
        return True
    for sent, seconds in ((GENTLE, 60.0), (signal.SIGQUIT, 10.0)):
        if masters := [p for p in survivors(places) if _is_postmaster(p)]:
            process.signal_and_wait(masters, sent, seconds)
    process.wait_until(lambda: not survivors(places), 5.0)
    return process.signal_and_wait(survivors(places), signal.SIGKILL, 10.0)


def survivors(places: Places) -> list[psutil.Process]:
    """Processes that serve this cluster: a server changes into its data folder."""
    return process.living_in(places.cluster, NAME, places.account)


def _is_postmaster(candidate: psutil.Process) -> bool:
    # Children rewrite their command line to `postgres: checkpointer` and the like.
    try:
        return "-D" in candidate.cmdline()
    except psutil.Error:
        return False


def clear(places: Places) -> None:
    """Make room for a start: end our own survivors, then remove the lock files of the dead.

    The pid in a lock file is never trusted: after a kill or a reboot it may be anybody's.
    """
    for left in places.root.glob("postgres.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    if not places.cluster.exists():
        return
    if not stop(places):
        raise TabibError(f"a PostgreSQL server in {places.cluster} does not stop (log: {places.log(NAME)})")
    for stale in (places.cluster / "postmaster.pid", *places.run.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def create(places: Places, give_up: Callable[[], bool]) -> None:
    """Make the cluster if there is none: in a folder beside it, renamed when it is whole."""
    if places.cluster.exists():
        _check_version(places)
        return
    new = places.root / f"postgres.new-{secrets.token_hex(4)}"
    new.mkdir(mode=0o700)
    give(new, places.account)
    command = [str(places.postgres_bin / "initdb"), "-D", str(new), *INITDB]
    made = process.start(process.Program(command, places.account, new, places.log(NAME), signal.SIGKILL))
    while made.poll() is None and not give_up():
        time.sleep(0.02)
    if made.poll() != 0:
        made.kill()
        made.wait()
        shutil.rmtree(new, ignore_errors=True)
        raise failure(f"initdb could not make {places.cluster}", places.log(NAME))
    new.rename(places.cluster)
    _sync(places.root)


def _check_version(places: Places) -> None:
    found = (places.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    program = version(places).split(".")[0]
    if found != program:
        raise TabibError(
            f"{places.cluster} was made by PostgreSQL {found}, this is {program}: "
            f"dump it with version {found} (pg_dump), move the folder away, run `infra up` and restore"
        )


def version(places: Places) -> str:
    """The version the program tells, like 18.6."""
    told = subprocess.run([places.postgres_bin / "postgres", "-V"], capture_output=True, text=True, check=True)
    return told.stdout.split()[2]


def ready(places: Places) -> bool:
    """Whether the server takes connections; makes the database on the first one."""
    try:
        link = psycopg.connect(host=str(places.run), user=USER, dbname="postgres", connect_timeout=5, autocommit=True)
    except psycopg.OperationalError:
        return False
    with link:
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            link.execute(f"CREATE DATABASE {DATABASE}")
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
