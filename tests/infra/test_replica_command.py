"""`infra replica` as a command: what it prints, how it stops, how it refuses."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.infra.replica_visitor import RECORDS

INFRA = str(Path(sys.executable).parent / "infra")
START = ["replica", "--port", "0", "--records", str(RECORDS)]


def infra(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INFRA, *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def started() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([INFRA, *START], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def printed(process: subprocess.Popen[str]) -> list[str]:
    """The start's lines, up to the crawl's command."""
    assert process.stdout
    lines: list[str] = []
    while not lines or "crawlers crawl" not in lines[-1]:
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        lines.append(line.rstrip())
    return lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_what_it_serves_and_stops_cleanly(started: subprocess.Popen[str], number: int) -> None:
    lines = printed(started)
    found = re.search(r"http://127\.0\.0\.1:(\d+)", lines[0])
    assert found
    base = found[0]
    assert lines[0].startswith("14 sites are served on ")
    assert [line.split()[0] for line in lines[1:15]] == [
        "hidoctor", "niniban", "drhast", "doctor-yab", "isovisit", "darmankade", "doctoreto", "hamrah-teb",
        "seebmagazine", "paziresh24", "extern", "majalepezeshki", "salammag", "nabz",
    ]  # fmt: skip
    assert len({len(line) for line in lines[1:15]}) == 1
    assert re.search(r"niniban +niniban\.com +5 records +2 articles +3 pairs +0 unanswered", lines[2])
    assert lines[-1].strip() == f"crawlers crawl all --connect-to '*={base}' --delay 0 --until-idle"
    with httpx.Client(trust_env=False) as client:  # an open connection must not keep it
        assert client.get(base + "/page/1/", headers={"Host": "www.hidoctor.ir"}).status_code == 200
        started.send_signal(number)
        assert started.wait(20) == 0
    assert started.stderr
    assert started.stderr.read() == ""


def test_the_list_is_json_a_document_a_line() -> None:
    done = infra("replica", "--list", "--records", str(RECORDS))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len(rows)) == (0, "", 56)
    row = next(r for r in rows if (r["record"], r["ordinal"]) == ("700001", 1))
    assert row.pop("question").startswith("دوز را نصف کنم؟ <script>")
    assert row == {
        "source": "drhast",
        "record": "700001",
        "url": "https://drhast.com/q/700001/%D9%BE%D8%B1%D8%B3%D8%B4-700001-%D8%AF%D8%B1%D8%A8%D8%A7%D8%B1%D9%87"
        "-b-%D8%B3%D8%B1%D8%AF%D8%B1%D8%AF-b-%D8%AA%D8%A8",
        "kind": "qa",
        "ordinal": 1,
        "title": "پرسش 700001 درباره <b>سردرد</b> & تب",
        "answer": "پاسخ دوم پزشک دیگر",
        "text": None,
        "doctor": "دکتر دیگر نمونه",
        "speciality": None,
        "published_at": "2023-06-02",
        "tags": [],
    }


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = infra("replica", "--port", str(port), "--records", str(RECORDS))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"infra: port {port} of 127.0.0.1 is taken: choose another with --port, or 0 for a free one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "--host is '0.0.0.0'; allowed: 127.0.0.1"),  # noqa: S104
        (["--port", "70000"], "--port is 70000; allowed: 0 (a free one) to 65535"),
        (["--records", "/none"], "/none is not a folder"),
        (["--records", str(RECORDS), "--list", "x"], "unexpected extra argument"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(arguments: list[str], message: str) -> None:
    done = infra("replica", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_broken_line_of_records_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "drhast.jsonl").write_text('{"question": "x", "answer": "y"}\n{"question"\n')
    for more in ([], ["--list"]):
        done = infra("replica", "--port", "0", "--records", str(tmp_path), *more)
        assert (done.returncode, done.stdout) == (2, "")
        assert re.fullmatch(r"infra: drhast\.jsonl:2: not JSON in UTF-8 \(.+\)\n", done.stderr)
