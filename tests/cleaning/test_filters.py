"""Each filter stops what it is for, with its reason and measure, and lets its neighbour pass."""

import random
import re
from typing import Any

import pytest

from cleaning.filters import non_answer
from cleaning.record import Finding, Record
from cleaning.steps import Sort, registry
from cleaning.transforms.personal_data import PLACEHOLDERS

FULL = "سرفه پس از سرماخوردگی معمولا دو تا سه هفته می‌ماند و با بخور و مایعات گرم آرام می‌شود."
ASKED = "سرفه پس از سرماخوردگی چقدر طول می‌کشد؟"


def pair(answer: str, question: str = ASKED) -> Record:
    return Record("qa", {"question": question, "answer": answer})


def asked(question: str) -> Record:
    return pair(FULL, question)


def article(text: str) -> Record:
    return Record("article", {"title": "عنوان", "text": text})


def run(name: str, record: Record, **parameters: Any) -> Finding | None:
    kind = registry()[name]
    checked = kind.parameters.model_validate(parameters).model_dump()
    figures = kind.function(record, **{key: value for key, value in checked.items() if key in kind.measuring})
    if figures is None:
        return None
    found = kind.rule(figures, **{key: value for key, value in checked.items() if key in kind.ruling})
    assert found is None or isinstance(found, Finding)
    return found


Parameters = dict[str, Any]
EIGHT: Parameters = {"field": "answer", "words": 8}
FIFTY: Parameters = {"field": "text", "words": 50}
TOKENS: Parameters = {"field": "answer", "tokens": 45}
PAIR_HALF: Parameters = {"field": "pair", "share": 0.5}
LINES: Parameters = {"field": "text", "share": 0.246}
REFERRAL: Parameters = {"field": "answer", "longest": 60, "beside": 2}
REPLY: Parameters = {"field": "answer", "longest": 60, "beside": 2}
SELLS: Parameters = {"field": "answer", "signs": 3, "share": 0.001}
LANGUAGE: Parameters = {"field": "answer", "words": 8, "share": 0.13}
TOPICS: Parameters = {"asked": 6.0, "answered": 6.0, "shared": 0}
NGRAMS: Parameters = {
    "field": "text",
    "top": [0.189, 0.164, 0.143],
    "duplicate": [0.157, 0.147, 0.137, 0.127, 0.117, 0.107],
}
PUNCTUATION: Parameters = {"field": "text", "share": 0.2}
BREAKS: Parameters = {"field": "text", "ratio": 0.15}
SHAPE: Parameters = {"field": "text", "shortest": 2.0, "longest": 9.0, "letters": 0.812}
LABORATORY = "آزمایش TSH و FT4 و CBC و قند ناشتا بدهید و نتیجه را بفرستید"


def broken(kind: str, limit: float, field: str = "answer") -> Parameters:
    return {"field": field, "kind": kind, "limit": limit}


WRECKED = "Ø³Ù„Ø§Ù… Ø¯Ú©ØªØ±"
BROKEN = [
    ("strange", 0.02, WRECKED),
    ("strange", 0.02, "سلام \ufffd\ufffd\ufffd دکتر"),
    ("held", 0.1, "خیلیییییییییییییییییییی درد دارم"),
    ("unspaced", 0.3, "سلامدکترمنسهروزاستکهسرفهمیکنموتبدارمچهکارکنم"),
    ("symbols", 0.2, "■■□□◆◆ تب ○○●●"),
    ("apart", 0.5, "س ر ف ه د ا ر م چ ه ک ن م"),
    ("again", 0.6, "درد دارم درد دارم درد دارم درد دارم درد دارم"),
    ("mash", 3.0, "ضصثقغپژچ ظزذدضص ثچجحخگک پژزط صضثظ"),
]
HEALTHY = [
    FULL,
    "TSH: 2.5 mIU/L، FT4 = 1.2؛ فشار ۱۲۰/۸۰ (۹۵٪) و تب ۳۸.۵°",
    "هیپوتیروئیدیسم، هیپرپاراتیروئیدیسم",
    "قرص متفورمین ۵۰۰ میلی‌گرم، روزی ۲ بار 🌹",
    "خیلیییی ممنون از شما، درد کمتر شده است",
]

