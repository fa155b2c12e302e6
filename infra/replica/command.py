"""What `infra replica` does and prints."""

from __future__ import annotations

from pathlib import Path

from infra.replica import records
from infra.replica.documents import print_documents, summary
from infra.replica.serving import LOOPBACK, run
from infra.replica.sites import SITES
from storage.errors import UsageError


def replica(host: str, port: int, folder: Path | None, only_list: bool) -> None:
    """Serve until a signal, or list what would be served. Raises UsageError before anything is printed."""
    if host != LOOPBACK:
        raise UsageError(f"--host is {host!r}; allowed: {LOOPBACK}, because it answers to the names of real sites")
    served = records.load(folder)
    if only_list:
        print_documents(served)
        return
    run(served, port, lambda base: _tell(served, base))


def _tell(served: records.Records, base: str) -> None:
    lines = [
        f"{len(SITES)} sites are served on {base} by Host header, until Ctrl-C:",
        *(f"  {line}" for line in summary(served)),
        *(f"  ({note})" for note in served.notes),
        "Crawl them with:",
        f"  crawlers crawl all --connect-to '*={base}' --delay 0 --until-idle",
    ]
    print("\n".join(lines), flush=True)  # noqa: T201
