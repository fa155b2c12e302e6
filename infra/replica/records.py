"""What the stand-in sites serve: articles and questions, of the project's own sample or of a folder of pairs."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from infra.replica import hijri
from storage.errors import UsageError

SAMPLE = Path(__file__).parent / "sample"
FORBIDDEN_RECORD = "9999999"
"""The record of the page that every robots.txt disallows; no served record may have it."""

# libxml2, under nearly every reader, cuts or re-decodes a page that holds one of these.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def _visible(text: str) -> str:
    if found := _UNPRINTABLE.search(text):
        raise ValueError(f"it holds U+{ord(found[0]):04X}, which no HTML page can carry")
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _number(record: str) -> str:
    if record == FORBIDDEN_RECORD:
        raise ValueError(f"{FORBIDDEN_RECORD} is kept for the page that robots.txt disallows")
    return record


Text = Annotated[str, AfterValidator(_visible)]
Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}$"), AfterValidator(_number)]
Published = Annotated[dt.date | None, BeforeValidator(hijri.parse)]
QuestionSite = Literal["niniban", "drhast", "doctor-yab", "isovisit"]
ArticleSite = Literal[
    "hidoctor", "niniban", "darmankade", "doctoreto", "hamrah-teb", "seebmagazine", "paziresh24", "extern",
    "majalepezeshki", "salammag", "nabz",
]  # fmt: skip
ONE_ANSWER = frozenset({"niniban", "isovisit"})
"""Sites whose record page has room for one answer only."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(_Row):
    """One answer; the doctor's name as the page prints it."""

    text: Text
    doctor: Text | None = None
    speciality: Text | None = None


class Question(_Row):
    """A question with its answers in the page's order; none while nobody answered."""

    site: QuestionSite
    record: Number
    title: Text
    question: Text
    answers: Annotated[tuple[Answer, ...], Field(strict=False)]
    asker: Text | None = None
    date: Published = None
    tags: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    category: Text = "عمومی"

    @model_validator(mode="after")
    def _room_for_answers(self) -> Question:
        if self.site in ONE_ANSWER and len(self.answers) > 1:
            raise ValueError(f"a page of {self.site} has room for one answer, not {len(self.answers)}")
        if self.site == "niniban" and not self.answers:
            raise ValueError("niniban publishes a reader's question with its answer, and here is none")
        return self


class Article(_Row):
    """A magazine's article. A block beginning with "## " is a heading, with "- " a list item, else a paragraph."""

    site: ArticleSite
    record: Number
    title: Text
    slug: Text
    blocks: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
    date: Published = None
    category: Text = "سلامت"
    tags: Annotated[tuple[Text, ...], Field(strict=False)] = ()


class Records(BaseModel):
    """Everything served. `notes` says in words what was read but not served, and how often."""

    model_config = ConfigDict(frozen=True)

    questions: tuple[Question, ...] = ()
    articles: tuple[Article, ...] = ()
    notes: tuple[str, ...] = ()


R = TypeVar("R", bound=Question | Article)


def newest_first(records: Iterable[R]) -> list[R]:
    """By date, then number; undated ones last."""
    return sorted(records, key=lambda r: (r.date or dt.date.min, int(r.record)), reverse=True)


def load(folder: Path | None = None) -> Records:
    """The records of `folder`, or the project's own sample.

    A folder with pairs.jsonl or articles.jsonl is read as a sample, any other as published pairs (see `published`).
    Raises UsageError naming file and line.
    """
    from infra.replica.published import read_published
    from infra.replica.sample_files import ARTICLES, PAIRS, read_sample

    chosen = SAMPLE if folder is None else folder
    if not chosen.is_dir():
        raise UsageError(f"{chosen} is not a folder: --records takes one that holds *.jsonl or *.jsonl.gz files")
    if folder is None or any((chosen / name).exists() for name in (PAIRS, ARTICLES)):
        return read_sample(chosen)
    return read_published(chosen)


def repeated_numbers(records: Iterable[Question | Article]) -> list[tuple[str, str]]:
    """(site, record) of every number that two records of one site share."""
    counts = Counter((r.site, r.record) for r in records)
    return [key for key, count in counts.items() if count > 1]
