"""doctor-yab: a forum where several doctors may answer one question, most of the paper's test split."""

from crawlers.access import ForumSite
from crawlers.forum import ForumPage, read_forum
from crawlers.reading import PageReading, ParsedPage

PAGE = ForumPage(
    title=("h1",),
    question=("div.faq-text[itemprop=text]", ".faq-text"),
    answers=("ul.ans > li", "ul.ans li"),
    answer=("p[itemprop=text]", "[itemprop=text]", ".alert-warning2"),
    doctor=("b.name-dr", ".name-dr"),
    speciality=("span.dr-t", ".dr-t"),
)


class DoctorYab(ForumSite):
    """About 5,100 listing pages; unanswered questions are marked there and not fetched."""

    name = "doctor-yab"
    hosts = ("doctor-yab.ir", "www.doctor-yab.ir")
    first = "https://doctor-yab.ir/faq/?page=1"
    rows = "ul.questions li"
    answered = "i.fa-check"
    following = "li.PagedList-skipToNext a[href]"
    record_path = r"/faq/(?:(\d+)(?:[-/].*)?|([^/]+)/?)"
    at_least = 5_000  # one answered question a listing page, a tenth of what such pages hold
    must_have = {"document": 0.8, "title": 0.9, "doctor": 0.5}  # only what is marked as answered is fetched
    pages_at_most = 10_000

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        return read_forum(page, record, PAGE)