STOPPED: list[tuple[str, Record, Parameters, Finding]] = [
    ("too_short", pair("مراجعه کنید."), EIGHT, Finding("short_answer", {"words": 2, "minimum": 8})),
    ("too_short", pair(" \n "), EIGHT, Finding("no_answer", {"words": 0, "empty": True, "minimum": 8})),
    (
        "too_short",
        pair(FULL, ""),
        {"field": "question", "words": 3},
        Finding("no_question", {"words": 0, "empty": True, "minimum": 3}),
    ),
    ("too_short", article("کوتاه است"), FIFTY, Finding("short_text", {"words": 2, "minimum": 50})),
    ("too_few_tokens", pair("بله."), TOKENS, Finding("short_answer", {"tokens": 2, "minimum": 45})),
    (
        "too_long",
        pair("آ" * 101),
        {"field": "answer", "characters": 100},
        Finding("long_answer", {"characters": 101, "maximum": 100}),
    ),
    ("not_persian", pair("Take two", "Fever?"), PAIR_HALF, Finding("not_persian", {"share": 0.0, "minimum": 0.5})),
    ("not_persian", pair("!!! 12", "?"), PAIR_HALF, Finding("not_persian", {"share": 0.0, "minimum": 0.5})),
    ("repeated_lines", article("یک\nیک\nدو"), LINES, Finding("repeated_lines", {"share": 0.333, "maximum": 0.246})),
    (
        "not_a_question",
        asked("سلام دکتر خسته نباشید، ممنون از پاسخ شما"),
        {"field": "question", "told": 1},
        Finding("not_a_question", {"words": 8, "told": 0, "minimum": 1}),
    ),
    ("cut_off", pair("این دارو را صبح ناشتا بخورید و"), {"field": "answer"}, Finding("cut_off", {"end": "و"})),
    (
        "unfinished_lines",
        article("خانه\nدرباره ما\nتماس با ما"),
        PUNCTUATION,
        Finding("unfinished_lines", {"share": 0.0, "minimum": 0.2}),
    ),
    (
        "line_breaks",
        article("خانه\n\nدرباره ما\nتماس با ما"),
        BREAKS,
        Finding("line_breaks", {"ratio": 0.333, "maximum": 0.15}),
    ),
    (
        "word_shape",
        article("A1 22 33 44 55"),
        SHAPE,
        Finding("word_shape", {"length": 2.0, "letters": 0.2, "minimum_letters": 0.812}),
    ),
    (
        "repeated_ngrams",
        article("خرید قرص لاغری ارزان " * 5),
        NGRAMS,
        Finding("repeated_ngrams", {"ngram": "top_2", "share": 0.529, "maximum": 0.189}),
    ),
    (
        "referral_only",
        pair("باید حضوری ویزیت شوید."),
        REFERRAL,
        Finding("referral_only", {"words": 4, "beside": 0, "minimum": 2}),
    ),
    (
        "non_answer",
        pair("سلام. متوجه سوال شما نشدم."),
        REPLY,
        Finding("non_answer", {"kind": "unclear", "words": 5, "beside": 0, "minimum": 2}),
    ),
]

PASSED: list[tuple[str, Record, Parameters]] = [
    ("too_short", pair(FULL), EIGHT),
    ("too_short", article(FULL), EIGHT),
    ("too_few_tokens", pair(FULL * 3), TOKENS),
    ("too_few_tokens", article("بله."), TOKENS),
    ("too_long", pair(FULL), {"field": "pair", "characters": 1000}),
    ("not_persian", pair(LABORATORY), PAIR_HALF),
    ("not_persian", article(FULL), PAIR_HALF),
    ("repeated_lines", article("یک\n\nدو\n\nسه"), LINES),
    ("repeated_lines", pair(FULL), LINES),
    ("not_a_question", asked("مننژیت چیست؟"), {"field": "question", "told": 1}),
    ("not_a_question", asked("ممنون، ولی تب هنوز هست"), {"field": "question", "told": 1}),
    ("cut_off", pair("این دارو را صبح ناشتا بخورید"), {"field": "answer"}),
    ("cut_off", pair("با سرم و..."), {"field": "answer"}),
    ("cut_off", pair("بهتر است صبح، ظهر و شب،"), {"field": "answer"}),
    ("unfinished_lines", article("سرفه چیست؟\nدرمان آن:"), PUNCTUATION),
    ("line_breaks", article(f"{FULL}\n\n\n{FULL}"), BREAKS),
    ("word_shape", article(FULL), SHAPE),
    ("repeated_ngrams", article(FULL), NGRAMS),
    ("repeated_ngrams", article("تب"), NGRAMS),
    ("repeated_ngrams", pair(FULL), NGRAMS),
    ("unrelated_answer", article(FULL), TOPICS),
]

