"""A web that means harm, against real processes over real sockets: nothing inside is reached, and all of it ends."""

import datetime as dt
import hashlib
import ipaddress
import json
import os
import re
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from crawlers.public_addresses import INSIDE, is_public
from storage.settings import Settings
from tests.crawlers import farm, hostile
from tests.crawlers.fetching import fetched

SITE = "http://site.example"
WHOLE = f"200 {len(hostile.PAGE)} {hashlib.sha256(hostile.PAGE).hexdigest()}"
QUICK = {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 1}
BARE_MIB = 110
"""What Scrapy takes that has fetched one small page."""


def targets(port: int, *hosts: str) -> dict[str, object]:
    return {"CRAWL_CONNECT_TO": dict.fromkeys(hosts or ["site.example"], f"http://127.0.0.1:{port}")}


PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200",  # noqa: S104
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1",
    "2001:db8::1", "2001:20::1", "3fff::1", "100::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "site.example", "",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "185.1.1.1", "2a00:1450::1", "2606:4700::6810:1", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_outside_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses() | st.ip_addresses(v=4).map(lambda inside: ipaddress.IPv6Address(0xFFFF << 32 | int(inside))))
def test_nothing_is_public_that_python_does_not_call_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)) and address not in ipaddress.ip_network("64:ff9b::/96"):
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_loopback, address.is_link_local))


LITERALS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0", "10.1.2.3",
    "0.0.0.0", "2852039166", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[::1]", "[::]",  # noqa: S104
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00:ec2::254]", "[fe80::1]",
]  # fmt: skip


def test_no_address_inside_is_connected_to_in_whatever_form() -> None:
    names = {"inside.example": [["127.0.0.1", "10.0.0.1", "::1"]], "metadata.example": [["169.254.169.254"]]}
    hosts = [*LITERALS, *names]
    found = fetched([f"http://{h}/" for h in hosts], hosts=[h.strip("[]") for h in hosts], answers=names)
    assert found["ends"] == {f"http://{h}/": INSIDE for h in hosts}
    assert found["connected"] == []


def test_of_several_addresses_only_public_ones_are_tried_and_a_new_answer_is_looked_at_anew() -> None:
    names = {
        "mixed.example": [["127.0.0.1", "93.184.215.14", "::1", "2606:4700::1"]],
        "rebound.example": [["93.184.215.15"], ["127.0.0.1"]],
    }
    urls = [f"http://{name}/" for name in names]
    found = fetched(urls, hosts=list(names), answers=names, settings=QUICK)
    assert found["ends"] == dict(zip(urls, ["DownloadConnectionRefusedError", INSIDE], strict=True))
    assert set(found["connected"]) == {"93.184.215.14 80", "2606:4700::1 80", "93.184.215.15 80"}
    assert found["connected"].count("93.184.215.15 80") == 1


def test_a_target_opens_its_own_host_and_port_and_no_other() -> None:
    answers = hostile.WHOLE | {"/out": hostile.redirect("http://other.example/page")}
    with hostile.serving(answers) as (port, asked), hostile.serving(answers) as (other, asked_of_other):
        hosts = ("site.example", "other.example", "127.0.0.1")
        urls = [f"{SITE}/page", f"{SITE}/out", "http://other.example/page", f"http://127.0.0.1:{other}/page"]
        # The port is none of a site's, so OwnHosts would stop the last before it is looked up.
        asking = {
            "hosts": hosts,
            "answers": {"other.example": [["127.0.0.1"]]},
            "without": ["crawlers.connect_to.OwnHosts"],
        }
        found = fetched(urls, settings=targets(port), **asking)
    assert found["ends"] == dict(zip(urls, [WHOLE, INSIDE, INSIDE, INSIDE], strict=True))
    assert (set(asked), set(asked_of_other)) == ({"/page", "/out"}, set())
    assert set(found["connected"]) == {f"127.0.0.1 {port}"}


