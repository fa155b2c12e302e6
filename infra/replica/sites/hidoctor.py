"""www.hidoctor.ir: a WordPress magazine, all of whose articles are in one numbered listing."""

from __future__ import annotations

import re

from infra.replica.listing import page_number, page_of
from infra.replica.magazine import parts
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Article, Question
from infra.replica.site import Site, moved_unless, trap_article
from infra.replica.texts import slug

PER_PAGE = 12
RELATED = 5


class Hidoctor(Site):
    """Listing /page/N/, articles /NNNNNN_<slug>.html/; past the last page WordPress answers 404."""

    name = "hidoctor"
    host = "www.hidoctor.ir"
    persian_name = "های دکتر"
    trap = trap_article("hidoctor")

    def path(self, record: Question | Article) -> str:
        name = record.slug if isinstance(record, Article) else slug(record.title)
        return f"/{record.record}_{name}.html/"

    def robots(self) -> str:
        return f"User-agent: *\nDisallow: /wp-admin/\nDisallow: /{FORBIDDEN_RECORD}_\n"

    def page(self, asked: Asked) -> Page | Moved | None:
        if found := re.fullmatch(r"/(?:page/([1-9]\d{0,8})/?)?", asked.path):
            return self._listing(page_number(found[1]) or 1)
        if found := re.fullmatch(r"/(\d+)_[^/]*\.html/?", asked.path):
            return self._article(self.find(found[1]), asked.path)
        return None

    def _listing(self, number: int) -> Page | None:
        listing = page_of(self.records, number, PER_PAGE)
        if number > listing.last:
            return None
        return self.render("listing.html", title=f"مجله سلامت، صفحه {number}", listing=listing)

    def _article(self, article: Question | Article | None, path: str) -> Page | Moved | None:
        if not isinstance(article, Article):
            return None
        return moved_unless(path, self.path(article)) or self.render(
            "article.html",
            title=article.title,
            article=article,
            parts=parts(article, f"{self.base}/?s="),
            related=self.following(article, range(1, RELATED + 1)),
            date=article.date,
        )
