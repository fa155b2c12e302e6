"""The token count that the paper's authors filtered by."""

import re
from collections.abc import Iterable


def hazm_token_count(text: str) -> int:
    """How many tokens hazm 0.10's `word_tokenize` gives: words, punctuation marks, verbs in parts as one.

    Reproduced from that tokenizer's behaviour, its oddities included: only spaces, tabs and line feeds divide,
    a future auxiliary at the very end is lost, and the stem list has an empty entry, so «ه» and «نه» count as
    participles.
    """
    tokens = _MARKS.sub(r" \1 ", text.replace("\n", " ").replace("\t", " ")).split(" ")
    return _joined_count([token for token in tokens if token])


def _joined_count(tokens: list[str]) -> int:
    """The number left once each participle and future auxiliary is joined to the verb after it."""
    if len(tokens) == 1:
        return 1
    count, last = 0, ""
    for token in reversed(tokens):
        if token in _FUTURE or (last in _AFTER_PARTICIPLE and token in _PARTICIPLES):
            joined = f"{token}_{last}"
            last = joined if joined in _AFTER_PARTICIPLE else ""  # nothing else is asked of it, however long it grows
        else:
            count, last = count + 1, token
    return count


def _negated(words: Iterable[str]) -> set[str]:
    return {prefix + word for word in words for prefix in ("", "ن")}


_MARKS = re.compile(r'([؟!?]+|[\d.:]+|[:.،؛»\])}"«\[({/\\])')
_PERSONS = ("م", "ی", "د", "یم", "ید", "ند")
_PAST_PERSONS = ("م", "ی", "", "یم", "ید", "ند")
_FUTURE = _negated("خواه" + person for person in _PERSONS)
_COPULAS = (
    {"ام", "ای", "است", "ایم", "اید", "اند"}
    | {"بود" + person for person in _PAST_PERSONS}
    | {"باش" + person for person in _PERSONS}
)
_BECOME = {"شو" + person for person in _PERSONS} | {"شد" + person for person in _PAST_PERSONS}
_BECOMING = {"می\u200c" + verb for verb in _BECOME}
_AFTER_PARTICIPLE = (
    _COPULAS
    | {f"{shode}_{copula}" for shode in ("شده", "نشده") for copula in _COPULAS}
    | _negated(_BECOME)
    | _negated(_BECOMING)
    | {f"{future}_شد" for future in _FUTURE}
)
# Past stems of the simple verbs in use today, as far as that tokenizer knows them.
_PAST_STEMS = """
آراست آزرد آزمود آسود آشامید آشفت آفرید آلود آماد آماسید آمد آموخت آمیخت آورد آویخت آکند ارزید افتاد افراشت افروخت
افزود افسرد افشاند افشرد افکند انباشت انجامید انداخت اندوخت اندیشید انگاشت انگیخت ایستاد ایستاند باخت بارید بازگشت بافت
بالید بایست بخشید بخشود برد برگشت برید بست بلعید بود بوسید بویید تاخت تافت تراشید ترساند ترسید ترکاند ترکید تنید
توانست تولید تپید تکاند جست جنباند جنبید جنگید جهید جوشاند جوشید جوید خاراند خارید خاست خراشید خرید خزید خشکید خفت
خست خنداند خندید خواباند خوابید خواست خواند خوراند خورد داد داشت دانست درخشید دروید درید دزدید دوخت دوشید دوید دید راند
ربود رساند رست رسید رشت رفت رقصید روبید رویید ریخت زاد زایید زد زدود زیست ساخت سایید ستاند ستود سرود سرشت سنجید
سوخت سوزاند سپارد سپرد شایست شتافت شد شست شمارد شمرد شناخت شناساند شنود شنید شکافت شکاند شکست شکفت شکوفید
طلبید فراگرفت فرستاد فرسود فرمود فرورفت فروخت فریفت فشرد فهماند فهمید قاپید قبولاند لرزید لغزید لنگید لیسید مالید ماند
مانست مرد مولید موند نازید نالید نامید نشاست نشاند نشست نمود نهاد نهفت نواخت نوردید نوشت نوشید نگاشت نگریست هراسید
وابست واداد وارسید واگذاشت ورزید وزید ویراست پاشید پالود پایید پخت پذیرفت پراکند پرداخت پرستید پرسید پرهیزید پرورد پرید
پسندید پنداشت پوشاند پوشید پژمرد پیراست پیمود پیوست پیچاند پیچید چرخاند چرخید چسباند چسبید چشید چید کاست کاشت
کاوید کرد کشاند کشت کشید کفت کند کوبید کوشید گداخت گذارد گذاشت گذراند گذشت گرداند گرفت گریخت گریست گزید گسترد گسست
گسیخت گدشت گشت گشود گفت گماشت گنجید گندید یافت
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
_PARTICIPLES = _negated(stem + "ه" for stem in ["", *_PAST_STEMS])
