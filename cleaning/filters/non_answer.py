"""Replies that answer nothing: unclear, send a photo, answered before, not from afar, thank you."""

import re
from typing import Annotated

from pydantic import Field

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured
from cleaning.wording import CLOSINGS, GREETINGS, SAYING_NOTHING, near, sentence, told, word_set, words

_ASKED = r"سوال\S{0,4}|پرسش\S{0,4}|توضیح\S{0,8}|منظور\S{0,4}|متن|پیام\S{0,4}"
_RECORDS = (
    r"عکس\S{0,5}|تصویر\S{0,5}|تصاویر|ازمایش\S{0,6}|جواب\S{0,4}|نتیجه|نتایج|گزارش\S{0,4}|برگه|مدارک|سونو\S{0,9}|نسخه|نوار|"
    "فایل"
)
_TELL = "بپرسید|بپرسین|مطرح|بنویسید|بیان|توضیح|بفرمایید|بگویید|بگید|ارسال|ذکر"
_NOT_CLEAR = r"واضح|واضحتر|نامفهوم|مبهم|گنگ|مشخص نیست|شفاف|مفهوم نیست|متوجه نشد\S{0,3}|نشدم|نشدیم"
_LACKING = "ناقص|کامل نیست|کافی نیست|ناکافی|ذکر نکرد\\S{0,4}|ذکر نشده|نفرمودید|نگفتید|ننوشتید|نگفتین|کم است|ضروری است"
_KINDS = {
    "unclear": "|".join([
        near(_ASKED, f"{_NOT_CLEAR}|{_LACKING}", 5),
        near("متوجه", rf"{_ASKED}|نشدم|نشدیم", 3),
        near("واضحتر|واضح|دقیقتر|کاملتر|شفافتر", _TELL, 3),
        near("مجدد|مجددا|دوباره", "بپرسید|بنویسید|ارسال|بیان|توضیح", 3),
    ]),
    "more_needed": near(
        r"سن\S{0,3}|شرح|اطلاعات|علایم|علائم|وزن|اسم|نام",
        f"{_LACKING}|بفرمایید|بنویسید|بگویید|بگید|ذکر کنید|ذکر بفرمایید",
        5,
    ),
    "send": near(_RECORDS, r"بفرست\S{0,4}|ارسال|اپلود|بارگذاری|ضمیمه|پیوست|بذارید|بگذارید", 6),
    "elsewhere": "|".join([
        near("مشاوره|ویزیت|نوبت|گفتگو|چت", "انلاین|تلفنی|متنی|خصوصی|تصویری|ویدیویی|ویدئویی|اینترنتی|مکالمه|پولی", 2),
        near("دایرکت|واتساپ|تلگرام|خصوصی|شماره|پیج|سایت|اپلیکیشن|ایتا", "پیام|تماس|مراجعه|ارتباط|مطرح|اقدام", 4),
    ]),
    "answered": near(r"پاسخ\S{0,5}|جواب\S{0,5}", r"داده شد\S{0,3}|دادم|دادیم|دادند|داده ام", 3),
    "not_here": "|".join([
        near("مجاز|قادر|مقدور", "نیستیم|نیستم|نیست|نمی باشد|نمیباشد|نمیباشیم|نمیباشم", 14),
        near(
            "نمیتوان|نمیتوانم|نمیتوانیم|نمی توان|نمی توانیم|نمیشود|نمیشه|هیچ",
            r"نظر\S?|اظهارنظر|پاسخ|جواب|تشخیص|راهنمایی",
            5,
        ),
        near("امکان", "تحلیل|تفسیر|اظهار|اظهارنظر|پاسخ|پاسخگویی|جواب|راهنمایی|معاینه|بررسی", 1)
        + r"(?: \S{1,25}){0,18}? (?:ندارد|نیست|نمیباشد|نداریم)\b",
    ]),
    "unknown": "|".join([
        r"(?:نمیدانم|نمیدونم|نمی دانم|اطلاعی ندار\S{1,2}|اطلاع ندار\S{1,2}|بی ?اطلاع\S{0,2})\b",
        near("تخصص|حیطه|حوزه", "من|بنده|ما|نیست|اینجانب|نمیباشد", 3),
    ]),
}  # fmt: skip
_KIND = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
# The first three letters of the words that a kind begins with: asked elsewhere as well, the expression is slow.
_STARTS = {word[:3] for word in word_set("""
سوال پرسش توضیح منظور متن پیام متوجه واضح دقیقتر کاملتر شفافتر مجدد دوباره شرح اطلاعات علایم علائم وزن اسم نام عکس
تصویر تصاویر آزمایش جواب نتیجه نتایج گزارش برگه مدارک سونو نسخه نوار فایل مشاوره ویزیت نوبت گفتگو چت دایرکت واتساپ
تلگرام خصوصی شماره پیج سایت اپلیکیشن ایتا پاسخ مجاز قادر مقدور نمیتوان نمی نمیشود هیچ امکان نمیدانم اطلاعی بی بیاطلاع
تخصص حیطه حوزه
""")}  # fmt: skip
# Without one of these no kind can be found: a set of words is asked faster than the expression.
_HINTS = word_set("""
سوال پرسش توضیح توضیحات منظور منظورتان منظورتون متوجه واضح واضحتر دقیقتر کاملتر شفافتر مجدد دوباره شرح اطلاعات
بفرستید بفرستین ارسال آپلود بارگذاری ضمیمه پیوست بذارید بگذارید مشاوره ویزیت نوبت گفتگو چت دایرکت واتساپ تلگرام
خصوصی شماره پیج سایت اپلیکیشن ایتا داده دادم دادیم مجاز قادر مقدور نمیتوان نمیتوانم نمیتوانیم توان توانیم نمیشود
نمیشه هیچ امکان نمیدانم نمیدونم اطلاع اطلاعی تخصص حیطه حوزه ناقص نفرمودید نگفتید ننوشتید بنویسید بگویید بگید
بفرمایید ذکر ضروری
""")
# What these replies are about beside the words of a referral.
_ADMINISTRATION = word_set("""
سوال سوالتان سوالتون سوالات سوالی پرسش پرسشتان پرسید پرسیدید مطرح توضیح توضیحات توضیحاتتان شرح حالتان شرحی اطلاعات
اطلاعاتی اطلاعاتتان ناقص واضح واضحتر شفاف شفافتر مبهم گنگ نامفهوم مفهوم کافی ناکافی متوجه منظور منظورتان منظورتون
نشدم نشدیم نشد ذکر بیان بگویید بگید بنویسید بفرستید بفرستین ارسال ارسالی اپلود بارگذاری ضمیمه پیوست عکس عکسی عکستان
عکسهای تصویر تصاویر تصویری جوابتان جوابتون جوابی نتیجه نتایج گزارش آزمایش آزمایشات آزمایشها آزمایشتان سونوگرافی
سونوگرافیها سونو برگه مدارک مدارکی نسخه فایل تست سن سنتان سنتون وزن قد داروها پاسخی پاسخگو پاسخگویی پاسخدهی دهی
پاسخگوی پاسختان دادم دادیم ایم همین سایت پورتال نی بان اینجا قسمت بخش آنلاین تلفنی متنی ویدیویی ویدئویی خصوصی پیام
پیغام تلگرام واتساپ واتس آپ دایرکت اینستاگرام پیج شماره خدمات طریق ارتباط مجاز تحلیل تفسیر افراد فرد اصطلاحات صلاحیت
امر محقق دیدن مشاهده نظرات نیستیم نیستم نمیدانم نمیدونم اطلاع اطلاعی نداریم حیطه حوزه زمینه کمک کمکتان کمکتون بتوان
بتوانیم بتوانم بتونم بتونیم حساسیت بالای وجود پرسیده گفته گفتید نگفتید نفرمودید ننوشتید نکردید اعلام اسم نام دیده
ارائه ارایه شکل راه دور متن مربوط
""")
_NOTHING = SAYING_NOTHING | _ADMINISTRATION
_COURTESY = word_set(
    GREETINGS, CLOSINGS, "با از به و خواهش میکنم میکنیم که را برای این هم شده دارم اعتماد توجه پیام نظر ما بنده هستم"
) - word_set("خیر")  # it is an answer

