"""How long leads and operators wait for each of their pages over a million documents and 200,000 reviews.

    python -m tests.bench.dashboards [--documents 1000000] [--reviews 200000] [--times 20] [--keep]

With --keep the configured database is used as it is, as one that an earlier run filled. The first visit is told apart:
figures that are kept for a while are made by it.
"""

# ruff: noqa: T201

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from infra.admin.app import application, server
from infra.listening import listen
from storage import db, users
from storage.errors import UsageError
from tests.bench import big_house
from tests.bench.services import services
from tests.infra.security.clients import client

LIMIT = 500.0  # milliseconds, p95
PAGES = {
    "/review": "lead",
    "/assign": "lead",
    "/assign?look=1&sources=drhast": "lead",
    "/assign?look=1&longer_than=300&order=shortest": "lead",
    "/farm": "operator",
    "/manage": "admin",
    "/manage/documents": "lead",
    "/manage/documents?f.source=drhast&f.state=review": "lead",
    "/manage/documents?f.speciality=رشتهٔ 7": "lead",
    "/manage/documents?f.doctor=نیست": "lead",
    "/manage/documents?q=واژه1234": "lead",
    "/manage/documents?q=سردرد": "lead",
    "/manage/documents?q=سردرد شديد واژه77": "lead",
    "/manage/documents?q=دیابت&f.state=rejected": "lead",
    "/manage/documents?q=هیچ‌کجا": "lead",
    "/manage/documents?q=قاعدگی ایمپلنت بواسیر": "lead",
    "/manage/reviews": "lead",
    "/manage/reviews?f.user_id=7&f.decision=reject": "lead",
    "/manage/addresses?f.state=failed": "operator",
    "/manage/audit_events": "admin",
}


@contextmanager
def serving() -> Iterator[str]:
    """The admin as it is served, in a thread."""
    with listen("127.0.0.1", 0) as listener:
        served = server(application())
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        served.should_exit = True
        thread.join()


def visit(opened: httpx.Client, path: str, times: int) -> tuple[float, list[float]]:
    """Milliseconds of the first visit, and of the others."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        answer = opened.get(path, timeout=60)
        taken.append(1000 * (time.perf_counter() - began))
        if answer.status_code not in (200, 422):
            raise SystemExit(f"{path}: {answer.status_code}")
    return taken[0], sorted(taken[1:])


def measure(times: int) -> None:
    """Print a line a page."""
    with db.session() as session:
        for role in ("lead", "operator", "admin"):
            try:
                users.add(session, role, "correct horse battery", role)
            except UsageError:
                continue
    print(f"{'page':<62}{'first':>8}{'p50':>8}{'p95':>8}  ms")
    with serving() as site:
        for path, role in PAGES.items():
            with client(site, role) as opened:
                first, others = visit(opened, path, times)
            slowest = others[min(len(others) - 1, round(0.95 * len(others)))]
            told = "" if slowest <= LIMIT else "  over the limit"
            print(f"{path:<62}{first:>8.0f}{statistics.median(others):>8.0f}{slowest:>8.0f}{told}", flush=True)


def main() -> None:
    """Build the database, unless it is kept, and measure."""
    asked = argparse.ArgumentParser()
    for name, count in (("documents", 1_000_000), ("reviews", 200_000), ("times", 20)):
        asked.add_argument(f"--{name}", type=int, default=count)
    asked.add_argument("--keep", action="store_true")
    given = asked.parse_args()
    if given.keep:
        measure(given.times)
        return
    with services():
        big_house.build(given.documents, given.reviews)
        measure(given.times)
        db.engine().dispose()


if __name__ == "__main__":
    main()