def test_no_proxy_is_used_whoever_names_it() -> None:
    with hostile.serving(hostile.WHOLE) as (port, asked), hostile.serving(hostile.WHOLE) as (proxy, asked_of_proxy):
        by = f"http://127.0.0.1:{proxy}"
        env = dict.fromkeys(["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"], by)
        urls = [f"{SITE}/page", "http://inside.example/page"]
        asking = {"hosts": ["site.example", "inside.example"], "answers": {"inside.example": [["10.0.0.1"]]}}
        found = fetched(urls, env | {"no_proxy": ""}, settings=targets(port), meta={"proxy": by}, **asking)
    assert found["ends"] == dict(zip(urls, [WHOLE, INSIDE], strict=True))
    assert (set(asked), set(asked_of_proxy)) == ({"/page"}, set())


def test_without_the_guard_nothing_is_fetched() -> None:
    with hostile.serving(hostile.WHOLE) as (port, asked):
        other = {"TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver"}
        found = fetched([f"{SITE}/page"], settings=targets(port) | other)
    assert (found["ends"], asked) == ({f"{SITE}/page": "RuntimeError"}, {})


def test_only_the_web_is_read() -> None:
    urls = ["file:///etc/hostname", "data:text/html,x", "ftp://site.example/x", "s3://site.example/x"]
    found = fetched(urls, without=["crawlers.connect_to.OwnHosts"])
    assert found["ends"] == dict.fromkeys(urls, "NotSupported")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that only those trust who were given it, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return path


def test_a_certificate_that_no_one_vouches_for_is_refused(certificate: Path) -> None:
    with hostile.serving(hostile.WHOLE, tls=certificate) as (port, asked):
        settings = {"CRAWL_CONNECT_TO": {"site.example": f"https://127.0.0.1:{port}"}}
        stranger = fetched([f"{SITE}/page"], settings=settings)
        known = fetched([f"{SITE}/page"], {"SSL_CERT_FILE": str(certificate)}, settings=settings)
    assert stranger["ends"] == {f"{SITE}/page": "its certificate cannot be verified"}
    assert known["ends"] == {f"{SITE}/page": WHOLE}
    assert asked == {"/page": 1}


def test_odd_answers_that_are_whole_are_read() -> None:
    with hostile.serving(hostile.WHOLE) as (port, _):
        found = fetched([SITE + path for path in hostile.WHOLE], settings=targets(port))
    assert found["ends"] == {SITE + path: WHOLE for path in hostile.WHOLE}


def test_what_is_packed_or_endless_is_left_at_once_and_in_little_memory() -> None:
    answers = hostile.packed() | hostile.endless()
    with hostile.serving({path: answer for path, (answer, _) in answers.items()}) as (port, asked):
        started = time.monotonic()
        found = fetched([SITE + path for path in answers], settings=targets(port) | {"RETRY_TIMES": 4})
        took = time.monotonic() - started
    assert found["ends"] == {SITE + path: cause for path, (_, cause) in answers.items()}
    assert {asked[path] for path in answers if path not in ("/loop", "/same", "/chain")} == {1}, "none is tried again"
    assert asked["/loop"] == asked["/same"] == 6
    assert found["peak"] < BARE_MIB + 100, "though five of them are 200 MiB or more"
    assert took < 15


def test_what_breaks_off_or_drips_ends_in_time_and_is_no_page() -> None:
    answers = hostile.broken()
    with hostile.serving({path: answer for path, (answer, _) in answers.items()}) as (port, asked):
        started = time.monotonic()
        found = fetched([SITE + path for path in answers], settings=targets(port) | QUICK)
        took = time.monotonic() - started
    assert found["ends"] == {SITE + path: error for path, (_, error) in answers.items()}
    assert {asked[path] for path in answers} == {2}
    assert took < 15, "DOWNLOAD_TIMEOUT holds for the whole of an answer"
    assert found["peak"] < BARE_MIB + 50


