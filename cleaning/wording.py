"""Words that say nothing medical: what a text holds beside them is what it tells."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache

from cleaning.folding import fold, fold_each

LONGEST = 200_000
"""Characters that are looked at: some 40,000 words, and a text of megabytes costs no more."""


_batch: dict[str, str] = {}


def remember(texts: Sequence[str]) -> None:
    """Fold the texts of a batch at once: until the next batch `sentence` knows them."""
    _batch.clear()
    _batch.update(zip(texts, fold_each([text[:LONGEST] for text in texts]), strict=True))


def sentence(text: str) -> str:
    """The text's first LONGEST characters folded: its words with one space between."""
    known = _batch.get(text)
    return _sentence(text) if known is None else known


@lru_cache(maxsize=8)  # several filters ask for the same few fields of a record
def _sentence(text: str) -> str:
    return fold(text[:LONGEST])


@lru_cache(maxsize=8)
def words(text: str) -> tuple[str, ...]:
    """The words of `sentence`."""
    whole = sentence(text)
    return tuple(whole.split(" ")) if whole else ()


def word_count(text: str) -> int:
    """How many words the text has; parts joined by a ZWNJ are one word."""
    return len(words(text))


def word_set(*lists: str) -> frozenset[str]:
    """The words of these texts, folded as `words` folds them."""
    return frozenset(word for text in lists for word in fold(text).split())


def near(first: str, second: str, between: int) -> str:
    """An expression for one of `first` with one of `second` at most `between` words after it, in folded words."""
    return rf"(?:{first})(?: \S{{1,25}}){{0,{between}}} (?:{second})\b"


