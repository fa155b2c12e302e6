"""doctoreto: a health magazine with one listing of all posts."""

from crawlers.access import ListingSite
from crawlers.articles import NO_ARCHIVE, read_article
from crawlers.reading import PageReading, ParsedPage


class Doctoreto(ListingSite):
    """Of an article's address only the beginning is known, /blog/."""

    name = "doctoreto"
    hosts = ("doctoreto.com", "www.doctoreto.com")
    listing = "https://doctoreto.com/blog/all-posts/page/{number}/"
    items = 'a[href*="/blog/"]'
    record_path = rf"/blog/{NO_ARCHIVE}(?!all-posts(?:/|$))([^/]+(?:/[^/]+)*)/?"
    must_have = {"document": 0.5, "title": 0.9, "published_at": 0.5}  # a menu's links may look like articles
    at_least = 1_300  # 264 listing pages, half of WordPress' ten a page
    pages_at_most = 600

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, "div.start-content", ".start-content")