def test_redirects_to_nowhere_and_meta_refreshes() -> None:
    refresh = b'<html><meta http-equiv="refresh" content="0; url=/page"></html>'
    answers = {"/nowhere": hostile.redirect("http://[::1"), "/refresh": hostile.body(refresh)} | hostile.WHOLE
    with hostile.serving(answers) as (port, asked):
        found = fetched([f"{SITE}/nowhere", f"{SITE}/refresh"], settings=targets(port))
    assert found["ends"] == {
        f"{SITE}/nowhere": "ValueError",
        f"{SITE}/refresh": f"200 {len(refresh)} {hashlib.sha256(refresh).hexdigest()}",
    }
    assert set(asked) == {"/nowhere", "/refresh"}


def question(number: int, answer: str = "", charset: str = "utf-8") -> str:
    head = f'<head><meta http-equiv="content-type" content="text/html; charset={charset}"></head>' if charset else ""
    return (
        f'<html>{head}<body><section class="section-show-question"><h1>عنوان {number}</h1>'
        f'<div class="card"><div class="card-body"><p>پرسش {number}</p></div></div>'
        f'<div class="card"><div class="card-body"><p>{answer or OLD}</p></div></div></section></body></html>'
    )


OLD = "پاسخ: بله، «تب» دارد؛ دارو را هر روز بخوريد."
"""With the Arabic ي, as windows-1256 has no other."""
LATIN = "Content-Type: text/html; charset=iso-8859-1"
BROKEN = "د".encode()[:1]
DEEP = b"<b>" * 2_600_000
UNREADABLE = "bytes of an unknown charset"


def right(number: int) -> dict[str, hostile.Answer]:
    """Records whose text is to be stored as it was meant."""
    made = [
        hostile.body(question(number).encode()),
        hostile.body(question(number + 1, charset="windows-1256").encode("cp1256")),
        hostile.body(question(number + 2, charset="").encode("cp1256")),
        hostile.body(question(number + 3, charset="").encode("cp1256"), LATIN),
        hostile.body(question(number + 4, charset="").encode(), LATIN),
        hostile.body(question(number + 5, charset="windows-1256").encode("utf-16")),
        hostile.body(question(number + 6, OLD.replace(" ", "\0 \x01", 2)).encode()),
        hostile.body(question(number + 7).encode().replace(b"</body>", b"<!-- " + BROKEN + b" --></body>")),
        hostile.body(question(number + 8).encode() + b'<meta http-equiv="refresh" content="0; url=/questions/1/x">'),
    ]
    return {f"/questions/{number + n}/x": answer for n, answer in enumerate(made)}


def wrong(number: int) -> dict[str, tuple[hostile.Answer, str]]:
    """Records of which nothing may be stored, each with its cause."""
    text, too_much = question(number).encode(), "more than 50,000 elements, or 500 names of elements and attributes"
    attributes = b"<p " + b" ".join(b"a%d" % n for n in range(600_000)) + b">"
    made = [
        (hostile.body(question(number).encode("cp1256")), UNREADABLE),
        (hostile.body(text.replace("تب".encode(), b"\xd8" + BROKEN)), UNREADABLE),
        (hostile.body(question(number, charset="").encode().replace("تب".encode(), BROKEN)), UNREADABLE),
        (hostile.body(question(number).encode("utf-16-le")), "the body is not HTML"),
        (hostile.body(b"%PDF-1.7 <x:xmpmeta>" + bytes(range(256)) * 400), "the body is not HTML"),
        (hostile.body(b"\xff\xd8\xff\xe0\x00\x10JFIF<a>" + bytes(range(256)) * 400), "the body is not HTML"),
        (hostile.body(b""), "the body is empty"),
        (hostile.body(text.replace(b"<p>", DEEP, 1)), too_much),
        (hostile.body(text.replace(b"<p>", b"<p>" * 2_600_000, 1)), too_much),
        (hostile.body(text.replace(b"<p>", attributes, 1)), too_much),
        (hostile.body(text + b"<!-- " + b"a" * (9 << 20)), "longer than 8,388,608 bytes"),
        *hostile.packed().values(),
        *(found for path, found in hostile.endless().items() if path not in ("/loop", "/chain", "/same")),
        (hostile.redirect(""), "max redirections reached"),
        (hostile.redirect("http://127.0.0.1/questions/1/x"), "it leads to another host"),
        (hostile.redirect("https://isovisit.com:6379/questions/1/x"), "it leads to no address of the site"),
        (hostile.cut(text, "Content-Length: 999999"), "ResponseDataLoss"),
    ]
    return {f"/questions/{number + n}/x": (answer, cause) for n, (answer, cause) in enumerate(made)}


