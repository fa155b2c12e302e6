"""hidoctor: a health magazine on WordPress, about 72 % of the paper's corpus."""

from crawlers.access import ListingSite
from crawlers.articles import read_article
from crawlers.reading import PageReading, ParsedPage

BODY = ("div.post-content.single-post-body", "div.single-post-body", "div.post-content")


class HiDoctor(ListingSite):
    """One listing of all articles, newest first; past the last page it answers 404."""

    name = "hidoctor"
    aliases = ("hidocor",)  # the paper's design card spells it so
    hosts = ("www.hidoctor.ir", "hidoctor.ir")
    listing = "https://www.hidoctor.ir/page/{number}/"
    items = "article > a[href], article a[href]"
    record_path = r"/(\d+)_[^/]*\.html/?"
    at_least = 100_000  # about 14,700 listing pages of ten and more
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    pages_at_most = 30_000

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_article(page, record, *BODY)
