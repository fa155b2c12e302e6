"""Arabic, Urdu, Azeri, Kurdish and their like: another language in the same letters."""

import re

from cleaning.record import FieldName, Figures, Finding, Record
from cleaning.steps import Count, Share, measured
from cleaning.transforms.letters import letters
from cleaning.wording import sentence, word_set, words

# Frequent words as no published answer has them, from FineWeb2's word lists (misc/precision_filtering/
# wordlists-0.85, Penedo et al. 2025) and, for what everyday and medical texts hold, from general knowledge.
_LANGUAGES = {
    "arabic": """
فی عن هذه هذا مع وفی بشأن لا بما وقد فیما أجل أیضا لم خلال أنه بها فیها کان یتعلق یمکن تلک ینبغی فإن بعض علیها کانت
إذا یکون وعلی لها منها وهو هناک وهی لدی وذلک منذ سیما بالنسبة وفقا مما التی الذی الذین ذلک هل لماذا کیف ماذا أنا أنت
نحن هو لقد سوف لیس عند عندما لکن ولکن ثم حیث یجب علیک لدیک یوم مرات شکرا مرحبا أرید أشعر عندی طبیب الطبیب العلاج له
لک فإنه إنه کما قد تم
""",
    "urdu": """
ہیں میں ایک وہ بھی کیا تھا نہیں ہو ہے ہوں تھی تھے کرتے کرتی کرتا ساتھ جب لیے لئے دیا کہا جاتا جاتی ہوتا ہوتی ہوتے
مجھے مجھ میرے میری میرا تمہارے انہیں ایسا کیوں کیسے چاہئے چاہیے یہاں ہوگا دونوں کرو بہت اور کے کا کو سے نے پر جو کر
کرنے کرنا دینے لیا سکتا سکتی سکتے کریں گیا گئی گے گا رہا رہی رہے کچھ ابھی پھر کیونکہ چونکہ زیادہ ہفتے ڈاکٹر کوئی کسی
اپنے اپنی اپنا اس جس ہم ہمارے تک یا تیری اے دی دے دا نوں توں تے وچ
""",
    "azeri": """
ایله یئر گؤره اولان چوخ سونرا ائدیب وئرن داها کیمی بؤیوک بوتون بیر ایکی ائدن یئنی باغلی قارشی اؤز ائدیر اولدوغو
اوچون منیم بونو اونون اولار اولسا ائتمک اولماق اولماز وار یوخ یوخدور هانسی نئجه نه‌یه بئله گون گونده لازیمدیر آغری
آغریسی حکیمه سیز سیزین منه سنه اونا بونا دئدی ائله گلیر گئدیر ایچمک لازیم اولور اولونور گرک یاخشی پیس
""",
}  # fmt: skip
_PERSIAN = word_set("""
در به از که است این را با برای شما تا باید یک اگر هست میشود می شود ولی باشد شده دارم رو خیلی آیا دارد کنم کنید نیست
بود میشه های اما دو هیچ چون فقط بی چند پیش خود شد کرد کرده کردم کردن بر روی مورد نیز چه چی چیست چرا چطور چگونه هستم
هستید هستند باشید توانید میتوان میتواند میتوانید ممکن بیشتر بهتر مثل دیگر همین همه ای اینکه بوده داره دارید دارند
ندارد نمی شوید شوند پس البته معمولا حتما سلام درد درمان مصرف بعضی طور گاهی
""")  # fmt: skip
_COMMON = word_set("هم دی دا یا تک جو ام ایک سی کسی یه تی نی")  # words of Urdu that stand in Persian texts too
_WHICH = {
    word: language
    for language, text in _LANGUAGES.items()
    for word in word_set(text, letters(text)) - _PERSIAN - _COMMON
}
_ARTICLE = re.compile(r"\b(?:ال(?!ان\b|بت|ته|کل|کن|رژ|رج|ود|گو|ما|تی|کت|یا|هی|ف\b|ه\b|ز)|وال|بال|لل)\w{2,}")
_ARTICLE_BEGINS = (" ال", " وال", " بال", " لل")  # a text without them is not searched for it
_FOREIGN = re.compile(
    r"[\u0679-\u067d\u067f-\u0685\u0687-\u0697\u0699-\u06a8\u06aa-\u06ae\u06b0-\u06c0\u06c3-\u06cb\u06cd-\u06d3]"
)
_PLAINLY_PERSIAN = 0.22


@measured
def other_language(record: Record, *, field: FieldName) -> Figures | None:
    """Of at least `words` words, this `share` is of another language in the Arabic script, and more than is Persian.

    Told by frequent words (Arabic, Urdu, Azeri), Arabic's article, and letters that Persian has not (Kurdish, Pashto,
    Sindhi, Uyghur, Urdu); not looked for where .22 of the words are plainly Persian. Latin is for `not_persian`.
    Reason `other_language`; measure: the language, its share, the Persian share, words, and the minima.
    From 8 words and a share of .13 on it finds none of 30,028 published texts, and of the Declaration of Human Rights
    in pieces of 8 words 85 % of Arabic, 92 % of Urdu, 97 % of Uyghur, none of 460 Persian; of 15 words 99, 100 and
    99 %; Punjabi and Saraiki 36 and 49, then 57 and 69 %.
    """
    text = record.text(field) or ""
    found = words(text)
    if not found:
        return None
    persian = len([word for word in found if word in _PERSIAN]) / len(found)
    language, count = ("persian", 0) if persian > _PLAINLY_PERSIAN else _other(found, sentence(text))
    share = round(count / len(found), 3) if count else 0.0
    return {"language": language, "words": len(found), "share": share, "persian": round(persian, 3)}


@other_language.rule
def _(found: Figures, *, words: Count, share: Share) -> Finding | None:
    if found["words"] < words or found["share"] < share or found["share"] <= found["persian"]:
        return None
    return Finding("other_language", found | {"minimum": words, "minimum_share": share})


def _other(found: tuple[str, ...], text: str) -> tuple[str, int]:
    """The language most words point to, and how many words point to any."""
    articles = len(_ARTICLE.findall(text)) if any(map(f" {text}".__contains__, _ARTICLE_BEGINS)) else 0
    foreign = len([word for word in found if _FOREIGN.search(word)]) if _FOREIGN.search(text) else 0
    counts = {"arabic": articles, "other": foreign}
    for word in found:
        if word in _WHICH and not _FOREIGN.search(word):
            counts[_WHICH[word]] = counts.get(_WHICH[word], 0) + 1
    return max(counts, key=counts.__getitem__), sum(counts.values())
