"""niniban: a magazine for parents, about 18 % of the paper's corpus, with reader's questions among its articles."""

from crawlers.access import SectionsSite
from crawlers.articles import read_article
from crawlers.reader_questions import read_reader_question
from crawlers.reading import PageReading, ParsedPage

BODY = ("div#echo_detail", "#echo_detail")


class Niniban(SectionsSite):
    """Thirty-three sections; a page past a section's last one is an empty list."""

    name = "niniban"
    hosts = ("niniban.com", "www.niniban.com")
    listing = "https://niniban.com/بخش-{section}?page={number}"
    # The sections the paper's authors crawled.
    sections = (
        "آمادگی-بارداری-161", "قصد-با-وضعیت-خاص-164", "تعیین-جنسیت-56", "رابطه-با-همسر-163", "سلامت-زنان-117",
        "سلامت-مردان-165", "درمان-ناباروری-169", "ناباروری-زنان-166", "ناباروری-مردان-167", "روشهای-جایگزین-172",
        "علائم-بارداری-59", "آزمایشگاه-سونوگرافی-196", "تدارک-قبل-از-تولد-178", "بارداری-سه-ماهه-اول-173",
        "بارداری-سه-ماهه-دوم-174", "بارداری-سه-ماهه-سوم-175", "مراقبتهای-بارداری-142", "بارداری-خاص-177",
        "علائم-زایمان-76", "متخصص-زنان-زایمان-192", "آمادگی-برای-زایمان-83", "زایمان-طبیعی-77", "زایمان-سزارین-80",
        "زایمان-چندقلویی-180", "زایمان-زودرس-دیررس-79", "بعد-از-زایمان-152", "سلامت-نوزاد-181", "مراقبت-از-نوزاد-94",
        "تغذیه-شیردهی-نوزاد-90", "نوزاد-سبک-زندگی-183", "روانشناسی-نوزاد-182", "رشد-مراقبت-کودک-184",
        "متخصص-اطفال-205",
    )  # fmt: skip
    items = "h3 > a[href]"
    record_path = r"/fa/news/(\d+)(?:/.*)?|/بخش-[^/]+/(\d+)(?:-.*)?"
    at_least = 9_000  # the authors crawled 9,728 reader's questions alone
    must_have = {"document": 0.9, "title": 0.9, "published_at": 0.5}
    pages_at_most = 200

    @classmethod
    def read_record(cls, page: ParsedPage, record: str) -> PageReading:
        body = page.first(*BODY)
        reading = read_reader_question(page, body, record) if body is not None else None
        return reading or read_article(page, record, *BODY)
