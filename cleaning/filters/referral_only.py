"""Answers that only send the asker to a doctor."""

from cleaning.folding import fold
from cleaning.record import FieldName, Finding, Record
from cleaning.steps import Count, document_filter

_PERSONS = """
پزشک پزشکی پزشکتان پزشکت دکتر دکترتان متخصص متخصصی متخصصین متخصصان مطب درمانگاه بیمارستان بیمارستانی اورژانس
کلینیک کلینیکهای مرکز مراکز مشاور روانشناس روانپزشک ماما حضوری حضورا ارولوژیست ارولوژی نورولوژیست جراح ارتوپد
فوریت آزمایشگاه
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
_SENDING = """
مراجعه ویزیت معاینه معاینات مشورت مشاوره نشان تشریف تماس ببیند ببینند رویت بررسی بررسیهای بپرسید پیگیری ارجاع
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
# What surrounds a referral and says nothing medical: address, urging, purposes, specialities, function words.
_AROUND = """
سلام درود بخیر وقت روز شما شمارو خدمت عرض ادب احترام دوست عزیز عزیزم گرامی مادر پدر همراه کاربر هموطن خانم دخترم
پسرم موفق سلامت شاد باشید باشین سپاس تشکر ممنون متشکرم آرزوی سلامتی لطفا باید حتما بهتر لازم است ضروری توصیه
پیشنهاد میکنم میکنیم میشود می شود شوید شوند بشود بشوید شده کنید کنین کنند کند نمایید نماید نمایند فرمایید
بفرمایید دهید بدهید داشته دارد دارید ندارد گیرد بگیرید بگیرد صورت انجام به از با در برای جهت و یا که تا را رو
این ان هر هم نیز یک چه ترین زودتر هرچه سریع سریعتر اسرع فورا نزدیکترین نزدیک بیشتر دقیق مناسب کامل قطعی خود
خودتان تان تحت نظر نظرشان ایشان مورد موارد اقدامات دستورات دستور دارو داروی درمان درمانی تشخیص تشخیصی تجویز
راهنمایی اظهار امکان مجازی غیرحضوری سوال پاسخ جواب نمیتوان نمیشود زنان زایمان غدد داخلی مغز اعصاب روان قلب عروق
پوست مو گوش حلق بینی اطفال کودکان نازایی ناباروری تغذیه گوارش کلیه ریه عفونی چشم دندان فوق تخصصی مربوطه معالج
اگر مشکل علت
""".split()  # noqa: SIM905 - a list of a hundred words reads as text


_REFERRING, _SENDERS = frozenset(map(fold, _PERSONS)), frozenset(map(fold, _SENDING))
_SAYING_NOTHING = frozenset(map(fold, [*_PERSONS, *_SENDING, *_AROUND]))


@document_filter
def referral_only(record: Record, *, field: FieldName, longest: Count, beside: Count) -> Finding | None:
    """An answer of at most `longest` words that refers to a doctor and has fewer than `beside` other words.

    Other words are those of no referral: no doctor, visit, purpose, urging, form of address or function word.
    Reason `referral_only`; measure: words in all, other words and their minimum.
    """
    text = record.text(field)
    if text is None:
        return None
    words = fold(text[: longest * 100]).split()
    if len(words) > longest or _REFERRING.isdisjoint(words) or _SENDERS.isdisjoint(words):
        return None
    other = sum(word not in _SAYING_NOTHING for word in words)
    if other >= beside:
        return None
    return Finding("referral_only", {"words": len(words), "beside": other, "minimum": beside})
