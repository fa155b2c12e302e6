"""The nine further magazines: one stand-in, told apart by where articles are listed and what stands around a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from infra.replica.listing import Numbered, page_number, page_of
from infra.replica.magazine import parts
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Article, Question, Records
from infra.replica.site import STATIC, Site, trap_article
from infra.replica.sitemaps import sitemap, sitemap_index

PER_PAGE = 2
"""Few enough that a handful of records fills several pages."""
RELATED = 3
CLOSED = f"{FORBIDDEN_RECORD}-closed"
PAGES = "/page-sitemap.xml"


class Magazine(Site):
    """An article's path has its slug, its number or both; `{record}` and `{slug}` stand for them."""

    templates = "magazine"
    article: ClassVar[str]
    item: ClassVar[tuple[str, str]] = ("article", "post")
    """Element and class around an article's link in a listing."""
    body: ClassVar[tuple[str, str]]
    """The attribute that marks the element around the text."""
    dated: ClassVar[str] = "meta"
    """Where the page says its date: in a meta element, in JSON-LD or in words."""
    extras: ClassVar[frozenset[str]] = frozenset()
    """What else stands among the text: contents, rating, sources, useful, style."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.by_path = {self.path(record): record for record in (*self.records, self.trap)}

    def path(self, record: Question | Article) -> str:
        slug = record.slug if isinstance(record, Article) else record.record
        return self.article.format(record=record.record, slug=slug)

    def record_name(self, record: Question | Article) -> str:
        return record.slug if isinstance(record, Article) and "{record}" not in self.article else record.record

    def robots(self) -> str:
        return f"User-agent: *\nDisallow: /wp-admin/\nDisallow: {self.path(self.trap)}\n"

    def page(self, asked: Asked) -> Page | Moved | None:
        if asked.path == "/":
            return self.render("listing.html", title="تازه‌ها", listing=page_of(self.records, 1, PER_PAGE), bar=[])
        record = self.by_path.get(asked.path)
        return self._article(record) if isinstance(record, Article) else self.other(asked)

    def other(self, asked: Asked) -> Page | Moved | None:
        """A listing or a sitemap."""
        raise NotImplementedError

    def _article(self, article: Article) -> Page:
        return self.render(
            "article.html",
            title=article.title,
            article=article,
            parts=parts(article, f"{self.base}/?s="),
            related=self.following(article, range(1, RELATED + 1)),
            date=article.date,
        )


class ListedMagazine(Magazine):
    """Numbered listings; where the number is part of the path, the first page is moved to the path without it."""

    listing: ClassVar[str]
    """A listing page's address, with `{number}` and, where there are several listings, `{section}`."""
    sections: ClassVar[Mapping[str, str]] = {}
    """For each section's name in an address the category of its articles."""

    def other(self, asked: Asked) -> Page | Moved | None:
        address = asked.path + (f"?page={asked.query['page']}" if "page" in asked.query else "")
        for section in self.sections or [""]:
            pattern = re.escape(self.listing.format(section=section, number="NUMBER"))
            start = re.escape(self.start(section))
            if found := re.fullmatch(rf"{start}|{pattern.replace('NUMBER', '(.*)')}", address):
                return self._listing(section, found[1])
        return None

    def start(self, section: str) -> str:
        """The path of a listing's first page."""
        return re.sub(r"(?:\?page=|page/)\{number\}/?", "", self.listing).format(section=section)

    def _listing(self, section: str, number: str | None) -> Page | Moved | None:
        if number == "1" and "?" not in self.listing:
            return Moved(self.start(section))
        asked = page_number(number)
        category = self.sections.get(section)
        found = [r for r in self.records if category is None or r.category == category]
        listing = page_of(found, asked or 1, PER_PAGE)
        if asked is None or asked > listing.last:
            return None
        return self.render("listing.html", title=category or "مجله", listing=listing, bar=self._bar(section, listing))

    def _bar(self, section: str, listing: Numbered[Question | Article]) -> list[tuple[int, str]]:
        first = (1, self.start(section))
        further = [n for n in listing.around if n > 1]
        return [first, *((n, self.listing.format(section=section, number=n)) for n in further)]