def site() -> tuple[dict[str, hostile.Answer], dict[str, str], Counter[str]]:
    """isovisit as it would attack us; the texts to be stored, by record; how often each cause is to be told."""
    good, bad = right(1), wrong(100)
    robots = b"Sitemap: http://169.254.169.254/x.xml\nSitemap: https://isovisit.com/bomb.xml.gz\nDisallow:\n"
    listing = "".join(f'<a href="{path}">x</a>' for path in [*good, *bad]).encode()
    answers = {
        "/robots.txt": hostile.body(robots),
        "/sitemap.xml": hostile.body(b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><urlset><url><loc>&a;</loc></url></urlset>"),
        "/bomb.xml.gz": hostile.body(hostile.gzip_bomb()),
        "/questions": hostile.body(b"<html>" + listing),
        **good,
        **{path: answer for path, (answer, _) in bad.items()},
    }
    causes = Counter([*(cause for _, cause in bad.values()), "longer than 8,388,608 bytes"])
    return answers, {path.split("/")[2]: OLD for path in good}, causes


def test_a_site_that_attacks_loses_its_bad_pages_and_no_other(database: Settings) -> None:
    answers, texts, causes = site()
    with hostile.serving(answers) as (port, asked):
        done, peak = measured("isovisit", "--connect-to", f"*=http://127.0.0.1:{port}", "--delay", "0")
    assert "Traceback" not in done.stderr
    assert {record: answer for (_, _, record, _), (_, _, _, answer, _) in farm.stored().items()} == texts
    assert Counter(farm.summary(done)["isovisit"]["causes"]) == causes
    assert not {path for path in asked if "x.xml" in path}
    assert peak < 450, "of 16 pages at once each may have 8 MiB, packed and unpacked and as text"


LIES = """
import json, os, runpy, sys
runpy.run_path(os.path.join({offline!r}, "sitecustomize.py"))
sys.path.append({root!r})
from tests.crawlers import fetching
fetching.lie(json.loads(os.environ["ANSWERS"]))
"""


def test_a_crawl_is_led_inside_by_no_name_not_even_for_robots(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = Path(__file__).parents[1]
    (tmp_path / "sitecustomize.py").write_text(LIES.format(offline=str(tests / "offline"), root=str(tests.parent)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("ANSWERS", json.dumps({"isovisit.com": [["127.0.0.1", "::1"]]}))
    monkeypatch.setenv("CONNECTED", str(tmp_path / "connected"))
    done, _ = measured("isovisit", "--delay", "0.5")
    assert farm.summary(done)["isovisit"]["causes"] == {INSIDE: 3}
    assert not (tmp_path / "connected").exists(), "a connection was made"
    assert done.returncode == 1


def measured(*arguments: str) -> tuple["subprocess.CompletedProcess[str]", int]:
    """The crawl, once it ended by itself, and the most memory that one of its processes took, in MiB.

    None of them may listen for connections: Scrapy's telnet console and remote control would.
    """
    process = subprocess.Popen(
        farm.command(*arguments, "--until-idle", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    seen: list[tuple[int, int]] = [(0, 0)]
    with ThreadPoolExecutor(1) as reader:
        output = reader.submit(process.communicate, timeout=60)
        while not output.done():
            seen += map(size_and_listeners, [process.pid, *children(process.pid)])
            time.sleep(0.05)
        process.kill()
        out, err = output.result()
    sizes, listeners = zip(*seen, strict=True)
    assert not any(listeners)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err), max(sizes)


def children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def size_and_listeners(pid: int) -> tuple[int, int]:
    """The most memory that a process took so far, in MiB, and on how many ports it listens."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        listening = [c for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    except (OSError, psutil.Error):
        return 0, 0
    return (int(found[1]) >> 10 if found else 0), len(listening)
