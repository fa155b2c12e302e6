"""The embedded services start, answer, stop, and lose nothing that was committed, whatever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from infra import embedded
from infra.embedded.process import wait_until
from infra.embedded.state import state
from storage.errors import TabibError
from storage.settings import Settings
from tests.infra.house import House, gone, house

SERVERS = ("postgres", "valkey")


@pytest.fixture(scope="module")
def built() -> Iterator[House]:
    with house() as new:
        new.up()
        new.commit("first")
        yield new


@pytest.fixture
def home(built: House) -> House:
    """The module's house, with both servers up."""
    built.up()
    return built


def test_up_status_down_and_up_again(home: House) -> None:
    assert home.infra("up").startswith("already up: postgres 18.")
    told = json.loads(home.infra("status", "--json"))
    assert told["up"] is True
    assert told["supervisor"] == home.told()["pids"]["supervisor"]
    assert [(s["name"], s["embedded"], s["answers"]) for s in told["servers"]] == [(n, True, True) for n in SERVERS]
    assert all(s["bytes"] > 0 and Path(s["address"]).is_socket() for s in told["servers"])
    assert "answers, 18." in home.infra("status")
    processes = [home.process(name) for name in ("supervisor", *SERVERS)]
    assert home.infra("down") == "down\n"
    assert gone(*processes, seconds=0)
    assert not (home.services / "endpoints.json").exists()
    assert home.infra("down") == "nothing was running\n"
    assert "start the services with `infra up`" in home.infra("status", status=3)
    assert home.infra("up").startswith("up: postgres 18.")
    assert home.kept() == ({"first"}, {"first"})


def test_the_servers_are_durable_and_closed(home: House) -> None:
    with home.postgres() as link:

        def setting(name: str) -> str:
            return str(link.execute("SELECT current_setting(%s)", [name]).fetchone()[0])  # type: ignore[index]

        on = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        assert [setting(name) for name in on] == ["on"] * 4
        assert setting("listen_addresses") == ""
        assert setting("server_version").startswith("18.")
        assert link.execute("SELECT 'ك' ILIKE 'ك', lower('ÀÉ'), 'درد قلب' ~ '\\mقلب\\M'").fetchone() == (
            True,
            "àé",
            True,
        )
        assert (
            link.execute("SELECT datlocprovider, datlocale, encoding FROM pg_database").fetchall()
            == [("b", "C.UTF-8", 6)] * 4
        )
    with home.valkey() as client:
        told = client.config_get("append*") | client.config_get("maxmemory-policy") | client.config_get("port")
        expected = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0"}
        assert told | expected == told
    for name in SERVERS:
        assert home.process(name).net_connections("inet") == []
        assert Path(home.told()["sockets"][name]).parent.stat().st_mode & 0o077 == 0
        assert Path(home.told()["folders"][name]).stat().st_mode & 0o077 == 0


def test_persian_letters_have_trigrams(home: House) -> None:
    with home.postgres() as link:
        link.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        assert link.execute("SELECT cardinality(show_trgm('قلب'))").fetchone() == (4,)


def test_no_question_reaches_the_log(home: House) -> None:
    with home.postgres() as link:
        link.execute("CREATE TEMP TABLE asked (question text CHECK (length(question) < 5))")
        for statement in ("INSERT INTO asked VALUES ('دردی که راز است')", "SELECT 'دردی که راز است' FROM nowhere"):
            with pytest.raises(Exception, match=r"asked|nowhere"):
                link.execute(statement)
    log = (home.services / "postgres.log").read_text()
    assert "nowhere" in log
    assert "راز" not in log


