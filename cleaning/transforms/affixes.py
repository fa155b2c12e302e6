"""Prefixes and endings that stand apart from their word, or grown to it, where Persian wants a ZWNJ."""

import re

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.steps import transform
from cleaning.urls import outside_urls
from cleaning.verbs import ATTACHED, PARTICIPLES, VERBS

# Adjectives before تر; the word alone also means wet, so the list is closed.
_COMPARED = frozenset(
    """
بیش کم بزرگ کوچک کوچیک مهم شدید قوی ضعیف سریع ساده سخت آسان پایین بالا زود دیر دقیق سنگین سبک جدی پیش قدیمی جدید
جوان مسن پیر نزدیک دور طولانی کوتاه بلند راحت مناسب خطرناک شایع رایج کامل مؤثر موثر عمیق نازک ضخیم پررنگ کمرنگ
تیره روشن گرم سرد چاق لاغر صحیح غلیظ رقیق پیشرفته خفیف پیچیده وخیم تخصصی عقب جلو واضح سالم روان محتمل مشخص تند
برجسته آرام آروم تهاجمی زیاد سفت شل ارزان گران چرب حساس درست مطمئن مفصل منظم نامنظم نرم مقوی کند متراکم دردناک
صمیمی موفق اختصاصی درشت ریز پرخطر متفاوت اساسی شیرین غنی ملایم فعال محکم زیبا عصبی طبیعی ناقص مقاوم منطقی خوب بد
تلخ شفاف جامع عالی تازه تنگ گشاد کلفت پهن باریک قطعی اصولی علمی دراز عملی امن ایمن سالم معتبر مفید مضر سمی
پایدار باهوش خسته صبور بهینه رنگ هزینه عارضه مدت متداول معمول نادر وسیع گسترده فراوان
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
)
_END = f"(?![{LETTERS}])"
_OUTSIDE = f"[{LETTERS}{ZWNJ}]"

# Each pattern begins with fixed letters and looks back from there: that is what makes a search quick.
_PREFIX = re.compile(
    f"می(?:(?<!{_OUTSIDE}می)|(?<=نمی)(?<!{_OUTSIDE}نمی)|(?<=[بد]رمی)(?<!{_OUTSIDE}.رمی)|(?<=[بد]رنمی)(?<!{_OUTSIDE}.رنمی))"
    f"( ?)([{LETTERS}]+){_END}"
)
_NO_LAUGH = f"(?<!(?<![{LETTERS}])ها )(?!ها ها{_END})"  # «ها ها ها»
_PLURAL = re.compile(
    f" (?<=[{LETTERS}] ){_NO_LAUGH}"
    f"(ها(?:یی|ست|ی?(?:م|ت|ش|مان|تان|شان|مون|تون|شون))?|های|ترین(?:{ZWNJ}?ها)?){_END}(?!{ZWNJ})"
)
_COMPARATIVE = re.compile(f" (تر(?:ی|ها|های)?){_END}(?!{ZWNJ})")
_WORD_BEFORE = re.compile(f"[{LETTERS}]+$")
_LONGEST = 12
_NOUN = 4  # letters

# «ام آر آی», «ای یو دی» and «ای کاش» are no endings.
_SPELT_OUT = "آر|ار|اس|آی|ای|ام|ان|پی|سی|دی|جی|تی|وی|اف|اچ|بی|ال|کیو|یو|ایکس"
_AFTER_HEH = re.compile(f"ه (ا(?:م|ی|یم|ید|ند|ش)){_END}(?!{ZWNJ}| (?:{_SPELT_OUT}|کاش|خدا|وای|بابا|داد|دل|جان){_END})")
_NO_STEM = frozenset("که به نه چه سه ده ته مه شه".split())  # noqa: SIM905

# A ی by itself after a noun in ه is its ezafe; after a verb, or before a measure, it is everyday for یک.
_MEASURE = (
    "نفر|سری|پسر|دختر|سال|ماه|هفته|روز|بار|دونه|دانه|کم|کمی|چیز|چیزی|مقدار|مقداری|لحظه|دفعه|مدت|مدتی|جا|جایی|جور|جوری|طور|نوع|"
    "عدد|تا|ساعت|دقیقه|شب|بچه|خانم|اقا|آقا|آدم|دکتر|قرص|سونو|آزمایش|ازمایش|خط|سوال|سؤال|سوالی|مشکل|مشکلی|لکه|توده|کیست|زخم|جوش|"
    "نقطه|وقت|وقتی|وقتا|وقتایی|زن|مرد|کار|کاری|لیوان|قاشق|برگ"
)
_EZAFE = re.compile(f"ه ی (?=[{LETTERS}])(?!(?:{_MEASURE}){_END})")
_SHORT_NOUNS = frozenset("همه بچه غده ریه لبه دهه تهیه".split())  # noqa: SIM905
_NO_NOUN = frozenset(
    """
باشه داره نداره کنه نکنه بکنه بشه نشه بده نده بره نره بزنه نزنه بگه نگه همینه البته دیگه همیشه بعضیه خوبه بخوره
نخوره واسه هسته
""".split()  # noqa: SIM905 - a list of words reads as text
)


@transform(spelling=True)
def affixes(text: str) -> str:
    """Tie می and نمی to the verb after them, and endings (ها, تر, ام, ای, اند, ی …) to the word before, with a ZWNJ.

    Only before a known verb, after a known adjective and after a ه: «ام اس» (MS), «دستمال تر» and میدان stay.
    Of 120 endings and 110 ezafes tied after a ه in published pairs and read, all were right.
    """
    return outside_urls(text, _tied)


def _tied(text: str) -> str:
    text = _PREFIX.sub(_prefix, text)
    if " ها" in text or " ترین" in text:
        text = _PLURAL.sub(ZWNJ + r"\1", text)
    if " تر" in text:
        text = _COMPARATIVE.sub(_comparative, text)
    if "ه ی " in text:
        text = _EZAFE.sub(_ezafe, text)
    return _AFTER_HEH.sub(_ending, text)


def _prefix(match: re.Match[str]) -> str:
    negated = match.string[match.start() - 1 : match.start()] == "ن"
    verbs = VERBS if match[1] or negated else ATTACHED
    return f"می{ZWNJ}{match[2]}" if match[2] in verbs else match[0]


def _comparative(match: re.Match[str]) -> str:
    return ZWNJ + match[1] if _before(match) in _COMPARED else match[0]


def _ending(match: re.Match[str]) -> str:
    stem = _before(match) + "ه"
    return match[0] if stem in _NO_STEM else f"ه{ZWNJ}{match[1]}"


def _ezafe(match: re.Match[str]) -> str:
    noun = _before(match) + "ه"
    short = len(noun) < _NOUN and noun not in _SHORT_NOUNS
    verb = noun in _NO_NOUN or noun in PARTICIPLES or noun in VERBS or noun.startswith(("می", "نمی"))
    return match[0] if short or verb else f"ه{ZWNJ}ی "


def _before(match: re.Match[str]) -> str:
    """The letters right before the match."""
    start = match.start()
    word = _WORD_BEFORE.search(match.string[max(0, start - _LONGEST) : start])
    return word[0] if word else ""
