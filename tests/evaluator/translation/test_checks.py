"""What a check tells of a translation, in both directions, and what it lets pass."""

import pytest

from evaluator.translation import checks, chrf
from evaluator.translation.checks import Field, Flag, of_item
from evaluator.translation.wording import Text, Way, kept, prompt, told
from storage.errors import MissingExtra
from tests.evaluator.translation.speaking import needs_chrf

FA, EN = Way("en", "fa"), Way("fa", "en")


def kinds(source: str, text: str, way: Way = FA, **keys: object) -> set[str]:
    return {flag.kind for flag in checks.of_field("question", Field(source, text, **keys), way)}  # type: ignore[arg-type]


GOOD: list[tuple[str, str, Way]] = [
    ("He takes 2.5 mg twice a day.", "او روزی دو بار ۲٫۵ میلی‌گرم مصرف می‌کند.", FA),
    ("He takes 2.5 mg twice a day.", "او روزی دو بار ٢/٥ میلی گرم مصرف می‌کند.", FA),
    ("The dose is 1 g for a child.", "مقدار آن برای کودک ۱۰۰۰ میلی‌گرم است.", FA),
    ("A 5-year-old boy has had fever for 3 days.", "پسر ۵ ساله‌ای سه روز است که تب دارد.", FA),
    ("A man weighs 1,200 g less.", "وزن مردی ۱۲۰۰ گرم کمتر است.", FA),
    ("She has type II diabetes.", "او دیابت نوع ۲ دارد.", FA),
    ("Her HbA1c is high and so is CO2.", "HbA1c و CO₂ او بالاست.", FA),
    ("DNA and HIV were found.", "دی‌ان‌ای و اچ‌آی‌وی پیدا شد.", FA),
    ("It lacks vitamin C and K.", "کمبود ویتامین سی و کا دارد.", FA),
    ("two litres", "۲ لیتر", FA),
    *[
        (f"{n} years", f"{word} سال", FA)
        for n, word in ((13, "سیزده"), (14, "چهارده"), (25, "بیست و پنج"), (90, "نود"))
    ],
    *[(f"{n} years", f"{word} سال", FA) for n, word in ((120, "صد و بیست"), (500, "پانصد"), (1000, "هزار"))],
    ("forty", "چهل", FA),
    ("fourteen days", "دو هفته", FA),
    ("1/3", "یک سوم", FA),
    ("a third", "یک سوم", FA),
    ("A ninety-year-old woman with 5 cc of it", "زن نودساله‌ای با ۵ سی‌سی از آن", FA),
    ("25,000 people", "۲۵ هزار نفر", FA),
    *[(same, same, FA) for same in ("7.40", "30:2", "8.0", "-7.40", "> 8.0", "1/2", "50 %", "120/80", "+")],
    *[("7.40", text, FA) for text in ("7.4", "۷٫۴۰", "۷/۴۰", "٧٫٤٠")],
    *[(same, text, EN) for same, text in (("۷٫۴۰", "7.40"), ("۳۰:۲", "30:2"), ("۵۰ ٪", "50 %"))],
    ("2 L", "۲ لیتر", FA),
    ("2 L", "2 لیتر", FA),
    ("1.5 L of blood", "۱٫۵ لیتر خون", FA),
    ("۲ لیتر", "2 L", EN),
    ("10 U", "۱۰ واحد", FA),
    ("1,000 IU", "۱۰۰۰ واحد بین‌المللی", FA),
    ("200 J", "۲۰۰ ژول", FA),
    ("2.5 MHz", "۲٫۵ مگاهرتز", FA),
    ("300 mOsm/L", "۳۰۰ میلی‌اسمول در لیتر", FA),
    ("140 mEq/L", "۱۴۰ میلی‌اکی‌والان در لیتر", FA),
    ("3 mL/kg/h", "۳ میلی‌لیتر به ازای هر کیلوگرم در ساعت", FA),
    ("70 mmHg", "۷۰ میلی متر جیوه", FA),
    ("5 x 10^9/L", "۵ × ۱۰^۹ در لیتر", FA),
    ("3 M", "۳ مولار", FA),
    ("20 G", "گیج ۲۰", FA),
    ("5 PM", "۵ بعدازظهر", FA),
    ("98.6 °F", "۹۸٫۶ درجه فارنهایت", FA),
    ("37 °C", "۳۷ درجهٔ سانتی‌گراد", FA),
    (
        "بیمار ۶۱ ساله‌ای با فشار ۱۲۰/۸۰ میلی‌متر جیوه مراجعه کرد.",
        "A 61-year-old came with a pressure of 120/80 mmHg.",
        EN,
    ),
    ("دمای بدن او 38/5 درجه است و خواب ندارد.", "His temperature is 38.5 degrees and he does not sleep.", EN),
    ("در هفته‌های ۱۱ تا ۱۶ بارداری چه باید کرد؟", "What should be done at 11 to 16 weeks of pregnancy?", EN),
]


