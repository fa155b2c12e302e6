"""Answers to another question."""

from typing import Annotated

from pydantic import Field

from cleaning.record import Figures, Finding, Record
from cleaning.steps import Count, measured
from cleaning.wording import SAYING_NOTHING, word_set, words

AtMost = Annotated[int, Field(ge=0)]

_TOPICS = {
    "pregnancy": """
بارداری باردار حامله حاملگی جنین زایمان سزارین سقط تخمک تخمدان پریود پریودم پریودی قاعدگی پستان رحم رحمی واژن لقاح
اسپرم نازایی ناباروری بتا اندومتر هیستروسکوپی دخول ivf iui مقاربت یائسگی سیکل لکه
""",
    "infant": """
نوزاد نوزادم شیرخوار شیرخشک شیرمادر کودک کودکم رفلاکس کولیک پوشک شیردهی قطره غذای
""",
    "skin": """
پوست پوستی جوش جوشهای اکنه لک کک خارش کهیر اگزما مو ریزش شوره لیزر کرم بثورات زگیل بوتاکس فیلر افتاب ضدافتاب پیلینگ
مزوتراپی پسوریازیس
""",
    "eye": """
چشم چشمم چشمها بینایی شبکیه قرنیه عینک لنز مردمک پلک تاری لیزیک مگس دید اشک عدسی نزدیکبینی استیگمات
""",
    "tooth": """
دندان دندانم دندانها لثه عصبکشی روکش ایمپلنت ارتودنسی پوسیدگی عقل جرمگیری فک کامپوزیت لمینت
""",
    "heart": """
قلب قلبی قلبم تپش فشار کلسترول اکو انژیو رگ رگهای استنت دریچه وارفارین اسپرین پلاویکس ضربان اریتمی پروپرانولول تری
""",
    "mind": """
افسردگی اضطراب وسواس استرس روانشناس روانپزشک عصبی عصبانی پنیک خودکشی طلاق همسرم شوهرم رابطه عشق ازدواج اعتماد خشم
ترس هیجان افکار ذهن روانی رواندرمانی دوقطبی سرترالین فلوکستین اعتیاد
""",
    "bone": """
زانو کمر کمردرد دیسک مهره مفصل استخوان شکستگی تاندون ارتروز لگن فیزیوتراپی گچ عضله عضلات رباط مینیسک پاشنه مچ گردن
سیاتیک قوز اسکولیوز
""",
    "gut": """
معده روده یبوست اسهال نفخ مدفوع هموروئید بواسیر شقاق اندوسکوپی کولونوسکوپی کبد کبدی هلیکوباکتر ترش صفرا گوارش
امپرازول پنتوپرازول رفلاکس
""",
    "urine": """
ادرار ادراری مثانه کلیه پروستات الت نعوظ انزال بیضه واریکوسل سنگ ختنه سوند اورولوژی خودارضایی
""",
    "throat": """
گوش گلو بینی سینوس سینوزیت لوزه سرفه حنجره صدا شنوایی وزوز سرگیجه خروپف پولیپ سرماخوردگی کرونا تنفس ریه اسم اسپری
""",
    "hormone": """
تیروئید تیرویید قند دیابت انسولین هورمون متفورمین tsh پرولاکتین غده لووتیروکسین ندول گواتر hba1c
""",
    "brain": """
سردرد میگرن تشنج صرع مغز سکته پارکینسون الزایمر بیحسی لرزش
""",
    "diet": """
وزن لاغری چاقی رژیم کالری تغذیه پروتئین ویتامین مکمل ورزش bmi اشتها شکم
""",
}
_WHICH: dict[str, frozenset[str]] = {
    word: frozenset(topic for topic, text in _TOPICS.items() if word in word_set(text))
    for word in word_set(*_TOPICS.values())
}
_WORDS = frozenset(_WHICH)
_STEM = 4  # letters: «قاعدگی» and «قاعدگیم» share them


@measured
def unrelated_answer(record: Record) -> Figures | None:
    """Question and answer have no topic in common, and at most `shared` of their words' first four letters.

    The question holds at least `asked` words of some topics (pregnancy, skin, eyes, mind ...), the answer `answered`
    words of one of the others. A weak sign by nature: many a right answer repeats nothing of its question.
    Reason `unrelated_answer`; measure: words of topics asked and answered, words shared, the answer's topic, and the
    thresholds.
    Judged on published pairs, at 2 asked, 2 answered, none shared: 0 of 7 right. No threshold does better there: hardly
    a published answer is another question's. Of pairs made by exchanging answers that setting finds 10 %, with 3
    answered 5 % (and 1 in 15,014 published): so where one pair in a hundred is exchanged, four findings in five are.
    Plain overlap of words is worse: 4 to 9 % of the published pairs share no word at all.
    """
    question, answer = record.text("question"), record.text("answer")
    if not question or not answer:
        return None
    asked, answered = _topics(question), _topics(answer)
    if not asked or not answered or not asked.keys().isdisjoint(answered):
        return None
    topic = max(answered, key=lambda name: (answered[name], name))
    counts = {"asked": sum(asked.values()), "answered": answered[topic], "topic": topic}
    return counts | {"shared": len(_stems(question) & _stems(answer))}


@unrelated_answer.rule
def _(found: Figures, *, asked: Count, answered: Count, shared: AtMost) -> Finding | None:
    if found["asked"] < asked or found["answered"] < answered or found["shared"] > shared:
        return None
    return Finding("unrelated_answer", found | {"maximum": shared})


def _topics(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in _WORDS.intersection(words(text)):
        for topic in _WHICH[word]:
            counts[topic] = counts.get(topic, 0) + 1
    return counts


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in words(text) if len(word) > 2 and word not in SAYING_NOTHING}