def phrases(text: str, starts: frozenset[str], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The pattern's matches in `sentence(text)` that begin with a word of `starts`; faster than a search everywhere."""
    found = words(text)
    if starts.isdisjoint(found):
        return
    whole, place, end = sentence(text), 0, 0
    for word in found:
        if word in starts and place >= end and (match := pattern.match(whole, place)):
            end = match.end()
            yield match
        place += len(word) + 1


def told(found: Iterable[str], nothing: Container[str]) -> int:
    """How many of the words are outside `nothing`; one that advises or judges weighs three."""
    telling = [word for word in found if word not in nothing]
    return len(telling) + 2 * len([word for word in telling if word in _ADVICE])


GREETINGS = """
سلام باسلام سلامی درود دورد بادرود وقت وقتتون وقتتان وقتت وقتبخیر بخیر بخير خیر خوش روز روزتون روزتان شب شبتون عصر
صبح عرض ادب احترام احترامات محضر خدمت خدمتتون خدمتتان حضور شما شمارو دوست دوستم عزیز عزیزم عزیزان گرامی گرامیم محترم
محترمتون مهربان ارجمند هموطن کاربر همراه مادر مامان پدر خانم خانوم آقا آقای جناب سرکار دکتر جان دخترم پسرم برادر
خواهر خسته نباشید نباشین نباشی مجدد مجددا دوباره ضمن همیشه سال نو مبارک تبریک عید بزرگوار بزرگواران
"""
CLOSINGS = """
موفق موید پیروز سلامت سالم شاد شادکام شاداب سرافراز سرفراز پاینده پایدار تندرست سربلند برقرار باشید باشین باشی باشد
آرزوی آرزومند آرزومندم سلامتی سلامتیتان تندرستی بهبودی شفای عاجل بهترینها بهترین موفقیت شادی تشکر سپاس سپاسگزارم
سپاسگذارم ممنون ممنونم ممنونیم متشکر متشکرم متشکریم مرسی باتشکر باسپاس ارادتمند قربان فدای خداحافظ خدانگهدار یاعلی
علی یا پناه خدا خداوند حفظ پیشاپیش فراوان بسیار خیلی زیاد قبلا لطف لطفتون لطفتان محبت محبتتون محبتتان زحمت زحمات
زحماتتون بابت اینکه همکاری
"""
# Prepositions, pronouns, auxiliaries, modal words: they carry a sentence and tell nothing.
FUNCTION = """
و در به از که این آن را رو با تا هم یا اگر اگه اما ولی پس چون زیرا لذا بنابراین هر همه همین همان چه چنین نیز یک یه
دو هیچ چند بعضی برخی برای جهت بابت درباره باره بر روی مورد موارد موردی بدون طی طبق حسب اساس توجه باتوجه صورت صورتی
صورتیکه طور بطور کلی نظر علت دلیل من ما او وی ایشان ایشون شما خود خودتان خودتون خودش خودم تان تون تو بنده اینجانب ام
اید ایم اند ای است هست هستم هستید هستین هستند هستیم نیست نیستم نیستیم نیستند بود بودن بوده باشد باشه باشند باشید
باشین می نمی شود شوید شوند شد شده بشه بشود بشوید بشید بشین گردد گردید نمیشود میشود میشه میباشد میباشند میگردد کنم
کنی کند کنید کنین کنیم کنند کنه کرد کردم کردید کردین کرده کردن بکنید بکنین نکنید میکنم میکنید میکنیم میکند میکنه
نمایید نماید نمایند نمایم نمود نمودن بنمایید فرمایید فرمایند بفرمایید بفرمایین فرمودید فرموده دهم دهید دهند دهد
بدهید بدین بدید بدم دادن داد دادید داده خواهد خواهند دارد دارم دارید دارین دارند داره داریم ندارد ندارم نداره داشت
داشته داشتن گیرد گیرید بگیرید بگیرین بگیره بگیرد گرفت گرفته گیرند قرار انجام بشن باید بایستی میبایست حتما حتماً لطفا
لطفاً بهتر بهتره بهتراست لازم لازمه لزوم ضروری ضرورت نیاز نیازه نیازمند میتوان میتوانید میتونید میتونین میتواند
میتونه نمیتوان نمیتوانم نمیتوانیم نمیتونم نمیتونیم نمیشه امکان امکانپذیر پذیر ممکن مقدور قادر توان توصیه پیشنهاد
خواهش فقط تنها نه بله خیر بلی آری سریع سریعتر سریعا زودتر هرچه اسرع فورا فوری الان حال حاضر امروز فردا ابتدا اول
دقیق دقیقتر دقیقتری دقت بیشتر بیشتری کامل کاملتر مناسب مناسبتر قطعی صحیح درست بعد بعدا قبل سپس متاسفانه متاسفم شاید
احتمالا دیگر دیگه خیلی ترین تر ها های توسط یکی خصوص
"""
# Who is to be seen, where, how and what for.
CARE = """
پزشک پزشکی پزشکتان پزشکتون پزشکت پزشکان دکتر دکترتان دکترتون دکترم دکترها متخصص متخصصی متخصصین متخصصان متخصصتان تخصص
تخصصی فوق فلوشیپ مطب درمانگاه بیمارستان بیمارستانی بیمارستانها اورژانس اورژانسی کلینیک کلینیکی کلینیکهای مرکز مراکز
درمانی مشاور مشاوره مشاوری روانشناس روانشناسی روانپزشک روانپزشکی روانشناختی ماما مامای حضوری حضورا حضوراً ارولوژیست
ارولوژی اورولوژی اورولوژیست نورولوژیست نورولوژی جراح جراحی ارتوپد ارتوپدی فوریت فیزیوتراپ گفتاردرمانگر کاردرمان
درمانگر رواندرمانگر دندانپزشک چشمپزشک آزمایشگاه مراجعه رجوع ویزیت معاینه معاینات مشورت نشان تشریف تماس ببیند ببینند
ببینید رویت بررسی بررسیهای بررسیها بپرسید پیگیری ارجاع معالج معالجتان معالجتون مربوطه زنان زایمان غدد داخلی مغز
اعصاب روان قلب عروق پوست مو گوش حلق بینی اطفال کودکان نوزادان نازایی ناباروری تغذیه گوارش کلیه ریه عفونی چشم دندان
نزدیک نزدیکترین نزدیکتان شهر شهرتان شهرتون محل سکونت منطقه معتبر مجرب باتجربه حاذق خوب ببرید برید بروید برین بیایید
اقدام اقدامات تحت نظرش نظرشان تشخیص تشخیصی درمان درمانتان درمانتون تجویز دارو داروی دستور دستورات راهنمایی اظهار
اظهارنظر نظری مجازی غیرحضوری اینترنتی سوال پاسخ جواب مشکل مشکلتان مشکلتون شرایط شرایطتان وضعیت وضعیتتان علائم علایم
علامت بیماری بیمار مشخص
"""
SAYING_NOTHING = word_set(GREETINGS, CLOSINGS, FUNCTION, CARE)
_ADVICE = word_set("""
احتمال طبیعی غیرطبیعی عادی غیرعادی نرمال خطرناک خطر نگران نگرانی مصرف بخورید بخورین میل کشت تست آزمایش آزمایشات
آزمایشهای سونو سونوگرافی ادامه قطع بستری دچار نشانه نشانگر تزریق استراحت منعی مانعی اشکالی مشکلی ندارید ورزش شستشو
پماد قرص شربت آمپول کپسول قطره پرهیز تکرار ناشی باعث مربوط ارتباطی تاثیری مفید مضر بهبود برطرف نکنید نباید میتوانید
میتونید مبتلا
""")