@pytest.mark.parametrize(("source", "text", "way"), GOOD)
def test_what_is_kept_in_other_words_passes(source: str, text: str, way: Way) -> None:
    assert kinds(source, text, way) == set()


BAD: list[tuple[str, str, Way, str]] = [
    ("He takes 2.5 mg of it each day.", "او هر روز آن را مصرف می‌کند و خوب است.", FA, "number_lost"),
    ("He takes 5 mg and then 5 ml each day.", "او هر روز ۵ میلی‌گرم و سپس شربت مصرف می‌کند.", FA, "number_lost"),
    ("He takes 2.5 mg of it each day.", "او هر روز ۲۵ میلی‌گرم از آن مصرف می‌کند.", FA, "number_lost"),
    ("He takes a tablet of it each day.", "او هر روز ۳ قرص از آن مصرف می‌کند.", FA, "number_added"),
    ("He takes 5 mg of it each day.", "او هر روز ۵ گرم از آن مصرف می‌کند.", FA, "unit"),
    ("He takes 5 mg of it each day.", "او هر روز ۵ تا از آن مصرف می‌کند.", FA, "unit"),
    ("The share is 0.2 of all the cells.", "سهم آن ۰٫۲٪ از همهٔ یاخته‌ها است.", FA, "unit"),
    ("2 L", "۲", FA, "unit"),
    ("forty", "چهارده", FA, "number_lost"),
    ("It took forty days in all.", "در کل چهارده روز طول کشید.", FA, "number_lost"),
    ("20", "بیست و پنج", FA, "number_lost"),
    ("seven days", "هشت روز", FA, "number_lost"),
    ("fourteen days", "چهارده گرم", FA, "unit"),
    *[("Cerebellum", text, FA, "empty") for text in ("\u200c", "\u2800", "«.»", ".", "-", "\u200f")],
    ("2 L", "۲ گرم", FA, "unit"),
    ("2 L", "۳ لیتر", FA, "number_lost"),
    ("10 U", "۱۰", FA, "letters_lost"),
    ("10 U", "۱۰ گرم", FA, "letters_lost"),
    ("200 J", "۲۰۰ ولت", FA, "letters_lost"),
    ("2.5 MHz", "۲٫۵ کیلوهرتز", FA, "letters_lost"),
    ("3 M", "۳ متر", FA, "letters_lost"),
    ("98.6 °F", "۹۸٫۶ درجه سانتی‌گراد", FA, "unit"),
    ("The U wave is tall.", "موج واحد بلند است.", FA, "letters_lost"),
    ("7.40", "7.04", FA, "number_lost"),
    ("kidney", "…", FA, "script"),
    ("20 years", "20", FA, "script"),
    ("Which one mutates, FGFR3 or it?", "کدام یک جهش می‌یابد، ژن رشد یا آن؟", FA, "letters_lost"),
    ("Her HbA1c is high this year.", "قند خون او امسال بسیار بالاست.", FA, "letters_lost"),
    ("The kidney filters the blood.", "The kidney filters the blood.", FA, "echo"),
    ("کلیه خون را تصفیه می‌کند.", "کلیه خون را تصفیه می‌کند.", EN, "echo"),
    ("The kidney filters the blood.", "", FA, "empty"),
    ("کلیه خون را تصفیه می‌کند و آب را نگه می‌دارد.", "The kidney تصفیه می‌کند the blood.", EN, "script"),
    ("The kidney filters the blood of man.", "کلیه", FA, "length"),
    ("kidney", "کلیه اندامی است که خون را تصفیه می‌کند و آب بدن را نگه می‌دارد", FA, "length"),
    ("کدام اندام؟", "Sure! The question is asking which organ.", EN, "prose"),
    ("کدام اندام؟", "Which organ?\n\nNote: it is short.", EN, "prose"),
    ("کدام اندام؟", "I'm sorry, I cannot help.", EN, "prose"),
]


@pytest.mark.parametrize(("source", "text", "way", "kind"), BAD)
def test_what_is_lost_is_told(source: str, text: str, way: Way, kind: str) -> None:
    assert kind in kinds(source, text, way)


def test_a_reply_that_was_cut_or_announced_itself_is_told() -> None:
    assert kinds("Which organ is it?", "کدام اندام است؟", finish="length") == {"cut"}
    assert kinds("Which organ is it?", "کدام اندام است؟", prose=True) == {"prose"}


