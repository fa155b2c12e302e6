"""niniban.com: a magazine in sections, among whose articles stand readers' questions with a doctor's answer."""

from __future__ import annotations

import re
import zlib
from typing import Any

from infra.replica.listing import page_number, page_of
from infra.replica.magazine import parts
from infra.replica.pages import Asked, Moved, Page
from infra.replica.records import FORBIDDEN_RECORD, Answer, Article, Question, Records
from infra.replica.site import Site, moved_unless, trap_article
from infra.replica.texts import slug

PER_PAGE = 20
RELATED = 6
OLD_SHARE = 3
"""Every third record keeps the address of the site's older system, /fa/news/."""
HEALTH = "سلامت-20"
SECTIONS = (
    "آمادگی-بارداری-161", "قصد-با-وضعیت-خاص-164", "تعیین-جنسیت-56", "رابطه-با-همسر-163", "سلامت-زنان-117",
    "سلامت-مردان-165", "درمان-ناباروری-169", "ناباروری-زنان-166", "ناباروری-مردان-167", "روشهای-جایگزین-172",
    "علائم-بارداری-59", "آزمایشگاه-سونوگرافی-196", "تدارک-قبل-از-تولد-178", "بارداری-سه-ماهه-اول-173",
    "بارداری-سه-ماهه-دوم-174", "بارداری-سه-ماهه-سوم-175", "مراقبتهای-بارداری-142", "بارداری-خاص-177",
    "علائم-زایمان-76", "متخصص-زنان-زایمان-192", "آمادگی-برای-زایمان-83", "زایمان-طبیعی-77", "زایمان-سزارین-80",
    "زایمان-چندقلویی-180", "زایمان-زودرس-دیررس-79", "بعد-از-زایمان-152", "سلامت-نوزاد-181", "مراقبت-از-نوزاد-94",
    "تغذیه-شیردهی-نوزاد-90", "نوزاد-سبک-زندگی-183", "روانشناسی-نوزاد-182", "رشد-مراقبت-کودک-184", "متخصص-اطفال-205",
)  # fmt: skip


class Niniban(Site):
    """Listings /بخش-<section>?page=N; a record has one address, and the other form of it leads there."""

    name = "niniban"
    host = "niniban.com"
    persian_name = "نی‌نی‌بان"
    trap = trap_article("niniban")

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.listed: dict[str, list[Question | Article]] = {section: [] for section in SECTIONS}
        for record in self.records:
            self.listed[section_of(record)].append(record)

    def path(self, record: Question | Article) -> str:
        name = record.slug if isinstance(record, Article) else slug(record.title)
        if is_old(record):
            return f"/fa/news/{record.record}/{name}"
        return f"/بخش-{HEALTH if int(record.record) % 2 else section_of(record)}/{record.record}-{name}"

    def robots(self) -> str:
        return f"User-agent: *\nDisallow: /fa/print/\nDisallow: /fa/news/{FORBIDDEN_RECORD}/\n"

    def page(self, asked: Asked) -> Page | Moved | None:
        if asked.path == "/":
            return self.render("home.html", title="نی‌نی‌بان", newest=self.records[:PER_PAGE])
        if asked.path.startswith("/بخش-") and (section := asked.path.removeprefix("/بخش-")) in self.listed:
            return self._listing(section, page_number(asked.query.get("page")))
        if found := re.fullmatch(r"/(?:fa/news/(\d+)(?:/[^/]*)?|بخش-[^/]+/(\d+)-[^/]*)", asked.path):
            return self._record(self.find(found[1] or found[2]), asked.path)
        return None

    def _listing(self, section: str, number: int | None) -> Page | None:
        if number is None:
            return None
        listing = page_of(self.listed[section], number, PER_PAGE)
        return self.render("listing.html", title=readable(section), section=section, listing=listing)

    def _record(self, record: Question | Article | None, path: str) -> Page | Moved | None:
        if record is None:
            return None
        if moved := moved_unless(path, self.path(record)):
            return moved
        related = self.following(record, range(1, RELATED + 1))
        common: dict[str, Any] = {"title": record.title, "record": record, "related": related, "old": is_old(record)}
        common |= {"section": section_of(record), "views": views(record), "date": record.date}
        if isinstance(record, Article):
            return self.render("article.html", parts=parts(record, "/?tag="), **common)
        answer = record.answers[0]
        return self.render("question.html", answer=answer, label=answer_label(answer), **common)


def is_old(record: Question | Article) -> bool:
    """Whether the record's address is of the older form."""
    return int(record.record) % OLD_SHARE == 0


def section_of(record: Question | Article) -> str:
    """The section that lists the record: the one its category names, else one its number picks."""
    wanted = record.category.replace(" ", "-")
    named = next((section for section in SECTIONS if wanted in (section, section.rpartition("-")[0])), None)
    return named or SECTIONS[zlib.crc32(record.record.encode()) % len(SECTIONS)]


def readable(section: str) -> str:
    """A section's name without its number and hyphens."""
    return section.rpartition("-")[0].replace("-", " ")


def views(record: Question | Article) -> int:
    """A view count, the same each time."""
    return 200 + zlib.crc32(record.record.encode()) % 9000


def answer_label(answer: Answer) -> str:
    """«پاسخ از دکتر …، متخصص …», or «پاسخ» alone; a speciality is printed only behind a name."""
    if not answer.doctor:
        return "پاسخ"
    by = f"پاسخ از {answer.doctor}" if answer.doctor.startswith("دکتر") else f"پاسخ {answer.doctor}"
    return f"{by}، {answer.speciality}" if answer.speciality else by
