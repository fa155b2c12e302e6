"""drhast.com: a forum whose listing shows only the newest records; the rest hang together by related links."""

from __future__ import annotations

import re

from infra.replica.listing import page_of
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Article, Question, Records
from infra.replica.site import Site, moved_unless, trap_question
from infra.replica.texts import slug

PER_PAGE = 100
LISTED_AT_MOST = 2000
LISTED_AT_LEAST = 20
UNLISTED_SHARE = 5
"""At most a fifth is listed, so that a small set of records needs the graph as the live site does."""
RELATED = 100
NEAR = 20


class Drhast(Site):
    """Listing /q/page-N, records /q/<number>/<slug> in schema.org microdata."""

    name = "drhast"
    host = "drhast.com"
    persian_name = "دکتر هست"
    printed = frozenset({"doctor", "date"})
    trap = trap_question("drhast")

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        share = -(-len(self.records) // UNLISTED_SHARE)
        self.listed = self.records[: min(LISTED_AT_MOST, max(LISTED_AT_LEAST, share))]
        self.chords = chords(len(self.records))

    def path(self, record: Question | Article) -> str:
        return f"/q/{record.record}/{slug(record.title)}"

    def robots(self) -> str:
        return f"User-agent: *\nDisallow: /panel/\nDisallow: /q/{FORBIDDEN_RECORD}/\n"

    def page(self, asked: Asked) -> Page | Moved | None:
        if asked.path == "/":
            return self.render("home.html", title="پرسش و پاسخ پزشکی", newest=self.listed[:10])
        if found := re.fullmatch(r"/q(?:/(?:page-([1-9]\d{0,8}))?)?", asked.path):
            return self._listing(int(found[1] or 1))
        if found := re.fullmatch(r"/q/(\d+)(?:/[^/]*)?", asked.path):
            return self._record(self.find(found[1]), asked.path)
        return None

    def _listing(self, number: int) -> Page | None:
        listing = page_of(self.listed, number, PER_PAGE)
        if number > listing.last:
            return None
        return self.render("listing.html", title=f"پرسش‌های پزشکی، صفحه {number}", listing=listing)

    def _record(self, question: Question | Article | None, path: str) -> Page | Moved | None:
        if not isinstance(question, Question):
            return None
        return moved_unless(path, self.path(question)) or self.render(
            "question.html",
            title=question.title,
            question=question,
            related=self.following(question, self.chords),
            date=question.date,
        )


def chords(count: int) -> list[int]:
    """How far along the ring of `count` records a record's related ones stand: RELATED at most.

    Step 1 is always among them, so every record is reached from any other; the long steps keep the way short.
    """
    near = range(1, NEAR + 1)
    far = (NEAR + k * (count - NEAR) // (RELATED - NEAR + 1) for k in range(1, RELATED - NEAR + 1))
    return sorted({step for step in (range(1, count) if count <= RELATED + 1 else (*near, *far)) if 0 < step < count})
