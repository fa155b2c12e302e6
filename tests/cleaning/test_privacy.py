"""Personal data found and masked, and no medicine with it."""

import hashlib
import re
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.privacy import (
    NAMES,
    PLACEHOLDERS,
    STRUCTURED,
    addresses,
    find,
    finding,
    hints,
    mask,
    named_numbers,
    names,
)
from cleaning.privacy.words import Table
from cleaning.record import Span
from cleaning.transforms.personal_data import personal_data
from tests.cleaning.real import real_pairs

HERE = Path(__file__).parent
MARK = re.compile(r"⟦(\w+):([^⟧]*)⟧")
FILES = (
    "niniban_crawled",
    "niniban_kept",
    "drhast_kept",
    "doctor_yab_kept",
    "isovisit",
    "mf3qa_dev",
    "mf3qa_test",
)


def case(line: str) -> tuple[str, list[Span]]:
    """A line's text without its marks, and the spans that they mark."""
    text, spans, last = "", [], 0
    for match in MARK.finditer(line):
        text += line[last : match.start()]
        spans.append(Span(match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        last = match.end()
    return text + line[last:], spans


def lines(name: str) -> list[str]:
    found = (HERE / name).read_text("utf-8").splitlines()
    return [line.replace("⏎", "\n") for line in found if line and not line.startswith("# ")]


CASES = [case(line) for line in lines("privacy_cases.txt")]


def test_what_is_personal_is_found_and_nothing_else() -> None:
    wrong = [(text, spans, found) for text, spans in CASES if (found := find(text)) != spans]
    assert not wrong


def test_the_cases_are_many() -> None:
    kinds = [span.kind for _, spans in CASES for span in spans]
    assert sum(kind in STRUCTURED for kind in kinds) >= 250
    assert sum(not spans for _, spans in CASES) >= 250
    assert set(kinds) >= {*STRUCTURED, *NAMES}


def test_a_placeholder_stands_for_each_and_is_never_masked() -> None:
    for text, spans in CASES:
        taken = mask(text)
        expected = text
        for kind, start, end in reversed(spans):
            expected = expected[:start] + PLACEHOLDERS[kind] + expected[end:]
        assert taken == (expected, tuple(spans))
        assert mask(expected) == (expected, ())


def test_a_recipe_chooses_the_kinds() -> None:
    text = "دکتر مریم رضایی، ۰۹۱۲۱۲۳۴۵۶۷"
    assert personal_data(text).text == "دکتر [نام پزشک]، [شماره تلفن]"
    assert personal_data(text, kinds=["phone"]).text == "دکتر مریم رضایی، [شماره تلفن]"
    assert personal_data(text, kinds=["phone"]).spans == (Span("phone", 17, 28),)


def test_short_titles() -> None:
    assert mask("دکتر مریم رضایی").text == "دکتر [نام پزشک]"
    assert mask("آقای احمدی").text == "آقای [نام]"
    assert mask("09121234567").text == "[شماره تلفن]"
    for title in ("دکتر", "", "کم‌خونی", "دیابت نوع ۲", "بارداری", "کلیه", "؟"):
        assert mask(title).spans == ()


def test_a_placeholder_that_was_there_stays_and_gives_no_span() -> None:
    taken = personal_data("تلفن [شماره تلفن] و 0912،1234567")
    assert taken.text == "تلفن [شماره تلفن] و [شماره تلفن]"
    assert taken.spans == (Span("phone", 20, 32),)


UNSEEN = [*"\u200e\u200f\u200b\u00ad\ufeff\u2060\u061c\u200c\u200d\u202a\u2069\u2063\u180e\u034f", "\x01"]
UNSEEN += ["\ufe0f", "\ufff9", "\uffff", "\U000e0020", "\u200b\u200e\u200d\u2060\ufeff"]
SCRIPTS = [{}, str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"), str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")]
WHOLE = [
    ("card", "لطفا به کارت ", "6037991234567893", " واریز کنید"),
    ("card", "", "6037991234567893", ""),
    ("national_id", "کد ملی من ", "0483729159", " است"),
    ("national_id", "", "0483729159", ""),
    ("record_number", "شماره پرونده ", "12034578", " را ببینید"),
    ("phone", "زنگ بزنید ", "09121234567", "."),
    ("phone", "", "02188776655", ""),
    ("phone", "تلفن ", "88776655", ""),
    ("sheba", "شبا ", "IR820540102680020817909002", ""),
    ("insurance_number", "شماره بیمه ", "12345678", ""),
    ("council_number", "نظام پزشکی ", "12345678", ""),
    ("postal_code", "کد پستی ", "1234567890", ""),
    ("account", "شماره حساب ", "0101234567008", ""),
]


@pytest.mark.parametrize(("kind", "before", "number", "after"), WHOLE)
def test_what_nobody_sees_hides_no_number(kind: str, before: str, number: str, after: str) -> None:
    for mark, script, place in product(UNSEEN, SCRIPTS, (1, 3, 5, 7, None)):
        figures = mark.join(number) if place is None else f"{number[:place]}{mark}{number[place:]}"
        if kind != "sheba" or place not in (1, None):  # in «IR» stands no number yet
            text = f"{before}{figures}{after}".translate(script)
            assert find(text) == [Span(kind, len(before), len(text) - len(after))], ascii(text)


def test_two_numbers_with_something_unseen_between_are_both_found() -> None:
    for mark in UNSEEN:
        text = f"09121234567{mark}09351234567"
        assert mask(text).text.replace(mark, "") in ("[شماره تلفن]" * 2, "[شماره تلفن]")


def test_numbers_of_medicine_stay_whatever_is_inside() -> None:
    for mark in UNSEEN:
        text = f"فشار 12{mark}0/80 و قند 1{mark}26 و پلاکت 25{mark}0000 بود، هر {mark}8 ساعت 50{mark}0 میلی"
        assert find(text) == []


def test_an_address() -> None:
    assert mask("آدرس: تهران، خیابان ولیعصر، کوچه سوم، پلاک ۱۲").text == "آدرس: [نشانی]"
    assert mask("خیابان شریعتی، کوچه نسترن، پلاک ۴، واحد ۲.").text == "[نشانی]."
    assert mask("در خیابان و کوچه می‌دوم و به طبقه ۳ می‌روم").spans == ()


PIECES = st.sampled_from(
    [
        *"0123456789۰۱۲۹٠١٢٩ .-/()@_:،,\n\u200c\u0640+",
        *("09", "۰۹۱۲", "+98", "021", "IR", "a.ir", "www.", "http://", "ali", "at ", "MRN ", "dr."),
        *(
            "تلفن ",
            "کد ملی ",
            "شماره پرونده ",
            "دکتر ",
            "مریم ",
            "رضایی ",
            "هستم ",
            "خانم ",
            "پلاک ",
            "خیابان ",
            "ممنون ",
            "جان ",
            "مادر ",
            "من مریمم ",
        ),
        *("[شماره تلفن]", "[کد ملی]", "[نام]", "6037991234567893", "0012345679", "09121234567", "88776655"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_masking_twice_is_masking_once(text: str) -> None:
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    once = mask(text).text
    assert mask(once).text == once


HINTED = st.sampled_from(
    [
        *(
            "ش. پ ",
            "ن پ ",
            "نپ ",
            "کد ",
            "رقم ",
            "سریال ",
            "پذیرش ",
            "پرونده",
            "کدام ",
            "حساب ",
            "بیمه ",
            "اجتماعی ",
            "MRN:",
        ),
        *(
            "t .",
            "me ",
            "/",
            "ali_r ",
            "ali",
            "(at)",
            " ات ",
            "اد ",
            "ساین ",
            "جی میل ",
            "ali@یاهو",
            "ali@جی میل",
            "پریسا است ",
            "آی ",
            "دی ",
            "تلگرام ",
            "ID: ",
        ),
        *(
            "Dr. Ali ",
            "dr.ali ",
            "zil.ınk/",
            "ＷＷＷ.",
            "1234 ",
            "۱۲۳۴۵۶۷۸",
            "0912\n",
            "صفر ",
            "نهصد ",
            "و دوازده ",
            "021-\n",
        ),
        *(
            "اسمم ",
            "اسم ",
            "نام ",
            "من ",
            "علي ",
            "محمدی ",
            "علی،",
            "«زهرا ",
            "همسرم ",
            "هستم",
            "با تشکر ",
            "[نام]",
            "دکتر",
        ),
        *(
            "علی ",
            "سحر ",
            "جان ",
            "آقا،",
            "مامان ",
            "پدر ",
            "سارام",
            "فاطمه\u200cام ",
            "ش ",
            "ش ش ",
            "پاسپورت ",
            "A123456",
        ),
        *("میدان ", "پلاک 12 ", "کوچه سوم، ", "\u00a0", "\t", "\u200f", "\u2028", " "),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(HINTED | PIECES, max_size=12).map("".join))
def test_no_hint_is_missed(text: str) -> None:
    assert find(text) == found_without_hints(text)


def test_each_word_that_a_search_begins_with_is_a_hint() -> None:
    persian = {hint for named in named_numbers._NAMED for hint in named.hints if hint.isalpha() and not hint.isascii()}
    beside = {"رهگیری", "تامین", "تأمین"}  # these count only beside «شماره», «کد» or «اجتماعی»
    wanted = {
        **dict.fromkeys(persian - beside, hints.NAMED_NUMBER),
        **dict.fromkeys(addresses._HINTS, hints.ADDRESS),
        **dict.fromkeys(names._THANKING, hints.SIGNED),
    }
    assert [word for word, bit in wanted.items() if not hints.hints_of(f"{word} 12345678") & bit] == []


def test_no_hint_is_missed_in_the_cases() -> None:
    assert not [text for text, spans in CASES if found_without_hints(text) != spans]


def found_without_hints(text: str) -> list[Span]:
    """What is found where every search is made: -1 has all bits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "hints_of", lambda _: -1)
        return find(text)


def test_a_table_of_words_stays_small() -> None:
    asked: list[str] = []

    def letters(word: str) -> int:
        asked.append(word)
        return len(word)

    table = Table(letters, 2)
    words = ["یک", "دو", "یک", "سه", "یک", "ا" * 1000, "ا" * 1000]
    assert [table[word] for word in words] == [len(word) for word in words]
    assert asked == ["یک", "دو", "سه", "یک", "ا" * 1000, "ا" * 1000]
    assert list(table) == ["سه", "یک"]


@pytest.mark.parametrize(
    "unit",
    [
        "1234567890",
        "0 9 ",
        "@",
        ".",
        "a.",
        "a@",
        "www.",
        "http://",
        "http://)",
        "دکتر ",
        "مریم رضایی ",
        "تلفن 1 ",
        "کد ملی 1 ",
        "شماره پرونده 1 ",
        "خیابان ا، ",
        "آدرس ا، ",
        "[شماره تلفن] 88776655 ",
        "09123456789 ",
        "تلگرام من ",
        "a at ",
        "صفر نهصد و دوازده ",
        "صفر نه یک ",
        "0912 خط ",
        "0912\n",
        "6037991112345678 ",
        "کارت 6037 ",
        "پسرم ",
        "پسرم علی ",
        "اسمم ",
        "t . me / ",
        "a ات ",
        "12345 شماره پرونده ",
        "علی جان ",
        "علی ",
        "مامان علی ",
        "من سارام ",
        "سارام",
        "م\u200c",
        "ش ش ",
        "ش پرونده 1",
        "پاسپورت A1",
        "1\u200b",
        "1 \u200b",
        "1" + "\u200e" * 20_000,
        "د. علی ",
        "ج. د. علی ",
        "پزشکم سحر قاسمی ",
        "hxxp://a[.]",
        "//a.",
    ],
)
def test_long_texts_of_one_thing_end(unit: str) -> None:
    text = (unit * 100_000)[:200_000]
    spans = find(text)
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_the_hits_in_real_texts_are_those_that_were_read() -> None:
    judged = {tuple(line.split()) for line in lines("privacy_hits.txt")}
    found = set()
    for text in real_texts():
        kinds = [span.kind for span in find(text) if span.kind in STRUCTURED]
        found |= {(fingerprint(text), kind, str(kinds.count(kind))) for kind in kinds}
    assert found == judged


def test_the_names_in_real_texts() -> None:
    judged = {key: int(count) for key, count in (line.split() for line in lines("privacy_names.txt"))}
    pairs = [(judged[key], len(names_in(text))) for text in real_texts() if (key := fingerprint(text)) in judged]
    right = sum(min(pair) for pair in pairs)
    assert len(pairs) == len(judged) >= 400
    assert right / sum(there for there, _ in pairs) >= 0.95
    assert right / sum(found for _, found in pairs) >= 0.95


def real_texts() -> set[str]:
    return {pair[field] or "" for name in FILES for pair in real_pairs(name) for field in ("question", "answer")}


def names_in(text: str) -> list[Span]:
    return [span for span in find(text) if span.kind in NAMES]


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