REFERRALS = [
    "دوست عزیز لطفا برای معاینه به متخصص زنان مراجعه کنید.",
    "سلام، بدون معاینه نمی‌توان اظهار نظر کرد. حتما به پزشک مراجعه نمایید.",
    "با سلام. باید حضوری ویزیت شوید.",
    "بهتر است با پزشک معالج خود مشورت کنید. موفق باشید",
]
ANSWERS = [
    "دوست عزیز تا دو روز هر هشت ساعت یک استامینوفن بخورید و اگر تب ماند به پزشک مراجعه کنید.",
    "افت آب دور جنین در این هفته خطرناک است، همین امروز به بیمارستان مراجعه کنید.",
    "خیر، طبیعی است ولی برای اطمینان به پزشک مراجعه کنید.",
    FULL,
    FULL * 6 + " به پزشک مراجعه کنید.",
]
NON_ANSWERS = {
    "unclear": "سلام دوست عزیز لطفا سوالتان را واضح تر بپرسید",
    "more_needed": "اطلاعات شما ناقص است. لطفا سن خود را بفرمایید.",
    "send": "با سلام، لطفا عکس ضایعه را ارسال کنید",
    "answered": "به سوال شما قبلا پاسخ داده شد.",
    "elsewhere": "برای پاسخ لطفا مشاوره تلفنی یا ویزیت آنلاین بگیرید.",
    "not_here": "ما در این سایت مجاز به تفسیر آزمایش نیستیم.",
    "unknown": "سلام، متاسفانه در این زمینه اطلاعی ندارم.",
    "courtesy": "خواهش می‌کنم، موفق باشید",
}
ADVERTISEMENTS = [
    "جهت رزرو نوبت و مشاوره با شماره [شماره تلفن] تماس بگیرید.",
    "کلینیک ما با مجهزترین دستگاه لیزر و تخفیف ویژه در خدمت شما هستیم",
    "برای آموزش ورزش‌ها به کانال تلگرام ما مراجعه کنید",
    "خرید اینترنتی با ارسال رایگان، قیمت ۲۵۰ هزار تومان",
    "برای دیدن ورزش‌ها ما را دنبال کنید [شناسه کاربری]",
    f"{FULL}\nآیدی من:\n[شناسه کاربری]",
    f"{FULL}\n[شناسه کاربری]\n[شناسه کاربری]",
    f"{FULL} [شناسه کاربری] را ببینید.\n[شناسه کاربری]",
    f"{FULL} توضیح بیشتر در این پست آمده است.\n[شناسه کاربری]",
    f"{FULL} تعرفه درمان مناسب است.\n[شناسه کاربری]",
]
NO_ADVERTISEMENTS = [
    FULL,
    "عصب از کانال نخاعی می‌گذرد و فشار بر آن درد می‌دهد.",
    "در صورت خونریزی با شماره ۱۱۵ تماس بگیرید.",
    "از مشاوره رایگان بهزیستی با شماره ۱۴۸۰ کمک بگیرید.",
    "برای تشخیص با پزشک خود تماس بگیرید و نوبت سونوگرافی بگیرید.",
    f"{FULL}\n[شناسه کاربری]",
    f"{FULL[:-1]}\n\n👇 [شناسه کاربری] 🌹\n",
    f"{FULL} [شناسه کاربری].",
    f"{FULL}\nدکتر [نام پزشک] [شناسه کاربری]",
    "با معاینه تشخیص داده می‌شود. دکتر [نام پزشک]، [شناسه کاربری]",
]
FOREIGN = [
    "أعاني من ألم شديد في البطن منذ ثلاثة أيام ولا أعرف ما هو السبب",
    "آپ کو چاہیے کہ ڈاکٹر سے رجوع کریں اور یہ دوا دن میں دو بار لیں",
    "بو درمانی گونده ایکی دفعه یئمکدن سونرا ایچمک لازیمدیر",
    "ئەم دەرمانە ڕۆژی دوو جار دوای نانخواردن بخۆ بۆ چاکبوونەوە",
    "دغه دوا په ورځ کې دوه ځله وروسته له ډوډۍ وخورئ",
]
PERSIAN = [
    FULL,
    "علائم: تب، لرز، تعریق شبانه، کاهش وزن، بی‌اشتهایی، ضعف عمومی",
    "الکل، التهاب، آلرژی، الکترولیت، الیاف، آلودگی، آلزایمر، البته",
    "تست‌های سی بی سی، پی تی، پی تی تی و سی تی اسکن انجام بدین",
]


@pytest.mark.parametrize(("name", "record", "parameters", "finding"), STOPPED)
def test_stopped(name: str, record: Record, parameters: Parameters, finding: Finding) -> None:
    assert run(name, record, **parameters) == finding


@pytest.mark.parametrize(("name", "record", "parameters"), PASSED)
def test_passed(name: str, record: Record, parameters: Parameters) -> None:
    assert run(name, record, **parameters) is None


@pytest.mark.parametrize("answer", REFERRALS)
def test_a_mere_referral_is_stopped(answer: str) -> None:
    found = run("referral_only", pair(answer), **REFERRAL)
    assert found
    assert found.reason == "referral_only"
    assert found.measure["beside"] < found.measure["minimum"] == 2


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_also_refers_passes(answer: str) -> None:
    assert run("referral_only", pair(answer), **REFERRAL) is None


