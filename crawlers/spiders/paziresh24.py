"""paziresh24: a health magazine under /blog/, found by its sitemaps."""

from crawlers.access import SitemapSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage

# The classes of these boxes are not known; `text.FURNITURE` has the commonest, these are those of further plugins.
BOXES = (
    '[class*="lwptoc"], [class*="table-of-content"], [id*="table-of-content"]',
    '[class*="star-rat"], [class*="rate-box"], [class*="post-rat"]',
    '[class*="source"], [id*="source"], [class*="references"], [id*="references"]',
)
SOURCES = r"(?m)^(?:منبع|منابع)(?: مقاله)?[ :]*$"


class Paziresh24(SitemapSite):
    """Counted sitemaps of posts, beside which the site may have sitemaps of much else."""

    name = "paziresh24"
    hosts = ("paziresh24.com", "www.paziresh24.com")
    starts = ("https://paziresh24.com/robots.txt", "https://paziresh24.com/blog/post-sitemap1.xml")
    sitemap_path = r"/blog/(?:sitemap(?:_index)?|post-sitemap\d*)\.xml"
    numbered = True
    record_path = rf"/blog/{NO_ARCHIVE}([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 200  # how many it has is not known, but more than one sitemap of them

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.entry-content", ".entry-content", without=BOXES, until=SOURCES)
