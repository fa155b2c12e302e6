"""The pages of a drhast.com of any size, put together from bytes made at the start.

What is linked hangs together as in `infra.replica.sites.drhast`; the texts are the project's own sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from infra.replica import texts
from infra.replica.records import SAMPLE, Question
from infra.replica.rows import parse, read_lines
from infra.replica.sample_files import PAIRS
from infra.replica.sites.drhast import PER_PAGE, chords

HOST = "drhast.com"
FIRST = 100_001
"""The number of the first record: six digits, as the live site's have."""
SLUG_WORDS = 2


def sample() -> list[Question]:
    """The project's own questions of drhast."""
    return [q for line in read_lines(SAMPLE / PAIRS) if (q := parse(line, Question)).site == "drhast"]


@dataclass(frozen=True)
class Shape:
    """What is served, and how badly. The last `islands` records link to others, but nothing links to them."""

    records: int = 3_000
    listed: int = 2_000
    islands: int = 0
    latency: float = 0.0
    """Seconds from a request to its answer, as of a host far away: it costs no processor time."""
    busy_share: float = 0.0
    """Share of the records' requests that are answered by 503."""
    reset_share: float = 0.0
    """Share of the records' requests whose connection is cut."""

    @property
    def linked(self) -> int:
        """How many records the listing and the links lead to: the others are the islands."""
        return self.records - self.islands

    def listing(self, number: int) -> range:
        """The records, by position, of a listing page."""
        return range(min(self.listed, self.linked))[(number - 1) * PER_PAGE : number * PER_PAGE]


class Pages:
    """The bytes of every page."""

    def __init__(self, shape: Shape) -> None:
        self.shape, self.chords = shape, chords(shape.linked)
        questions = [q for q in sample() if q.answers]
        titles = [" ".join(q.title.split()[:SLUG_WORDS]) for q in questions]
        slugs = [quote(texts.slug(title)) for title in titles]
        self.heads = [_head(q) for q in questions]
        self.tails = [_tail(q, questions[k - 1]) for k, q in enumerate(questions)]
        self.answers = [_answers(q) for q in questions]
        self.links = [_link(FIRST + n, slugs[n % len(slugs)], titles[n % len(titles)]) for n in range(shape.records)]

    def reachable(self) -> set[int]:
        """The positions of the records that the listing and links from record to record lead to."""
        found = set(range(min(self.shape.listed, self.shape.linked)))
        waiting = list(found)
        while waiting:
            new = [n for n in self.related(waiting.pop()) if n not in found]
            found.update(new)
            waiting += new
        return found

    def documents(self, position: int) -> int:
        """How many answers the record has."""
        return self.answers[position % len(self.answers)]

    def related(self, position: int) -> list[int]:
        """The positions of the records that a record links to."""
        linked = self.shape.linked
        return [(position + step) % linked for step in self.chords]

    def record(self, position: int) -> bytes:
        """A record's page: about 14 KB, most of it its links."""
        kind, number = position % len(self.heads), b"%d" % (FIRST + position)
        links = b"".join([self.links[n] for n in self.related(position)])
        return b"".join((self.heads[kind] % (number, number, number), self.tails[kind], links, BOTTOM))

    def listing(self, number: int) -> bytes | None:
        """A listing page, None past the last. Its last link leads to the next listing page, or to the first one."""
        if not (shown := self.shape.listing(number)):
            return None
        following = number + 1 if self.shape.listing(number + 1) else 1
        more = f'</ul><a class="load-more" href="https://{HOST}/q/page-{following}">پرسش‌های دیگر</a></body></html>'
        return LISTING_TOP + b"".join([self.links[n] for n in shown]) + more.encode()


def _link(number: int, slug: str, title: str) -> bytes:
    return f'<li><a href="https://{HOST}/q/{number}/{slug}">{title}</a></li>\n'.encode()


def _head(question: Question) -> bytes:
    """A record's page up to its answers, with %b for its number in three places."""
    filled = (TOP + QUESTION).replace("TITLE", question.title).replace("BODY", question.question)
    day = question.date.isoformat() if question.date else "2022-10-15"
    return filled.replace("%", "%%").replace("NUMBER", "%b").replace("DAY", day).encode()


def _answers(question: Question) -> int:
    return 1 + len(question.title) % 2


def _tail(question: Question, other: Question) -> bytes:
    """One answer, or for every other question two, and the beginning of the related ones."""
    answers = [question.answers[0], other.answers[0]][: _answers(question)]
    boxes = (ANSWER.replace("DOCTOR", a.doctor or "پزشک").replace("ANSWER", a.text) for a in answers)
    return ("".join(boxes) + RELATED).encode()


TOP = """<!doctype html>
<html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>TITLE NUMBER | دکتر هست</title>
<link rel="canonical" href="https://drhast.com/q/NUMBER/"><style>body{margin:0;font:15px/2 Tahoma,sans-serif}</style>
<script>window.__STATE__={"user":null,"ab":"b"};</script></head>
<body><header class="top-bar"><a href="/"><b>دکتر هست</b></a><nav><a href="/about">درباره ما</a></nav></header>
"""
QUESTION = """<main itemscope itemtype="https://schema.org/QAPage">
<div class="box main-question" itemprop="mainEntity" itemscope itemtype="https://schema.org/Question">
<h1 class="main-question__title" itemprop="name">TITLE NUMBER</h1>
<div class="main-question__meta"><time itemprop="dateCreated" datetime="DAY">DAY</time>
<span class="category">عمومی</span></div>
<h2 class="main-question__body" itemprop="text">BODY</h2>
"""
ANSWER = """<div class="main-question__answer" itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer">
<div class="doctor-ui" itemprop="author" itemscope itemtype="https://schema.org/Person">
<span class="doctor-ui-name" itemprop="name">DOCTOR</span></div>
<div class="main-question__answer-body"><div itemprop="text"><p>ANSWER</p></div></div></div>
"""
RELATED = '</div></main><section class="box related-questions"><h3>پرسش‌های مرتبط</h3>\n<ul>\n'
BOTTOM = "</ul></section><footer><p>پاسخ‌ها جای معاینه را نمی‌گیرد.</p></footer></body></html>\n".encode()
LISTING_TOP = b'<!doctype html>\n<html lang="fa"><head><meta charset="utf-8"></head><body><ul>\n'
