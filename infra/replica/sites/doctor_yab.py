"""doctor-yab.ir: a forum with one listing of all questions; a question may have several doctors' answers."""

from __future__ import annotations

import re

from infra.replica.listing import page_number, page_of
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Article, Question
from infra.replica.site import Site, moved_unless, trap_question
from infra.replica.texts import slug

PER_PAGE = 20
SIDE_LINKS = 7


class DoctorYab(Site):
    """Listing /faq/?page=N with PagedList's bar, records /faq/<number>/<slug>."""

    name = "doctor-yab"
    host = "doctor-yab.ir"
    persian_name = "دکتر یاب"
    printed = frozenset({"doctor", "speciality"})
    trap = trap_question("doctor-yab")

    def path(self, record: Question | Article) -> str:
        return f"/faq/{record.record}/{slug(record.title)}"

    def robots(self) -> str:
        return f"User-agent: *\nDisallow: /account/\nDisallow: /faq/{FORBIDDEN_RECORD}/\n"

    def page(self, asked: Asked) -> Page | Moved | None:
        if asked.path == "/":
            return Moved("/faq/")
        if asked.path in ("/faq", "/faq/"):
            return self._listing(page_number(asked.query.get("page")))
        if found := re.fullmatch(r"/faq/(\d+)(?:/[^/]*)?/?", asked.path):
            return self._record(self.find(found[1]), asked.path)
        return None

    def _listing(self, number: int | None) -> Page | None:
        if number is None:
            return None
        listing = page_of(self.records, number, PER_PAGE)
        return self.render("listing.html", title="پرسش و پاسخ پزشکی", listing=listing, side=self._side())

    def _record(self, question: Question | Article | None, path: str) -> Page | Moved | None:
        if not isinstance(question, Question):
            return None
        return moved_unless(path, self.path(question)) or self.render(
            "question.html", title=question.title, question=question, side=self._side(), date=question.date
        )

    def _side(self) -> list[Question | Article]:
        """The records of the side column, on every page the same: spread over all ages."""
        count = len(self.records)
        return (
            [self.records[k * count // SIDE_LINKS] for k in range(SIDE_LINKS)] if count >= SIDE_LINKS else self.records
        )