class MappedMagazine(Magazine):
    """Sitemaps of posts, and others that lead to no article."""

    posts: ClassVar[str]
    """The path of a sitemap of posts, with `{number}` where there are several."""
    index: ClassVar[str] = ""
    """The path of an index of sitemaps, where there is one; robots.txt names it, else the sitemap of pages."""
    besides: ClassVar[tuple[str, ...]] = ()
    """Paths that are no articles' and stand in the sitemap of posts."""

    def robots(self) -> str:
        return f"{super().robots()}\nSitemap: {self.base}{self.index or PAGES}\n"

    def other(self, asked: Asked) -> Page | None:
        maps = self.maps()
        if asked.path in maps:
            return sitemap(self, maps[asked.path])
        if asked.path == PAGES:
            return sitemap(self, ["/", *STATIC])
        if asked.path == self.index:
            return sitemap_index(self, [*maps, PAGES])
        return None

    def maps(self) -> dict[str, list[Question | Article | str]]:
        """The sitemaps of posts by their paths; the closed article is in the first, where it must be left alone."""
        counted = "{number}" in self.posts
        size = PER_PAGE if counted else max(1, len(self.records))
        last = page_of(self.records, 1, size).last
        made: dict[str, list[Question | Article | str]] = {
            self.posts.format(number=n): [*page_of(self.records, n, size).items] for n in range(1, last + 1)
        }
        next(iter(made.values())).extend([self.trap, *self.besides])
        return made


class Darmankade(ListedMagazine):
    """Its body ends in a box that asks whether the article was of use."""

    name, host, persian_name, trap = "darmankade", "darmankade.com", "درمانکده", trap_article("darmankade", CLOSED)
    listing, article = "/blog/{section}/page/{number}/", "/blog/{slug}/"
    sections = {
        "medicine": "پزشکی",
        "psychological-health": "سلامت روان",
        "diseases": "بیماری‌ها",
        "mother-and-child": "مادر و کودک",
        "health": "سلامت",
        "medical-tests": "آزمایش‌های پزشکی",
    }
    body, extras = ("class", "entry-content"), frozenset({"useful"})


class Doctoreto(ListedMagazine):
    """Dates in JSON-LD only."""

    name, host, persian_name, trap = "doctoreto", "doctoreto.com", "دکترتو", trap_article("doctoreto", CLOSED)
    listing, article = "/blog/all-posts/page/{number}/", "/blog/{slug}/"
    item, body, dated = ("div", "post-card"), ("class", "start-content"), "json"


class HamrahTeb(ListedMagazine):
    """Listings under /blogs by query, articles under /blog/ with their number."""

    name, host, persian_name, trap = "hamrah-teb", "hamrah-teb.com", "همراه طب", trap_article("hamrah-teb", CLOSED)
    listing, article = "/blogs?page={number}", "/blog/{record}/{slug}"
    item, body, dated = ("div", "post-content"), ("class", "article-content"), "words"


class SeebMagazine(ListedMagazine):
    """Style elements among the paragraphs."""

    name, host, persian_name, trap = "seebmagazine", "seebmagazine.com", "سیب", trap_article("seebmagazine", CLOSED)
    listing, article = "/category/medical-articles/page/{number}/", "/{slug}/"
    item, body, extras = ("div", "grid_img"), ("id", "cont_p"), frozenset({"style"})


class Paziresh24(MappedMagazine):
    """A table of contents before the text, a rating and the sources after it."""

    name, host, persian_name, trap = "paziresh24", "paziresh24.com", "پذیرش۲۴", trap_article("paziresh24", CLOSED)
    posts, article = "/blog/post-sitemap{number}.xml", "/blog/{slug}/"
    body, extras = ("class", "entry-content"), frozenset({"contents", "rating", "sources"})


class Extern(MappedMagazine):
    """No class that a reader could know: the text is found by its microdata."""

    name, host, persian_name, trap = "extern", "extern.ir", "اکسترن", trap_article("extern", CLOSED)
    posts, index, article = "/extern_health-sitemap.xml", "/sitemap_index.xml", "/health/{slug}/"
    body, dated = ("itemprop", "articleBody"), "json"


class MajalePezeshki(MappedMagazine):
    """Articles with their number; the sitemap of posts names a page, too."""

    name, host, persian_name = "majalepezeshki", "majalepezeshki.ir", "مجله پزشکی"
    trap = trap_article("majalepezeshki", CLOSED)
    posts, article = "/post-sitemap.xml", "/article/{record}/{slug}"
    body, dated, besides = ("class", "content"), "words", ("/about",)


class SalamMag(MappedMagazine):
    """Articles right under the host."""

    name, host, persian_name, trap = "salammag", "salammag.com", "سلام", trap_article("salammag", CLOSED)
    posts, article, body = "/post-sitemap{number}.xml", "/{slug}/", ("class", "content")


class Nabz(MappedMagazine):
    """An index that names the sitemaps of posts and of pages."""

    name, host, persian_name, trap = "nabz", "nabz.site", "نبض", trap_article("nabz", CLOSED)
    posts, index, article = "/post-sitemap.xml", "/sitemap_index.xml", "/{slug}/"
    body, dated = ("class", "content"), "json"


MAGAZINES = (
    Darmankade, Doctoreto, HamrahTeb, SeebMagazine, Paziresh24, Extern, MajalePezeshki, SalamMag, Nabz,
)  # fmt: skip
