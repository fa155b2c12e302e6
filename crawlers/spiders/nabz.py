"""nabz: a health magazine, found by its index of sitemaps."""

from crawlers.access import SitemapSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class Nabz(SitemapSite):
    """An index of sitemaps, of which those of posts are read; of the addresses in them nothing is known."""

    name = "nabz"
    hosts = ("nabz.site", "www.nabz.site")
    starts = ("https://nabz.site/robots.txt", "https://nabz.site/sitemap_index.xml")
    sitemap_path = r"/(?:sitemap(?:_index)?|post-sitemap\d*)\.xml"
    record_path = rf"/{NO_ARCHIVE}([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 50  # how many it has is not known

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.content", ".content")
