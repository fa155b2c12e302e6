"""What `crawlers crawl` accepts, where it connects to, and how its processes are set."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers import outage as outages
from crawlers.connect_to import connections
from crawlers.outage import Outage
from crawlers.run import COUNTS, Summary, _fault, plan
from crawlers.settings import Crawl, scrapy_settings
from crawlers.spiders import chosen, sites
from storage.errors import ServiceUnavailable, UsageError
from storage.settings import Settings

BASE = "http://127.0.0.1:8800"


def test_fourteen_sites_are_registered_and_small() -> None:
    kinds = {site.name: site.kind for site in sites().values()}
    assert kinds == {
        "hidoctor": "listing",
        "niniban": "sections",
        "drhast": "graph",
        "doctor-yab": "forum",
        "isovisit": "sitemap",
        "darmankade": "sections",
        "doctoreto": "listing",
        "hamrah-teb": "listing",
        "seebmagazine": "listing",
    } | dict.fromkeys(["paziresh24", "extern", "majalepezeshki", "salammag", "nabz"], "sitemap")
    for site in sites().values():
        assert site.at_least > 0
        assert all(site.canonical(seed) == seed for seed in site.seeds())
        assert site.hosts[0].removeprefix("www.") in site.hosts
        assert len(Path(sys.modules[site.__module__].__file__ or "").read_text(encoding="utf-8").splitlines()) <= 40
    assert len(sites()["niniban"].seeds()) == 33


def test_names_and_aliases() -> None:
    assert [site.name for site in chosen("hidocor")] == ["hidoctor"]
    assert len(chosen("all")) == 14
    with pytest.raises(UsageError, match=r"all, darmankade, doctor-yab, doctoreto, drhast, .*, seebmagazine"):
        chosen("hidocto")


def test_one_host_maps_all_names_of_its_site_and_no_other() -> None:
    assert connections([f"NINIBAN.com={BASE}/"], sites().values()) == {"niniban.com": BASE, "www.niniban.com": BASE}
    every = connections([f"*={BASE}"], sites().values())
    assert set(every) == {name for site in sites().values() for name in site.hosts}


@pytest.mark.parametrize(
    "option",
    ["niniban.com", "niniban.com=", "niniban.com=ftp://127.0.0.1", "niniban.com=http://h:0", "niniban.com=http://h/path",
     "niniban.com=http://user@h", "niniban.com=http://h?x=1", "example.com=http://h", "=http://h", "niniban.com=http://h:x"],
)  # fmt: skip
def test_other_connections_are_refused(option: str) -> None:
    with pytest.raises(UsageError):
        connections([option], sites().values())


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), -1.0, 0.0, 0.49])
def test_live_sites_are_not_asked_faster_than_twice_a_second(delay: float) -> None:
    with pytest.raises(UsageError, match="--delay"):
        plan("drhast", [], delay, 1)


def test_only_a_stand_in_for_every_site_allows_no_delay() -> None:
    assert plan("drhast", [f"drhast.com={BASE}"], 0.0, 1).delay == 0
    with pytest.raises(UsageError, match=r"darmankade, doctor-yab, doctoreto, extern, .*, seebmagazine"):
        plan("all", [f"drhast.com={BASE}"], 0.0, 1)


@pytest.mark.parametrize("processes", [0, -1, 65])
def test_the_number_of_processes_is_bounded(processes: int) -> None:
    with pytest.raises(UsageError, match="--processes"):
        plan("drhast", [], 1.0, processes)


def test_the_farm_and_no_process_keeps_the_delay_and_nothing_dangerous_is_on(database: Settings) -> None:
    made = scrapy_settings(Crawl(("drhast",), "run", delay=1.5, processes=4))
    assert made["DOWNLOAD_DELAY"] == 0
    assert "crawlers.manners.Manners" in made["DOWNLOADER_MIDDLEWARES"]
    assert made["TWISTED_DNS_RESOLVER"] == "crawlers.public_addresses.PublicAddresses"
    assert not made["HTTPPROXY_ENABLED"]
    assert {name for name, handler in made["DOWNLOAD_HANDLERS"].items() if handler} == {"http", "https"}
    assert made["ROBOTSTXT_OBEY"]
    assert made["DOWNLOAD_VERIFY_CERTIFICATES"]
    assert not made["TELNETCONSOLE_ENABLED"]
    assert not made["REMOTE_CONTROL_ENABLED"]
    assert made["SCHEDULER_PERSIST"]


def summary(**counts: int) -> Summary:
    empty = dict.fromkeys((*COUNTS, "stored", "failed_listings", "listings", "listed"), 0)
    return Summary("isovisit", causes={}, seconds=1.0, **(empty | counts))  # type: ignore[arg-type]


def test_a_crawl_that_cannot_be_right_is_told() -> None:
    live, local = Crawl(("isovisit",), "r"), Crawl(("isovisit",), "r", {"isovisit.com": BASE})
    assert "79 documents are stored, a whole crawl gives at least 80" in str(_fault(summary(stored=79, pages=9), live))
    assert _fault(summary(stored=80, pages=100, unreadable=10, failed=11), live) is None
    assert _fault(summary(stored=0, pages=1), local) is None
    assert "not one page was fetched" in str(_fault(summary(stored=9), local))
    assert "no listing led to a record" in str(_fault(summary(stored=99, pages=99, listings=9), live))
    assert _fault(summary(stored=99, pages=99, listings=9), local) is None
    assert _fault(summary(stored=99, pages=99, listings=9, listed=1), live) is None
    assert "listings gave no page" in str(_fault(summary(stored=99, pages=99, failed=1, failed_listings=1), live))
    assert "could not be read" in str(_fault(summary(stored=80, pages=100, unreadable=11), live))
    assert "gave no page" in str(_fault(summary(stored=80, pages=80, failed=9), live))


def test_an_outage_is_waited_for_and_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with outage:
                raise ServiceUnavailable("PostgreSQL failed")
        assert outage.waiting
        assert not outage.over
        monkeypatch.setattr(outages, "PATIENCE_SECONDS", 0.0)
        assert outage.over
        with outage:
            pass
    assert not outage.over
    assert not outage.waiting
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_an_outage_swallows_no_other_error() -> None:
    with pytest.raises(ValueError, match="ours"), Outage():
        raise ValueError("ours")


def test_the_list_names_every_site() -> None:
    command = [str(Path(sys.executable).with_name("crawlers")), "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == sorted(sites())
    assert "hidocor" in done.stdout