LONGEST = 120
"""Words that a reply may have for its kind to be looked for at all."""
_LONGEST_TEXT = 30 * LONGEST  # characters; no word is that long on average

Reply = Annotated[int, Field(ge=1, le=LONGEST)]


@measured
def non_answer(record: Record, *, field: FieldName) -> Figures | None:
    """A reply of one of these kinds, of at most `longest` words, that tells fewer than `beside` words.

    Kinds: unclear, more_needed (age, history), send (a photo, a report), elsewhere (a paid or online visit), answered
    (before), not_here (not from afar, not on this site), unknown, and courtesy: greetings and thanks alone.
    Told are words of no such reply and no referral; one that advises or judges weighs three.
    Reason `non_answer`; measure: the kind, words in all, words told and their minimum.
    Judged on published answers: below 2 words told 32 of 32 right, from there to 7, 17 of 29.
    """
    text = record.text(field)
    if not text or len(text) > _LONGEST_TEXT:
        return None
    found = words(text)
    if len(found) > LONGEST:
        return None
    if _COURTESY.issuperset(found):
        return {"kind": "courtesy", "words": len(found), "beside": 0}
    kind = None if _HINTS.isdisjoint(found) else _kind(found, sentence(text))
    return kind and {"kind": kind.lastgroup, "words": len(found), "beside": told(found, _NOTHING)}


@non_answer.rule
def _(found: Figures, *, longest: Reply, beside: Count) -> Finding | None:
    if found["words"] > longest or found["beside"] >= beside:
        return None
    return Finding("non_answer", found | {"minimum": beside})


def _kind(found: tuple[str, ...], whole: str) -> re.Match[str] | None:
    """The first match that begins with a word."""
    place = 0
    for word in found:
        if (word[:3] in _STARTS or word[:2] == "سن") and (match := _KIND.match(whole, place)):
            return match
        place += len(word) + 1
    return None