@needs_chrf
def test_a_way_back_that_leads_elsewhere_is_told() -> None:
    source, text = "Which organ filters the blood of man?", "کدام اندام خون انسان را تصفیه می‌کند؟"
    assert kinds(source, text, back="Which organ filters human blood?") == set()
    assert kinds(source, text, back="Why did the boy cry in spring?") == {"chrf"}
    assert kinds("kidney", "کلیه", back="renal") == set()


def fields(**options: tuple[str, str]) -> dict[str, Field]:
    return {place: Field(*texts) for place, texts in options.items()}


def test_options_that_became_one_are_told_and_the_keys_first() -> None:
    same = fields(A=("renal", "کلیوی"), B=("of the kidney", "کلیوي"), C=("of the heart", "قلبی"))
    assert of_item(same, FA, "B")[0].kind == "key_twin"
    assert [flag.kind for flag in of_item(same, FA, "C")] == ["equal_options"]
    amount = fields(A=("1 g", "۱ گرم"), B=("100 mg", "۱۰۰۰ میلی‌گرم"))
    assert "key_twin" in {flag.kind for flag in of_item(amount, FA, "A")}
    twins = fields(A=("renal", "کلیوی"), B=("renal", "کلیوی"))
    assert of_item(twins, FA, "A") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("پیاز\u200cمغز", "پیاز مغز"), ("بصل\u200cالنخاع", "بصل النخاع"), ("هفت روز", "۷ روز"), ("آنمی", "انمی")],
)
def test_options_equal_but_for_their_spelling_are_told_as_lint_does(one: str, other: str) -> None:
    same = fields(A=("Pons", one), B=("Medulla", other))
    assert "equal_options" in {flag.kind for flag in of_item(same, FA)}
    assert "equal_options" in {flag.kind for flag in checks.of_edit(same)}


def test_a_number_is_told_with_the_unit_that_stands_there() -> None:
    found = of_item(fields(A=("13 years", "۱۴ سال")), FA)
    assert [flag.said.split(":")[0] for flag in found] == ["A has lost 13 (years)", "A has 14 (سال) more"]


def test_evidence_is_one_line_that_shows_both_texts() -> None:
    [flag] = of_item(fields(A=("5 mg\nof it", "از\nآن")), FA)
    assert flag == Flag("A", "number_lost", "A has lost 5 (mg): «5 mg of it» became «از آن»")


def test_what_holds_no_words_is_not_asked_for() -> None:
    assert [kept(text, FA) for text in ("12.5", "XX", "HbA1", "1 : 4", "2L.", "< 5 %", "")] == [
        *("12.5", "XX", "HbA1", "1 : 4", "2L.", "< 5 %"),
        None,
    ]
    assert [kept(text, FA) for text in ("5 mg", "kidney", "type A", "...")] == [None] * 4
    assert kept("۱۲٫۵ ٪", EN) == "12.5 %"


def test_a_reply_is_freed_of_what_announces_it() -> None:
    assert told("Sure, here is the translation of the Persian question:\n\nWhich organ?", "کدام") == (
        "Which organ?",
        True,
    )
    assert told("Translation: Which organ?", "کدام") == ("Which organ?", True)
    assert told("ترجمه: کدام اندام؟", "Which") == ("کدام اندام؟", True)
    assert told("«کدام اندام؟»", "Which organ?") == ("کدام اندام؟", False)
    assert told('"one" and "two"', "«یک» و «دو»") == ('"one" and "two"', False)
    assert told("Translation:", "ترجمه") == ("Translation:", False)
    assert told("Here is a boy: he weeps.", "پسری") == ("Here is a boy: he weeps.", False)


def test_a_prompt_holds_the_text_last_and_an_options_question_before_it() -> None:
    put = prompt(Text("{kind} of {0}", "option", "long " * 400 + "which?"), FA)
    assert put.endswith("TEXT:\n{kind} of {0}")
    assert "from English into Persian" in put
    assert "which?\n\nTEXT" in put
    assert len(put) < 1400


JUNK = [
    "1" * 9000,
    "A1-" * 3000,
    "1/" * 4000,
    "«" * 9000,
    "Sure " * 2000,
    "۵ ساله" * 1000,
    "\n" * 9000,
    "\u200c" * 9000,
]


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_told_and_breaks_nothing(text: str) -> None:
    """Patterns that go back over what they read would not end within the test's time-out."""
    told(text, text[:-1] + "x")
    kept(text + "x", FA)
    found = list(checks.of_field("A", Field(text, text[1:-3] + " z" * 9000), FA))
    assert all(flag.said.count("\n") == 0 and len(flag.said) < 600 for flag in found)


def test_without_sacrebleu_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chrf, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="pip install 'tabib\\[translate\\]', or give --no-back"):
        chrf.require()
