"""Answers that only send the asker to a doctor."""

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, measured
from cleaning.wording import SAYING_NOTHING, told, word_set, words

_DOCTORS = word_set("""
پزشک پزشکی پزشکتان پزشکتون پزشکت پزشکان دکتر دکترتان دکترتون متخصص متخصصی متخصصین متخصصان مطب درمانگاه بیمارستان
بیمارستانی اورژانس کلینیک کلینیکهای مرکز مراکز مشاور روانشناس روانپزشک ماما حضوری حضورا ارولوژیست اورولوژیست ارولوژی
نورولوژیست جراح ارتوپد دندانپزشک چشمپزشک درمانگر فوریت نزدیک بالینی
""")
_VISITS = word_set("""
مراجعه رجوع ویزیت معاینه معاینات مشورت مشاوره نشان تشریف تماس ببیند ببینند رویت بررسی بررسیهای بپرسید پیگیری ارجاع
ببرید
""")


@measured
def referral_only(record: Record, *, field: FieldName) -> Figures | None:
    """An answer of at most `longest` words that refers to a doctor and tells fewer than `beside` words.

    Told are words of no referral: no doctor, visit, purpose, urging, form of address or function word. One that
    advises or judges (a test, a dose, "dangerous", "normal") weighs three.
    Reason `referral_only`; measure: words in all, words told and their minimum.
    Judged on published answers: below 2 words told 27 of 27 right, from there to 7, 72 of 122.
    """
    text = record.text(field)
    if text is None:
        return None
    found = words(text)
    if _DOCTORS.isdisjoint(found) or _VISITS.isdisjoint(found):
        return None
    return {"words": len(found), "beside": told(found, SAYING_NOTHING)}


@referral_only.rule
def _(found: Figures, *, longest: Count, beside: Count) -> Finding | None:
    if found["words"] > longest or found["beside"] >= beside:
        return None
    return Finding("referral_only", found | {"minimum": beside})