@pytest.mark.parametrize(("kind", "answer"), NON_ANSWERS.items())
def test_a_reply_that_answers_nothing_is_stopped_with_its_kind(kind: str, answer: str) -> None:
    found = run("non_answer", pair(answer), **REPLY)
    assert found
    assert found.measure["kind"] == kind


@pytest.mark.parametrize("answer", [*ANSWERS, "بله، امکان‌پذیر است.", "خیر", "عکس قفسه سینه طبیعی است."])
def test_an_answer_is_no_such_reply(answer: str) -> None:
    assert run("non_answer", pair(answer), **REPLY) is None


def test_the_first_reply_of_a_kind_is_found_wherever_it_begins() -> None:
    rng = random.Random(4)
    parts = re.findall(r"[ء-ی]+", "|".join(non_answer._KINDS.values()))
    words = [*parts, *(part + "تان" for part in parts), "سنتان", "سوالهایتان", "بی", "درد"]
    search = re.compile(rf"\b(?:{non_answer._KIND.pattern})").search
    matches = 0
    for _ in range(3_000):
        found = tuple(rng.choices(words, k=rng.randint(1, 12)))
        expected, match = search(" ".join(found)), non_answer._kind(found, " ".join(found))
        assert (match and (match.span(), match.lastgroup)) == (expected and (expected.span(), expected.lastgroup)), (
            found
        )
        matches += match is not None
    assert matches > 300


@pytest.mark.parametrize("answer", ADVERTISEMENTS)
def test_an_advertisement_is_stopped(answer: str) -> None:
    assert run("advertisement", pair(answer), **SELLS)


@pytest.mark.parametrize("answer", NO_ADVERTISEMENTS)
def test_what_only_sounds_like_one_passes(answer: str) -> None:
    assert run("advertisement", pair(answer), **SELLS) is None


def test_an_advertisement_alone_has_a_larger_share_than_one_behind_an_answer() -> None:
    shares = [run("advertisement", pair(text), **SELLS) for text in (ADVERTISEMENTS[0], FULL * 3 + ADVERTISEMENTS[0])]
    alone, behind = (found.measure["share"] for found in shares if found)
    assert alone >= 0.2 > behind


@pytest.mark.parametrize("answer", FOREIGN)
def test_another_language_in_the_same_letters_is_stopped(answer: str) -> None:
    found = run("other_language", pair(answer), **LANGUAGE)
    assert found
    assert found.measure["share"] > found.measure["persian"]


@pytest.mark.parametrize("answer", PERSIAN)
def test_persian_passes(answer: str) -> None:
    assert run("other_language", pair(answer), **LANGUAGE) is None


@pytest.mark.parametrize(("kind", "limit", "text"), BROKEN)
def test_broken_text_is_stopped(kind: str, limit: float, text: str) -> None:
    found = run("broken_text", pair(text), **broken(kind, limit))
    assert found
    assert found.measure["kind"] == kind


@pytest.mark.parametrize("text", HEALTHY)
@pytest.mark.parametrize(("kind", "limit"), dict(case[:2] for case in BROKEN).items())
def test_healthy_text_passes(kind: str, limit: float, text: str) -> None:
    assert run("broken_text", pair(text), **broken(kind, limit)) is None


def test_an_answer_to_another_question_is_found_by_its_topic() -> None:
    eyes = "تاری دید با شماره عینک و معاینه شبکیه و قرنیه روشن می‌شود و لنز تاثیری در آن ندارد."
    found = run("unrelated_answer", pair(eyes, "یبوست دارم، مدفوع سفت و نفخ و سوزش معده چه کنم؟"), **TOPICS)
    assert found
    assert (found.measure["asked_of"], found.measure["answered_of"]) == ("gastroenterology", "ophthalmology")
    assert run("unrelated_answer", pair(eyes, "چشم راستم تاری دید دارد"), **TOPICS) is None


def test_masked_counts_the_kinds_asked_for() -> None:
    text = f"تماس {PLACEHOLDERS['phone']} یا {PLACEHOLDERS['email']}"
    found = run("masked", pair(text), field="pair", kinds=["phone", "email"])
    assert found == Finding("personal_data", {"phone": 1, "email": 1})
    assert run("masked", pair(text), field="pair", kinds=["url"]) is None


def test_every_filter_is_tested_both_ways() -> None:
    elsewhere = {"contamination", "mentions", "quality_score", "speciality"}  # they read a model or a list
    apart = {"masked", "referral_only", "non_answer", "advertisement", "other_language", "broken_text"}
    filters = {name for name, step in registry().items() if step.sort == Sort.DOCUMENT} - elsewhere
    assert {case[0] for case in STOPPED} | apart | {"unrelated_answer"} == filters
    assert {case[0] for case in PASSED} | apart == filters
