"""Texts that sell: a practice, an appointment, a channel, a product."""

import re

from cleaning.folding import fold
from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, Share, measured
from cleaning.transforms.personal_data import PLACEHOLDERS
from cleaning.wording import near, phrases, sentence, word_set, words

_OURS = "ما|من|بنده|اینجانب|مون|ماست|خودم|خودمون|خودمان"
_MEDIA = "اینستاگرام|اینستاگرامی|اینستا|تلگرام|تلگرامی|واتساپ|واتس اپ|وبسایت|وب سایت|سایت|پیج|اپلیکیشن|یوتیوب|اپارات"
_PRACTICE = "مطب|کلینیک|مرکز|مجموعه|تیم|درمانگاه|موسسه|فروشگاه|داروخانه|ازمایشگاه"
_NUMBER = r"شماره تلفن|(?:0|98)?9\d{9}|0\d{10}|[2-8]\d{7}"
_HANDLE = fold(PLACEHOLDERS["handle"])
_STRONG = "|".join([
    near(_MEDIA, _OURS, 2),
    near("کانال(?: تلگرامی?| ایتا| واتساپ| اپارات)?", _OURS, 0),
    near(_PRACTICE, _OURS, 1),
    near("کانال", "تلگرام|تلگرامی|ایتا|واتساپ", 1),
    near("مطب|کلینیک|مجموعه|درمانگاه", "تشریف|بیایید|بیاین", 2),
    near("اینجانب|بنده|ما", "امادگی|افتخار", 2),
    r"خدمت(?:تون|تان| شما)? ?(?:هستیم|باشیم)\b",
    near("رزرو|اخذ|هماهنگی", "نوبت|وقت|ویزیت|مشاوره", 2),
    near("تعیین|دریافت", "نوبت", 0),
    near("نوبت|وقت ویزیت|وقت مشاوره", "رزرو|مکالمه|انلاین|شماره|تماس", 2),
    near("خدمات|مشاوره|ویزیت", f"{_OURS}|رایگان ما", 2),
    near(r"شماره(?: تلفن)?(?: \d{3,12})?", r"تماس بگیر\S{1,3}|پیام|واتساپ|واتس|تلگرام|ایتا", 4),
    near("تماس|پیام|واتساپ|واتس|مشاوره|نوبت|وقت|تلگرام|راهنمایی|هماهنگی", _NUMBER, 6),
    near("ما|من|بنده|اینجانب", "تماس بگیر\\S{1,3}|تماس حاصل|در ارتباط|پیام|دایرکت", 1),
    near("تخفیف|جشنواره|پیشنهاد", "ویژه|استثنایی|شگفت", 2),
    near("بهترین|مناسبترین|نازلترین", "قیمت|کلینیک|مرکز جراحی|مرکز زیبایی|هزینه", 1),
    near("خرید|سفارش|فروش", "انلاین|اینترنتی|تلفنی|رایگان|ثبت", 2),
    near("ارسال|مشاوره|ویزیت", "رایگان", 1),
    near("ثبت", "سفارش", 1),
    _HANDLE,
])  # fmt: skip
_TRADE = "تومان|تومن|ریال|تعرفه|تعرفهها|تخفیف|اقساط|اقساطی|رایگان|قیمت|لینک|شعبه|خیابان|تضمینی|مجهزترین|www|http"
_WEAK = rf"(?:{_TRADE}|{_MEDIA}|نشانی وب|(?<=این )پست)\b"  # «این پست»: it was written for a channel
_SIGN = re.compile(f"(?P<strong>{_STRONG})|{_WEAK}")
# What a sign begins with.
_STARTS = word_set("""
ما من بنده اینجانب راهنمایی دریافت کانال مطب کلینیک مرکز مجموعه تیم درمانگاه موسسه فروشگاه داروخانه آزمایشگاه خدمت
خدمتتون خدمتتان آمادگی افتخار رزرو تعیین اخذ هماهنگی نوبت وقت خدمات مشاوره ویزیت تماس پیام تخفیف جشنواره پیشنهاد
بهترین مناسبترین نازلترین خرید سفارش فروش ارسال ثبت شناسه نشانی شماره پست
""", f"{_MEDIA}|{_TRADE}".replace("|", " "))  # fmt: skip
_PUBLIC = re.compile(r"(?<!\d)(?:115|123|125|110|190|1480|1570|4030)(?!\d)|بهزیستی|هلال احمر")
_NAME = "|".join(re.escape(PLACEHOLDERS[kind]) for kind in ("doctor_name", "person_name"))
_SIGNED = re.compile(
    rf"(?P<between>(?:[^\w\[\]]|_)*)(?:(?:دکتر )?(?:{_NAME})[^\w\[\]]{{0,5}})?"
    rf"{re.escape(PLACEHOLDERS['handle'])}[\W_]*$"
)
_MARKS = frozenset("\n.!؟?…)")
_STRONG_WEIGHT, _SIGNING_WEIGHT, _AROUND, _TAIL = 3, 2, 30, 120


@measured
def advertisement(record: Record, *, field: FieldName) -> Figures | None:
    """At least `signs` signs of an advertisement, and at least this `share` of them to the words.

    A phrase that offers (an appointment, our practice, my channel, a discount, a number to call) counts three signs, a
    handle that only signs the text two, a word of trade (a price, a link, free) one; each once. Beside a public
    helpline (115, 1480) none is a sign.
    Reason `advertisement`; measure: signs, words, signs a word, and the minima.
    Judged on published answers: from 3 signs on 69 of 69 advertise, after the rule was changed for 3 others; nearly all
    of them answer as well.
    """
    text = record.text(field) or ""
    found, whole = words(text), sentence(text)
    matches = {
        match[0]: _STRONG_WEIGHT if match.lastgroup else 1
        for match in phrases(text, _STARTS, _SIGN)
        if not _PUBLIC.search(whole, max(0, match.start() - _AROUND), match.end() + _AROUND)
    }
    if _HANDLE in matches and _only_signed(text):
        matches[_HANDLE] = _SIGNING_WEIGHT
    signs = sum(matches.values())
    return {"signs": signs, "words": len(found), "share": round(signs / len(found), 3)} if signs else None


def _only_signed(text: str) -> bool:
    """Its one handle stands under it or behind its last sentence, alone or after a name, and no «آیدی:» offers it."""
    signed = _SIGNED.search(text.rstrip()[-_TAIL:])
    if not signed or text.count(PLACEHOLDERS["handle"]) > 1 or ":" in signed["between"]:
        return False
    return signed.start() == 0 or not _MARKS.isdisjoint(signed["between"])


@advertisement.rule
def _(found: Figures, *, signs: Count, share: Share) -> Finding | None:
    if found["signs"] < signs or found["share"] < share:
        return None
    return Finding("advertisement", found | {"minimum": signs, "minimum_share": share})
