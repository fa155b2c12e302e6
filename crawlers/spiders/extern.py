"""extern: a site of which the section on health is taken."""

from crawlers.access import SitemapSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage

# Where the text stands is not known: the sitemap is named as WordPress' plugins do, so its themes' places are tried.
BODY = ("div.entry-content", "div.post-content", "div.single-content", "div.article-content", "div.content")


class Extern(SitemapSite):
    """The section has a sitemap of its own."""

    name = "extern"
    hosts = ("extern.ir", "www.extern.ir")
    starts = ("https://extern.ir/robots.txt", "https://extern.ir/extern_health-sitemap.xml")
    sitemap_path = r"/(?:sitemap(?:_index)?|extern_health-sitemap\d*)\.xml"
    numbered = True
    record_path = rf"/health/{NO_ARCHIVE}([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 50  # how many it has is not known

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, *BODY)
