"""salammag: a health magazine, found by its sitemaps."""

from crawlers.access import SitemapSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class SalamMag(SitemapSite):
    """Counted sitemaps of posts; of the addresses in them nothing is known."""

    name = "salammag"
    hosts = ("salammag.com", "www.salammag.com")
    starts = ("https://salammag.com/robots.txt", "https://salammag.com/post-sitemap1.xml")
    sitemap_path = r"/(?:sitemap(?:_index)?|post-sitemap\d*)\.xml"
    numbered = True
    record_path = rf"/{NO_ARCHIVE}([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 100  # how many it has is not known; its sitemap is the first of several

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.content", ".content")
