"""darmankade: a health magazine in six categories."""

from crawlers.access import SectionsSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage

CATEGORIES = ("medicine", "psychological-health", "diseases", "mother-and-child", "health", "medical-tests")
LABEL = "آ[یي]ا ا[یي]ن مقاله برا[یي] شما مف[یي]د بود"  # opens a box in which readers say whether it was of use


class Darmankade(SectionsSite):
    """Listings and articles are both under /blog/."""

    name = "darmankade"
    hosts = ("darmankade.com", "www.darmankade.com")
    listing = "https://darmankade.com/blog/{section}/page/{number}/"
    sections = CATEGORIES
    items = "article > a[href]"
    record_path = rf"/blog/{NO_ARCHIVE}(?!(?:{'|'.join(CATEGORIES)})/?$)([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 900  # 183 listing pages, half of WordPress' ten a page: an article may stand in two categories
    pages_at_most = 200  # the longest category has 82

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.entry-content", ".entry-content", until=LABEL)
