"""isovisit: a small forum, 85 records of the paper's test split."""

from crawlers.access import SitemapSite
from crawlers.forum import ForumPage, read_forum
from crawlers.reading import PageReading, ParsedPage

PAGE = ForumPage(
    scope=("section.section-show-question",),
    title=("h1", "h2"),
    blocks=(".card",),
    question=(".card-body",),
    asker=(".card-text .m-0.ms-2",),
    answer=(".card-body",),
    doctor=(".card-text .fs-16",),
    date=(".card-text.fs-14", ".card-text .fs-14"),
    tags=(".tags a span", ".tags a"),
    categories=("ol.breadcrumb li a",),
)


class IsoVisit(SitemapSite):
    """Its listing is not known: robots.txt, sitemaps and /questions are tried."""

    name = "isovisit"
    hosts = ("isovisit.com", "www.isovisit.com")
    starts = (
        "https://isovisit.com/robots.txt",
        "https://isovisit.com/sitemap.xml",
        "https://isovisit.com/questions",
    )
    listing_path = r"/questions?/?"
    record_path = r"/questions?/(?:(\d+)(?:[-/].*)?|([^/]+)/?)"
    at_least = 80  # the paper's test split has 85
    must_have = {"document": 0.5, "title": 0.5, "doctor": 0.5}

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_forum(page, record, PAGE)
