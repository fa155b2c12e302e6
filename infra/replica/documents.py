"""What is served, one document at a time: the truth a crawl is compared with."""

import json
from collections.abc import Iterator

from infra.replica.records import Question, Records
from infra.replica.site import Served
from infra.replica.sites import SITES


def documents(records: Records) -> Iterator[Served]:
    """Every pair and article that a perfect crawl of all the sites stores, once each; the unanswered make none."""
    for kind in SITES:
        yield from kind(records).documents()


def print_documents(records: Records) -> None:
    """One JSON object a line on standard output."""
    for document in documents(records):
        print(json.dumps(document, ensure_ascii=False))  # noqa: T201


def summary(records: Records) -> Iterator[str]:
    """A line a site: what it serves."""
    for kind in SITES:
        site = kind(records)
        found = list(site.documents())
        pairs = sum(document["kind"] == "qa" for document in found)
        unanswered = sum(isinstance(record, Question) and not record.answers for record in site.records)
        yield (
            f"{site.name:<15} {site.host:<18} {len(site.records):>7,} records "
            f"{len(found) - pairs:>7,} articles {pairs:>7,} pairs {unanswered:>5,} unanswered"
        )
