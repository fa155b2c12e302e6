"""seebmagazine: a magazine of which the category of medical articles is taken."""

from crawlers.access import ListingSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class SeebMagazine(ListingSite):
    """Of its addresses only the category's is known: what the category's pictures link to is an article."""

    name = "seebmagazine"
    hosts = ("seebmagazine.com", "www.seebmagazine.com")
    listing = "https://seebmagazine.com/category/medical-articles/page/{number}/"
    items = "div.grid_img a[href]"
    record_path = rf"/{NO_ARCHIVE}([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    at_least = 190  # 39 listing pages, half of WordPress' ten a page
    pages_at_most = 80

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div#cont_p", "#cont_p")
