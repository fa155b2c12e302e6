"""isovisit.com: a small forum; its listing shows the newest half, robots.txt leads to a sitemap of all of it."""

from __future__ import annotations

import re

from infra.replica.listing import page_number, page_of
from infra.replica.pages import Asked, Moved, Page, gzipped
from infra.replica.records import FORBIDDEN_RECORD, Article, Question, Records
from infra.replica.site import STATIC, Site, moved_unless, trap_question
from infra.replica.sitemaps import sitemap, sitemap_index
from infra.replica.texts import slug

PER_PAGE = 20


class Isovisit(Site):
    """Listing /questions?page=N, records /questions/<number>/<slug>, sitemaps nested twice and one of them gzipped."""

    name = "isovisit"
    host = "isovisit.com"
    persian_name = "ایزوویزیت"
    printed = frozenset({"doctor", "date", "tags"})
    trap = trap_question("isovisit")

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        half = -(-len(self.records) // 2)
        self.newer, self.older = self.records[:half], self.records[half:]

    def path(self, record: Question | Article) -> str:
        return f"/questions/{record.record}/{slug(record.title)}"

    def robots(self) -> str:
        lines = ("User-agent: *", "Disallow: /dashboard", f"Disallow: /questions/{FORBIDDEN_RECORD}/")
        return "\n".join([*lines, "", f"Sitemap: {self.base}/sitemap.xml", ""])

    def page(self, asked: Asked) -> Page | Moved | None:
        if asked.path == "/":
            return self.render("home.html", title="مشاوره آنلاین پزشکی", newest=self.newer[:6])
        if asked.path in ("/questions", "/questions/"):
            return self._listing(page_number(asked.query.get("page")))
        if found := re.fullmatch(r"/questions/(\d+)(?:/[^/]*)?", asked.path):
            return self._record(self.find(found[1]), asked.path)
        return self._sitemap(asked.path)

    def _listing(self, number: int | None) -> Page | None:
        if number is None:
            return None
        listing = page_of(self.newer, number, PER_PAGE)
        return self.render("listing.html", title="پرسش‌های کاربران", listing=listing)

    def _record(self, question: Question | Article | None, path: str) -> Page | Moved | None:
        if not isinstance(question, Question):
            return None
        return moved_unless(path, self.path(question)) or self.render(
            "question.html",
            title=question.title,
            question=question,
            answer=question.answers[0] if question.answers else None,
            date=question.date,
        )

    def _sitemap(self, path: str) -> Page | None:
        indexes = {
            "/sitemap.xml": ("/sitemaps/pages.xml", "/sitemaps/questions.xml"),
            "/sitemaps/questions.xml": ("/sitemaps/questions-1.xml", "/sitemaps/questions-2.xml.gz"),
        }
        if entries := indexes.get(path):
            return sitemap_index(self, entries)
        if path == "/sitemaps/pages.xml":
            return sitemap(self, ["/", "/questions", *STATIC])
        if path == "/sitemaps/questions-1.xml":
            return sitemap(self, self.newer)
        if path == "/sitemaps/questions-2.xml.gz":
            return gzipped(sitemap(self, self.older))
        return None
