"""What all sites share: hosts, robots.txt with a page that must not be fetched, the pages beside the records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypedDict
from urllib.parse import quote

from infra.replica.pages import PLAIN, SVG, Asked, Moved, Page, render
from infra.replica.records import (
    FORBIDDEN_RECORD,
    Answer,
    Article,
    ArticleSite,
    Question,
    QuestionSite,
    Records,
    newest_first,
)

TRAP_TEXT = "این صفحه را robots.txt بسته است؛ خزنده‌ای که آن را بخواند ادب نگه نداشته است."
STATIC = {"/about": "درباره ما", "/contact": "تماس با ما", "/terms": "قوانین و مقررات"}


class Served(TypedDict):
    """One document as a perfect crawl stores it; `text` for articles, `question` and `answer` for pairs."""

    source: str
    record: str
    url: str
    kind: str
    ordinal: int
    title: str
    question: str | None
    answer: str | None
    text: str | None
    doctor: str | None
    speciality: str | None
    published_at: str | None
    tags: list[str]


class Site(ABC):
    """One site. Subclasses give the listing and record pages; paths are as decoded, without the query."""

    name: ClassVar[str]
    host: ClassVar[str]
    persian_name: ClassVar[str]
    templates: ClassVar[str] = ""
    """Folder of the site's templates where it is not the site's own name."""
    printed: ClassVar[frozenset[str]] = frozenset({"doctor", "speciality", "date", "tags"})
    """Which fields of a pair, beside its texts, the site's pages print."""
    trap: ClassVar[Question | Article]
    """The record-like page that robots.txt disallows and pages link to."""

    def __init__(self, records: Records) -> None:
        questions = [question for question in records.questions if question.site == self.name]
        articles = [article for article in records.articles if article.site == self.name]
        self.records: list[Question | Article] = newest_first([*questions, *articles])
        self.places = {record.record: place for place, record in enumerate(self.records)}
        self.trap_hits = 0

    @property
    def base(self) -> str:
        """Scheme and host of the live site."""
        return f"https://{self.host}"

    @property
    def hosts(self) -> tuple[str, str]:
        """The names the site answers to."""
        bare = self.host.removeprefix("www.")
        return bare, f"www.{bare}"

    @abstractmethod
    def path(self, record: Question | Article) -> str:
        """The record's path, percent-decoded."""

    def url(self, record: Question | Article) -> str:
        """The record's live URL, percent-encoded."""
        return self.base + quote(self.path(record))

    def record_name(self, record: Question | Article) -> str:
        """What the site's addresses call the record: its number, unless they have none."""
        return record.record

    @abstractmethod
    def page(self, asked: Asked) -> Page | Moved | None:
        """A listing or a record; None where the site has nothing."""

    @abstractmethod
    def robots(self) -> str:
        """The lines of robots.txt."""

    def documents(self) -> Iterator[Served]:
        """What a perfect crawl of the site stores, the newest record first."""
        for record in self.records:
            yield from [article(self, record)] if isinstance(record, Article) else pairs(self, record)

    def find(self, number: str) -> Question | Article | None:
        """The record of that number, or the trap."""
        if number == self.trap.record:
            return self.trap
        place = self.places.get(number)
        return None if place is None else self.records[place]

    def following(self, record: Question | Article, steps: Iterable[int]) -> list[Question | Article]:
        """The records that stand so many steps behind this one, the newest coming after the oldest again."""
        place, count = self.places.get(record.record, 0), len(self.records)
        return [self.records[(place + step) % count] for step in steps if step < count]

    def respond(self, asked: Asked) -> Page | Moved | None:
        """Whatever the site gives; None is a 404."""
        path = asked.path
        if path == "/robots.txt":
            return Page(self.robots().encode(), PLAIN)
        if path.endswith(".svg"):
            return Page(_PICTURE, SVG)
        if title := STATIC.get(path):
            return self.render("static.html", title=title)
        self.trap_hits += path == self.path(self.trap)
        return self.page(asked)

    def render(self, template: str, **context: Any) -> Page:
        """One of the site's templates; `site` and its trap's address are always there."""
        date = context.pop("date", None)
        folder = self.templates or self.name.replace("-", "_")
        name = template if template == "static.html" else f"{folder}/{template}"
        return render(name, date, site=self, layout=f"{folder}/base.html", trap_path=self.path(self.trap), **context)

    def missing(self) -> Page:
        """The site's own page for an address it does not have."""
        page = self.render("static.html", title="صفحه پیدا نشد")
        return Page(page.body, page.media_type, page.date, status=404)


def moved_unless(path: str, canonical: str) -> Moved | None:
    """Where a record was asked for under another path than its own."""
    return None if path == canonical else Moved(quote(canonical))


def pairs(site: Site, question: Question) -> Iterator[Served]:
    """One document an answer, with those other fields that the site's pages print."""
    for ordinal, answer in enumerate(question.answers):
        yield Served(
            source=site.name,
            record=question.record,
            url=site.url(question),
            kind="qa",
            ordinal=ordinal,
            title=question.title,
            question=question.question,
            answer=answer.text,
            text=None,
            doctor=answer.doctor if "doctor" in site.printed else None,
            speciality=answer.speciality if "speciality" in site.printed else None,
            published_at=question.date.isoformat() if question.date and "date" in site.printed else None,
            tags=list(question.tags) if "tags" in site.printed else [],
        )


def article(site: Site, record: Article) -> Served:
    """An article's blocks without their marks, one a line."""
    return Served(
        source=site.name,
        record=site.record_name(record),
        url=site.url(record),
        kind="article",
        ordinal=0,
        title=record.title,
        question=None,
        answer=None,
        text="\n".join(block_text(block) for block in record.blocks),
        doctor=None,
        speciality=None,
        published_at=record.date.isoformat() if record.date else None,
        tags=list(record.tags),
    )


def block_text(block: str) -> str:
    """A block without the mark of a heading or a list item."""
    return block.removeprefix("## ").removeprefix("- ")


def trap_question(site: QuestionSite) -> Question:
    """A question that must never be stored."""
    answers = (Answer(text=TRAP_TEXT),)
    made = Question(site=site, record="1", title="پرسش بسته", question=TRAP_TEXT, answers=answers)
    return made.model_copy(update={"record": FORBIDDEN_RECORD})


def trap_article(site: ArticleSite, slug: str = "نوشته-بسته") -> Article:
    """An article that must never be stored."""
    made = Article(site=site, record="1", title="نوشته بسته", slug=slug, blocks=(TRAP_TEXT,))
    return made.model_copy(update={"record": FORBIDDEN_RECORD})


_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="#dfe7ea"/>'
    b'<circle cx="160" cy="90" r="38" fill="#b7c8ce"/></svg>\n'
)
