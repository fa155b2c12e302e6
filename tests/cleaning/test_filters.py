"""Each filter stops what it is for, with its reason and measure, and lets its neighbour pass."""

import pytest

from cleaning.record import Finding, Record
from cleaning.steps import Sort, registry
from cleaning.transforms.personal_data import personal_data

FULL = "سرفه پس از سرماخوردگی معمولا دو تا سه هفته می‌ماند و با بخور و مایعات گرم آرام می‌شود."


def pair(answer: str, question: str = "سرفه پس از سرماخوردگی چقدر طول می‌کشد؟") -> Record:
    return Record("qa", {"question": question, "answer": answer})


def article(text: str) -> Record:
    return Record("article", {"title": "عنوان", "text": text})


def run(name: str, record: Record, **parameters: object) -> Finding | None:
    found = registry()[name].function(record, **parameters)
    assert found is None or isinstance(found, Finding)
    return found


Parameters = dict[str, object]
EIGHT: Parameters = {"field": "answer", "words": 8}
FIFTY: Parameters = {"field": "text", "words": 50}
TOKENS: Parameters = {"field": "answer", "tokens": 45}
PAIR_HALF: Parameters = {"field": "pair", "share": 0.5}
LINES: Parameters = {"field": "text", "share": 0.246}
KINDS: Parameters = {"field": "pair", "kinds": ["phone", "email"]}
PHONE_AND_EMAIL = personal_data("تماس ۰۹۱۲۳۴۵۶۷۸۹ یا a@b.ir")
LABORATORY = "آزمایش TSH و FT4 و CBC و قند ناشتا بدهید و نتیجه را بفرستید"

STOPPED: list[tuple[str, Record, Parameters, Finding]] = [
    ("too_short", pair("مراجعه کنید."), EIGHT, Finding("short_answer", {"words": 2, "minimum": 8})),
    ("too_short", pair(" \n "), EIGHT, Finding("no_answer", {"words": 0, "minimum": 8})),
    (
        "too_short",
        pair(FULL, ""),
        {"field": "question", "words": 3},
        Finding("no_question", {"words": 0, "minimum": 3}),
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
    ("masked", pair(PHONE_AND_EMAIL), KINDS, Finding("personal_data", {"phone": 1, "email": 1})),
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
    ("masked", pair(personal_data("قرص ۵۰۰ میلی‌گرم [مهم]")), KINDS),
    ("masked", pair(personal_data("https://example.org/a")), KINDS),
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
    FULL,
    FULL * 6 + " به پزشک مراجعه کنید.",
]


@pytest.mark.parametrize(("name", "record", "parameters", "finding"), STOPPED)
def test_stopped(name: str, record: Record, parameters: Parameters, finding: Finding) -> None:
    assert run(name, record, **parameters) == finding


@pytest.mark.parametrize(("name", "record", "parameters"), PASSED)
def test_passed(name: str, record: Record, parameters: Parameters) -> None:
    assert run(name, record, **parameters) is None


@pytest.mark.parametrize("answer", REFERRALS)
def test_a_mere_referral_is_stopped(answer: str) -> None:
    found = run("referral_only", pair(answer), field="answer", longest=60, beside=5)
    assert found
    assert found.reason == "referral_only"
    assert found.measure["beside"] < found.measure["minimum"] == 5


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_also_refers_passes(answer: str) -> None:
    assert run("referral_only", pair(answer), field="answer", longest=60, beside=5) is None


def test_every_filter_is_tested_both_ways() -> None:
    filters = {name for name, step in registry().items() if step.sort == Sort.DOCUMENT}
    assert {case[0] for case in STOPPED} | {"referral_only"} == filters
    assert {case[0] for case in PASSED} | {"referral_only"} == filters
