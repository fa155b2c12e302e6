"""Prefixes and endings that stand apart from their word by a space where Persian wants a ZWNJ."""

import re

from cleaning.alphabet import LETTERS, ZWNJ
from cleaning.steps import transform

# Verbs that follow می in everyday and medical Persian: present and past stems.
_PRESENT = """
آ آور آموز افت افزا انداز اندیش باز باش بخش بر بند بین پذیر پرداز پرس پز پوش پیچ ترس ترک توان چرخ چسب چین خار خر
خشک خند خواب خواه خوان خور دار دان ده دو دوز رس رسان رو ریز زن ساز سپار سنج سوز شکن شناس شنو شو شوی طلب فرست فرما فروش
فهم کاه کش کن کوب گذار گذر گرد گو گوی گیر لرز لنگ مال مان میر نال نشین نما نوش نویس یاب جو جوش تپ تاب زا بلع گزین
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
_PAST = """
آمد آورد آموخت افتاد افزود انداخت باخت بخشید برد بست بود دید پذیرفت پرداخت پرسید پخت پوشید پیچید ترسید ترکید توانست
چرخید چسبید چید خارید خرید خندید خوابید خواست خواند خورد داشت دانست داد دوید دوخت رسید رساند رفت ریخت زد ساخت سپرد سنجید
سوخت شکست شناخت شنید شد شست طلبید فرستاد فرمود فروخت فهمید کاست کشید کرد کوبید گذاشت گذشت گشت گفت گرفت لرزید لنگید مالید
ماند مرد نالید نشست نمود نوشید نوشت یافت جوشید تپید تابید زایید بلعید
""".split()  # noqa: SIM905 - a list of a hundred words reads as text
_PERSONS = ("م", "ی", "د", "یم", "ید", "ند", "ه", "ن", "ین")
_VERBS = frozenset(stem + person for stem in _PRESENT + _PAST for person in _PERSONS) | frozenset(_PAST)

# Adjectives before تر; the word alone also means wet, so the list is closed.
_COMPARED = """
بیش کم بزرگ کوچک مهم شدید قوی ضعیف سریع ساده سخت آسان پایین بالا زود دیر دقیق سنگین سبک جدی پیش قدیمی جدید جوان مسن پیر
نزدیک دور طولانی کوتاه بلند راحت مناسب خطرناک شایع رایج کامل مؤثر موثر
عمیق نازک ضخیم پررنگ کمرنگ تیره روشن گرم سرد چاق لاغر
""".split()  # noqa: SIM905 - a list of a hundred words reads as text

_PREFIX = re.compile(f"(?<![{LETTERS}{ZWNJ}])(ن?می) ([{LETTERS}]+)(?![{LETTERS}{ZWNJ}])")
_PLURAL = re.compile(
    f"(?<=[{LETTERS}]) (ها(?:ی|یی|یم|یت|یش|مان|تان|شان|یمان|یتان|یشان)?|ترین(?:{ZWNJ}?ها)?)(?![{LETTERS}{ZWNJ}])"
)
_COMPARATIVE = re.compile(f"(?<![{LETTERS}{ZWNJ}])({'|'.join(_COMPARED)}) (تر(?:ی|ها|های)?)(?![{LETTERS}{ZWNJ}])")


@transform(spelling=True)
def affixes(text: str) -> str:
    """Tie می and نمی to the verb after them, and ها, تر and ترین to the word before them, with a ZWNJ.

    Only before a known verb and after a known adjective: «ام اس» (MS) and «دستمال تر» stay as they are.
    """
    if "می " in text:
        text = _PREFIX.sub(lambda m: f"{m[1]}{ZWNJ}{m[2]}" if m[2] in _VERBS else m[0], text)
    if " ها" in text or " ترین" in text:
        text = _PLURAL.sub(ZWNJ + r"\1", text)
    return _COMPARATIVE.sub(rf"\1{ZWNJ}\2", text) if " تر" in text else text
