"""hamrah-teb: a health magazine with one numbered listing."""

from crawlers.access import ListingSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class HamrahTeb(ListingSite):
    """Listing pages under /blogs, articles under /blog/."""

    name = "hamrah-teb"
    hosts = ("hamrah-teb.com", "www.hamrah-teb.com")
    listing = "https://hamrah-teb.com/blogs?page={number}"
    items = "div.post-content a[href]"
    record_path = rf"/blog/{NO_ARCHIVE}(?:(\d+)(?:/[^/]*)?|([^/]+(?:/[^/]+)*))/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 250  # 53 listing pages, five a page
    pages_at_most = 120

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.article-content", ".article-content")
