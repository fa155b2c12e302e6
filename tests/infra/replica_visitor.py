"""A visitor of the stand-in sites who reads pages by the published structure, for the tests of the replica."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from parsel import Selector

from infra import replica
from infra.replica.records import Answer, Question, QuestionSite, Records
from infra.replica.texts import fold

RECORDS = Path(__file__).parent / "replica_records"


FURNITURE = (
    "script, style, ins, .ads-box, .adv_box, .ads, .inline-related, .related-posts, .related_news, #ez-toc-container, "
    ".kk-star-ratings, .post-sources, .vote"
)


class Visitor:
    """Asks for live URLs and sends them to the replica's port."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.client = httpx.Client(trust_env=False)

    def get(self, url: str, **headers: str) -> httpx.Response:
        """The response to a live URL; redirects are not followed."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(self.base + path, headers={"Host": parts.netloc} | named)

    def page(self, url: str) -> Selector:
        """The parsed page of a live URL that must exist."""
        response = self.get(url)
        assert response.status_code == 200, url
        return Selector(response.text)

    def links(self, url: str, css: str) -> list[str]:
        """The absolute targets of the links that `css` finds, once each, in order."""
        found = self.page(url).css(css).xpath("@href").getall()
        return list(dict.fromkeys(urljoin(url, href) for href in found))

    def status(self) -> dict[str, dict[str, int]]:
        """What the replica says of itself."""
        found: dict[str, dict[str, int]] = self.client.get(f"{self.base}/__replica__").json()
        return found


@contextmanager
def visiting(records: Records) -> Iterator[Visitor]:
    """A visitor of a replica that serves `records`."""
    with replica.serve(records) as base:
        visitor = Visitor(base)
        try:
            yield visitor
        finally:
            visitor.client.close()


def many(site: QuestionSite, count: int) -> Records:
    """`count` short answered questions of one site."""
    answers = (Answer(text="پاسخ"),)
    return Records(
        questions=tuple(
            Question(site=site, record=str(600_000 + n), title=f"عنوان {n}", question=f"پرسش {n}", answers=answers)
            for n in range(count)
        )
    )


def text(part: Selector) -> str:
    """The visible text, folded: no scripts, styles, advertisements or related lists."""
    for unwanted in part.css(FURNITURE):
        unwanted.drop()
    return fold("".join(part.xpath(".//text()").getall()))
