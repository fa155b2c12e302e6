"""majalepezeshki: a health magazine, found by its sitemap."""

from crawlers.access import SitemapSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class MajalePezeshki(SitemapSite):
    """One sitemap of posts, which may name others than articles."""

    name = "majalepezeshki"
    hosts = ("majalepezeshki.ir", "www.majalepezeshki.ir")
    starts = ("https://majalepezeshki.ir/robots.txt", "https://majalepezeshki.ir/post-sitemap.xml")
    sitemap_path = r"/(?:sitemap(?:_index)?|post-sitemap\d*)\.xml"
    numbered = True
    record_path = rf"/articles?/{NO_ARCHIVE}(?:(\d+)(?:/[^/]*)?|([^/]+(?:/[^/]+)*))/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 50  # how many it has is not known

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.content", ".content")
