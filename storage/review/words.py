"""The words of a review: reasons, what can be edited, what a person saw and said."""

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from storage.errors import TabibError, UsageError
from storage.models import Decision

REASONS: Mapping[str, str] = {
    "too-short": "کوتاه یا بی‌محتوا",
    "referral-only": "فقط ارجاع به پزشک",
    "wrong-answer": "نادرست یا خطرناک",
    "other-question": "پاسخ پرسشی دیگر",
    "personal-data": "اطلاعات شخصی",
    "advertisement": "تبلیغ",
    "unreadable": "ناخوانا یا به‌هم‌ریخته",
    "other": "دلیل دیگر",
}
EDITABLE = {"qa": ("question", "answer"), "article": ("title", "text")}
LEADS = ("lead", "admin")
REVIEWERS = ("annotator", *LEADS)
"""Roles that settle disputes and flags, mark gold, and act on whole sets."""


class Conflict(TabibError):
    """The document changed, or went to someone else, since it was shown."""


@dataclass(frozen=True)
class Shown:
    """What a person sees of a document: its fields as last approved, else as cleaned, else as read.

    `token` changes with the content, the fields shown, and every decision that counts.
    """

    text: Mapping[str, str]
    token: str


@dataclass(frozen=True)
class Judgement:
    """What a person decided about what they saw, named by its token; `typed` is the text of an edit.

    `key` is made once for one press of a key, however often it is sent; `seconds` is how long the record was in front.
    """

    decision: Decision
    seen: str
    reason: str | None = None
    typed: Mapping[str, str] | None = None
    key: uuid.UUID | None = None
    seconds: float | None = None


def check(kind: str, judgement: Judgement, now: Mapping[str, str]) -> None:
    """Raises UsageError, in Persian, for a rejection without a known reason or an edit that cannot be stored.

    `now` is what is shown: a part that was empty, as an article's title, may stay so.
    """
    if judgement.decision is Decision.REJECT and judgement.reason not in REASONS:
        raise UsageError("برای رد کردن، یکی از دلیل‌های فهرست را برگزینید.")
    if judgement.decision is Decision.EDIT:
        _check_typed({name: now.get(name, "") for name in EDITABLE[kind]}, judgement.typed or {})
    if judgement.seconds is not None and not 0 <= judgement.seconds < float("inf"):
        raise UsageError("زمان باید عددی نامنفی باشد.")


def _check_typed(now: Mapping[str, str], fields: Mapping[str, str]) -> None:
    if any("\x00" in text for text in fields.values()):
        raise UsageError("نویسهٔ NUL در متن پذیرفته نیست.")
    if any("\ud800" <= letter <= "\udfff" for text in fields.values() for letter in text):
        raise UsageError("متن نویسه‌ای ناقص (نیمهٔ یک جفت جانشین) دارد؛ آن را بردارید.")
    emptied = any(not _seen(text) and text != now.get(name) for name, text in fields.items())
    if set(fields) != set(now) or emptied or not any(map(_seen, fields.values())):
        raise UsageError("در ویرایش هیچ بخشی نباید خالی باشد.")


def _seen(text: str) -> bool:
    """Whether a text has anything to see: joiners and signs of direction alone are nothing."""
    return any(not letter.isspace() and unicodedata.category(letter) != "Cf" for letter in text)