def test_celery_reaches_the_broker_by_its_url(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from kombu import Connection

    monkeypatch.chdir(home.home)
    with Connection(Settings(data_dir=home.home).celery_broker()) as broker:
        queue = broker.SimpleQueue("house")
        queue.put({"id": 1})
        got = queue.get(timeout=5)
        assert got.payload == {"id": 1}
        got.ack()
        queue.close()


@pytest.mark.parametrize("victim", SERVERS)
def test_a_killed_server_comes_back_with_what_was_committed(home: House, victim: str) -> None:
    home.commit(f"before {victim}")
    supervisor = home.process("supervisor")
    old = home.kill(victim)[0]
    assert wait_until(lambda: home.told()["pids"][victim] != old.pid and home.answers(), 30)
    assert all(f"before {victim}" in words for words in home.kept())
    assert home.process("supervisor") == supervisor


def test_the_servers_stop_when_their_supervisor_is_killed(home: House) -> None:
    home.commit("before supervisor")
    servers = [home.process(name) for name in SERVERS]
    home.kill("supervisor")
    assert gone(*servers)
    assert not home.is_up()
    home.up()
    assert all("before supervisor" in words for words in home.kept())


def test_everything_killed_at_once_while_writing(home: House) -> None:
    with home.postgres() as link, home.valkey() as client:
        link.execute("CREATE TABLE IF NOT EXISTS counted (number int)")
        done = 0
        victims = [home.process(name) for name in ("supervisor", *SERVERS)]
        orphans = home.process("postgres").children()
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            link.execute("INSERT INTO counted VALUES (%s)", [done])
            client.rpush("counted", done)
            done += 1
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
    home.up()
    with home.postgres() as link, home.valkey() as client:
        assert link.execute("SELECT count(*), max(number) FROM counted").fetchone() == (done, done - 1)
        assert client.llen("counted") == done
        link.execute("DROP TABLE counted")
        client.delete("counted")
    assert gone(*orphans, seconds=5)


def test_a_postmaster_killed_under_a_busy_session_is_replaced(home: House) -> None:
    """A session in a long computation does not notice that its postmaster died; it holds the shared memory."""
    with home.postgres() as link:
        session = psutil.Process(link.info.backend_pid)
        session.suspend()
        old = home.kill("postgres")[0]
        assert wait_until(lambda: home.told()["pids"]["postgres"] != old.pid and home.answers(), 60)
        assert gone(session, seconds=0)


def test_a_recycled_pid_in_a_lock_file_is_left_alone(home: House) -> None:
    home.down()
    told = [home.services / "postgres" / "postmaster.pid", home.services / "run" / ".s.PGSQL.5432.lock"]
    elsewhere = home.home / "somebody" / "postgres"  # has a server's name, but lives elsewhere
    elsewhere.parent.mkdir()
    shutil.copy(str(shutil.which("sleep")), elsewhere)
    for program in ("sleep", str(elsewhere)):
        with subprocess.Popen([program, "600"], cwd=home.home) as foreign:
            for path in told:
                path.write_text(f"{foreign.pid}\n{home.services / 'postgres'}\n1700000000\n5432\n\n\n")
                path.chmod(0o600)
            (home.services / "supervisor.json").write_text(json.dumps({"pid": foreign.pid}))
            assert home.infra("down") == "nothing was running\n"
            home.up()
            home.down()
            assert foreign.poll() is None
            foreign.kill()


def test_a_lying_endpoints_file_is_seen_through(home: House) -> None:
    told = home.told()
    home.down()
    told["pids"]["supervisor"] = os.getpid()
    (home.services / "endpoints.json").write_text(json.dumps(told))
    assert "not up" in home.infra("status", status=3)
    assert home.infra("down") == "nothing was running\n"
    for text in ("", "{", "[]", '{"pids": 3}'):
        (home.services / "endpoints.json").write_text(text)
        assert not home.is_up()
    home.up()
    assert home.is_up()


def test_a_damaged_endpoints_file_of_running_services_is_told(home: House) -> None:
    path = home.services / "endpoints.json"
    whole = path.read_text()
    for text in ("{", "[]", '{"pids": 3}'):
        path.write_text(text)
        home.infra("status", status=3)
    path.write_text(whole)
    assert home.is_up()


def test_several_ups_at_once_make_one_supervisor(home: House) -> None:
    home.down()
    starts = [home.begin("up") for _ in range(3)]
    ends = [start.communicate(timeout=120) for start in starts]
    assert [s.returncode for s in starts] == [0] * 3, ends
    supervisors = [p for p in psutil.process_iter() if _supervises(p, home)]
    assert [p.pid for p in supervisors] == [home.told()["pids"]["supervisor"]]


def _supervises(process: psutil.Process, home: House) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "infra.embedded.supervisor" in command and f'"{home.services}"' in command


def test_a_down_during_an_up_stops_it(home: House) -> None:
    home.down()
    start = home.begin("up")
    assert wait_until(lambda: (home.services / "run" / "valkey.sock").exists() or start.poll() is not None, 30)
    home.infra("down")
    start.communicate(timeout=60)
    assert not home.is_up()


def test_an_append_only_file_cut_short_loses_only_its_last_words(home: House) -> None:
    home.down()
    newest = max((home.services / "valkey" / "appendonlydir").glob("*.incr.aof"), key=lambda p: p.stat().st_mtime)
    with newest.open("ab") as file:
        file.write(b"*3\r\n$4\r\nSADD\r\n$4\r\nkept\r\n$100\r\nhalf a wo")
    home.up()
    assert "first" in home.kept()[1]


def test_a_removed_socket_comes_back(home: House) -> None:
    for name in SERVERS:
        Path(home.told()["sockets"][name]).unlink()
    assert wait_until(home.answers, 30)


def test_a_server_that_cannot_stay_up_ends_the_services(home: House) -> None:
    manifest = home.services / "valkey" / "appendonlydir" / "appendonly.aof.manifest"
    names = manifest.read_text()
    manifest.write_text("garbage\n")
    postgres, supervisor = home.process("postgres"), home.process("supervisor")
    try:
        home.kill("valkey")
        assert gone(postgres, supervisor, seconds=60)
    finally:
        manifest.write_text(names)
    log = (home.services / "supervisor.log").read_text()
    assert "valkey did not stay up in 5 starts" in log
    assert f"(log: {home.services.resolve()}/valkey.log)" in log
    assert not (home.services / "endpoints.json").exists()


def test_only_what_the_environment_does_not_name_is_started(home: House) -> None:
    own = {"database_url": home.told()["database_url"], "redis_url": home.told()["redis_url"]}
    home.environment = {f"TABIB_{name.upper()}": url for name, url in own.items()}
    try:
        assert home.infra("up").startswith("nothing to start")
    finally:
        home.environment = {}
    named = state(Settings(data_dir=home.home, **own))
    assert (named.up, [s.embedded for s in named.servers]) == (True, [False, False])
    home.down()
    half = Settings(data_dir=home.home, database_url=own["database_url"])
    assert set(embedded.start(half).pids) == {"supervisor", "valkey"}
    assert [(s.name, s.answers) for s in state(half).servers] == [("postgres", False), ("valkey", True)]
    with pytest.raises(TabibError, match="without postgres: run `infra down`"):
        home.up()
    home.down()


def test_in_the_foreground_they_end_with_the_command(home: House) -> None:
    home.down()
    front = home.begin("up", "--foreground")
    assert front.stdout is not None
    assert front.stdout.readline().startswith("up: postgres")
    assert "run `infra down` first" in home.infra("up", "--foreground", status=1)
    front.terminate()
    front.communicate(timeout=60)
    assert front.returncode == 0
    assert not home.is_up()


def test_tied_services_end_with_whoever_started_them(home: House) -> None:
    home.down()
    program = "import time; from infra.embedded import up; from storage.settings import settings; " \
              "up(settings(), tied=True); print('ready', flush=True); time.sleep(600)"  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"TABIB_DATA_DIR": str(home.home)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        processes = [home.process(name) for name in ("supervisor", *SERVERS)]
        owner.kill()
    assert gone(*processes)


def test_what_cannot_start_says_why_in_one_line(home: House) -> None:
    home.down()
    cluster, valkey = home.services / "postgres", home.services / "valkey"
    damages = [
        (cluster / "PG_VERSION", b"17\n", "was made by PostgreSQL 17, this is 18: dump it"),
        (cluster / "global" / "pg_control", b"garbage" * 1000, "postgres.log"),
        (valkey / "appendonlydir" / "appendonly.aof.manifest", b"garbage\n", "valkey.log"),
    ]
    for path, garbage, named in damages:
        whole = path.read_bytes()
        path.write_bytes(garbage)
        with pytest.raises(TabibError, match=named) as caught:
            home.up()
        assert "\n" not in str(caught.value)
        assert not (cluster / "postmaster.pid").exists(), "the other server was stopped"
        path.write_bytes(whole)
    home.up()
    assert home.kept()[0] >= {"first"} <= home.kept()[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another account")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
def test_root_of_a_container_sees_its_servers_too(home: House) -> None:
    """Docker gives root no CAP_SYS_PTRACE: /proc then hides what a server of another account runs, and where."""
    look = (
        "import sys, pathlib, infra.embedded.process as p, infra.embedded.account as a; "
        "folder = pathlib.Path(sys.argv[1]); account = a.services_account('nobody', folder.parent); "
        "print(*(found.pid for found in p.living_in(folder, sys.argv[2], account)))"
    )
    home.down()
    home.prefix = ["setpriv", "--bounding-set=-sys_ptrace"]
    home.infra("up")
    survivors = [home.process(name) for name in ("postgres", "valkey")]
    command = [*home.prefix, sys.executable, "-c", look, home.told()["folders"]["valkey"], "valkey-server"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert told == [str(survivors[1].pid)]
    home.infra("down")
    home.prefix = []
    assert gone(*survivors, seconds=0)
