"""drhast: a forum where doctors answer, the larger part of the paper's train split."""

from crawlers.access import GraphSite
from crawlers.forum import ForumPage, read_forum
from crawlers.reading import PageReading, ParsedPage

PAGE = ForumPage(
    scope=("[itemprop=mainEntity]",),
    title=("h1",),
    question=("h2.main-question__body[itemprop=text]", ".main-question__body"),
    answers=(".main-question__answer",),
    answer=(".main-question__answer-body [itemprop=text]", ".main-question__answer-body"),
    doctor=(".doctor-ui-name",),
    date=("[itemprop=dateCreated]", "[itemprop=datePublished]", ".main-question__meta time"),
    categories=(".main-question__meta .category", "[itemprop=about]"),
)


class DrHast(GraphSite):
    """Only the newest 2,000 of about 200,000 records are listed; each links to about 100 others."""

    name = "drhast"
    hosts = ("drhast.com", "www.drhast.com")
    listing = "https://drhast.com/q/page-{number}"
    items = 'a[href*="/q/"]'
    record_path = r"/q/(?!page-\d)(?:(\d+)(?:[-/].*)?|[^/]*-(\d+)/?)"  # a listing's last link has no number: no record
    at_least = 100_000  # the authors reached 120,000
    must_have = {"document": 0.3, "title": 0.9, "doctor": 0.5}  # some have no answer yet; how many is not known
    pages_at_most = 100

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_forum(page, record, PAGE)
