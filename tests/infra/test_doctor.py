"""`infra doctor` finds what is wrong with a machine and says what to do about it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra import doctor
from infra.doctor import Finding, Level
from infra.embedded import places
from storage.settings import Settings


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """`infra doctor`'s exit status and output."""
    done = subprocess.run(
        [sys.executable, "-c", "from infra.cli import main; main()", "doctor", *arguments],
        env=os.environ | environment,
        capture_output=True,
        timeout=60,
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode("utf-8", "replace")


def only(findings: Iterator[Finding]) -> Finding:
    """The one finding there is."""
    (finding,) = findings
    return finding


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a program that prints a text on an otherwise empty PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, prints: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
        (folder / name).chmod(0o755)

    return put


def test_a_machine_that_is_fine(database: Settings) -> None:
    status, told = run("--json")
    findings = {f["check"]: f for f in json.loads(told)}
    assert [c for c, f in findings.items() if f["level"] == "fail"] == []
    assert status == 0
    checked = {"python", "packages", "disk", "memory", "locale", "fonts", "gpu", "postgres", "valkey", "schema"}
    assert checked <= set(findings)
    assert {findings[c]["level"] for c in ("python", "packages", "postgres", "valkey", "schema")} == {"ok"}
    assert all(f["found"] and (f["level"] == "ok") == (f["advice"] == "") for f in findings.values())


def test_the_text_says_the_same(database: Settings) -> None:
    _, told = run()
    assert f"ok    python: {sys.version.split()[0]}\n" in told
    assert "ok    schema: at " in told


def test_servers_that_do_not_answer(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {"TABIB_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/n", "TABIB_REDIS_URL": "redis://127.0.0.1:1/0"}
    status, told = run(**nowhere)
    assert status == 1
    assert "fail  postgres: no answer from postgresql+psycopg://127.0.0.1:1/n\n      → check its address" in told
    assert "fail  valkey: no answer from redis://127.0.0.1:1/0\n" in told
    assert "hunter2" not in told


def test_services_that_are_not_up_are_no_failure(data_dir: Path) -> None:
    finding = only(doctor.services(Settings(data_dir=data_dir)))
    assert finding == Finding("services", Level.WARN, "not up: postgres, valkey", "run `infra up`")


def test_a_schema_that_lacks_a_migration(database: Settings) -> None:
    from storage import schema

    schema.downgrade("base")
    finding = list(doctor.services(database))[-1]
    assert (finding.check, finding.level, finding.advice) == ("schema", Level.FAIL, "run `storage migrate`")


def test_a_locale_that_has_no_persian_letters(data_dir: Path) -> None:
    status, told = run(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert status == 1
    assert "fail  locale: locale C, encoding " in told
    assert "run `export LC_ALL=C.UTF-8`" in told


def test_packages_that_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["numpy>=999", "nosuchpackage", "rich>=1", "x; python_version<'3'", "trl>=999; extra == 'train'"]
    folder = tmp_path / "tabib-9.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: tabib", "Version: 9", *(f"Requires-Dist: {a}" for a in asked)]
    (folder / "METADATA").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    base, train, dev = doctor.packages(Settings())
    assert base.level is Level.FAIL
    assert base.found.split("; ")[1] == "nosuchpackage is missing"
    assert base.found.startswith("numpy is ")
    assert base.found.count(";") == 1
    assert (train.level, train.found[:6]) == (Level.WARN, "trl is")
    assert "pip install 'tabib[train]'" in train.advice
    assert dev.level is Level.OK


def test_disk_and_memory_against_what_is_needed(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=data_dir)
    for name in ("DISK_NEEDED", "DISK_FOR_TRAINING", "MEMORY_FOR_DEMO"):
        monkeypatch.setattr(doctor, name, 0)
    assert [only(check(settings)).level for check in (doctor.disk, doctor.memory)] == [Level.OK] * 2
    for name in ("DISK_FOR_TRAINING", "MEMORY_FOR_DEMO"):
        monkeypatch.setattr(doctor, name, 1e18)
    assert [only(check(settings)).level for check in (doctor.disk, doctor.memory)] == [Level.WARN] * 2
    monkeypatch.setattr(doctor, "DISK_NEEDED", 1e18)
    finding = only(doctor.disk(settings))
    assert finding.level is Level.FAIL
    assert "TABIB_DATA_DIR" in finding.advice


def test_fonts(tmp_path: Path, programs: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FONT_FOLDERS", (str(tmp_path),))
    assert only(doctor.fonts(Settings())).level is Level.WARN
    (tmp_path / "Vazirmatn-Regular.ttf").touch()
    assert only(doctor.fonts(Settings())).found == "1 with Persian letters, Vazirmatn-Regular first"
    programs("fc-list", "Noto Naskh Arabic")
    assert only(doctor.fonts(Settings())).found == "1 with Persian letters, Noto Naskh Arabic first"


def test_gpu_and_browser(programs: Callable[[str, str], None]) -> None:
    assert [only(check(Settings())).level for check in (doctor.gpu, doctor.browser)] == [Level.WARN] * 2
    programs("nvidia-smi", "NVIDIA H100, 81559 MiB")
    programs("google-chrome", "")
    assert only(doctor.gpu(Settings())) == Finding("gpu", Level.OK, "NVIDIA H100, 81559 MiB")
    assert only(doctor.browser(Settings())).level is Level.OK


def test_ports() -> None:
    assert {f.check for f in doctor.ports(Settings())} == {"port 8080", "port 8765"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken = doctor._port("admin", port)
    assert (taken.level, "--port" in taken.advice) == (Level.WARN, True)
    assert doctor._port("admin", port) == Finding(f"port {port}", Level.OK, "free for `infra admin`")


def test_a_database_whose_data_folder_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SHARED", tmp_path)
    root = tmp_path / "abc"
    root.mkdir()
    (root / "belongs-to").write_text("/gone/services\n")
    finding = only(doctor.leftovers(Settings()))
    assert finding.level is Level.WARN
    assert f"{root}, 0 MB, was the database of /gone/services" in finding.found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another account")
def test_the_account_of_the_servers(data_dir: Path) -> None:
    assert only(doctor.account(Settings(data_dir=data_dir))) == Finding("services' account", Level.OK, "nobody")
    finding = only(doctor.account(Settings(data_dir=data_dir, services_account="nosuchuser")))
    assert (finding.level, "TABIB_SERVICES_ACCOUNT" in finding.advice) == (Level.FAIL, True)
