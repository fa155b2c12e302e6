"""Answers as each kind of system writes them, invented, with the letter a person reads; None where there is none."""

import pytest

from evaluator.letters import read
from tests.evaluator.letters.exams import LISTED, WRONG

DRUGS = {"A": "متفورمین", "B": "انسولین گلارژین", "C": "گلی‌بن‌کلامید", "D": "پیوگلیتازون"}
ANAEMIAS = {"A": "آنمی فقر آهن", "B": "آنمی داسی شکل", "C": "آنمی همولیتیک", "D": "آنمی پرنیشیوز"}
GROUPS = {"A": "آگونیست بتا", "B": "آنتاگونیست کلسیم", "C": "مهارکننده ACE", "D": "میتوکندری"}
PARTS = {"A": "شروع آسپرین", "B": "شروع آسپرین و هپارین", "C": "ارجاع برای آنژیوگرافی", "D": "ادامه درمان فعلی"}
SHARES = {"A": "5%", "B": "12.5%", "C": "25%", "D": "50%"}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        # A short statement, then reasons that name the others.
        ("پاسخ صحیح گزینه [D] : پیوگلیتازون می باشد.\n\nگزینه‌های دیگر:\n\n[A] : متفورمین\n[B] : انسولین", "D"),
        ("گزینه [B] صحیح نیست. گزینه [C] هم صحیح نیست.\n\nبنابراین، گزینه [A] : متفورمین، بهترین گزینه است.", "A"),
        ("[A] : خوراکی.\n[B] : تزریقی.\n[C] : خوراکی.\n[D] : خوراکی.\n\nتنها گزینه تزریقی، گزینه [B] است.", "B"),
        ("گزینه [A] به درستی به درمان اشاره دارد.\n\nگزینه [B] و [C] به این موضوع اشاره‌ای ندارند.", "A"),
        ("پاسخ نهایی:\nگزینه‌های [A] و [C] هر دو درست هستند.", None),
        # Marked text with lists of the others.
        ("پاسخ صحیح **A: متفورمین** است.\n\n- **B: انسولین گلارژین** تزریقی است.\n- **C** و **D** گران‌اند.", "A"),
        ("**گلی‌بن‌کلامید (C)** مناسب است.\n\n- **متفورمین (A):** منع دارد.\n- **پیوگلیتازون (D):** منع دارد.", "C"),
        ("گزینه‌های A و C خوراکی هستند و مناسب نیستند. گزینه D نیز منع دارد. گزینه B مناسب‌ترین است.", "B"),
        ("پاسخ صحیح **[A] : متفورمین** و **[B] : انسولین گلارژین** است.", None),
        ("پاسخ صحیح **متفورمین (گزینه A)** و **پیوگلیتازون (گزینه D)** است.", None),
        ("پاسخ صحیح **همه موارد** است.\n\n* **[A] متفورمین:** مؤثر است.\n* **[B] انسولین:** مؤثر است.", None),
        # Mixed scripts, mixed languages, a changed mind.
        ("برای این بیمار [b] انسولین گلارژین مناسب است.", "B"),
        ("داروی مناسب این بیمار عبارت است از:\n\nC گلی‌بن‌کلامید", "C"),
        ("正确答案是：B. 甘精胰岛素", "B"),
        ("A. 不适合\nB. 适合\n\n因此，正确答案是 B。", "B"),
        ("پس از بررسی گزینه‌ها:\n\n\\boxed{\\text{C}}", "C"),
        ("I think option C is the best choice, although option A is common.", "C"),
        ("بر اساس اطلاعات، B بهترین گزینه است.", "B"),
        ("گزینه C بهترین پاسخ است، هرچند گزینه A رایج است.", "C"),
        ("ابتدا گزینه A را در نظر گرفتم، اما پاسخ صحیح گزینه B است.", "B"),
        ("شاید پاسخ A باشد، ولی پاسخ صحیح D است.", "D"),
        ("پاسخ صحیح [A] و [B] است، اما پاسخ دقیق‌تر [C] است.", None),
        ("درمان مناسب انسولین گلارژین است و نه متفورمین.", "B"),
        ("گزینه D نادرست نیست.", "D"),
        ("گزینه A درست است. گزینه D درست است.", None),
        ("پاسخ صحیح <C> است.", "C"),
        ("پاسخ {B} است.", "B"),
        ("جواب: گزینه سه", "C"),
        ("پاسخ صحیح مورد الف است.", "A"),
        ("Answer - B", "B"),
        # One line, or only the question again.
        ("پاسخ صحيح: [B] : انسولين گلارژين", "B"),
        ("بهترین اقدام بعدی کدام است؟\nپاسخ صحیح: [D]", "D"),
        ("پاسخ صحیح: [A] و [C]", None),
        ("لطفا پاسخ صحیح را انتخاب کنید.", None),
        # Translated forth and back.
        ("بنابراین پاسخ این است C . < پایان<", "C"),
        ("بنابراین پاسخ این است: پایان .", None),
        ("گزینه الف درست نیست. گزینه ب کامل نیست. بنابراین پاسخ این است: د) .", "D"),
        ("الإجابة هي [ج].", "C"),
    ],
)
def test_every_style_is_read_by_the_same_reader(text: str, letter: str | None) -> None:
    assert read(text, DRUGS, "بهترین اقدام بعدی کدام است؟") == letter


@pytest.mark.parametrize(
    ("options", "text", "letter"),
    [
        (ANAEMIAS, "پاسخ این است که بیمار به آنمی داسی شکل [B] مبتلاست.", "B"),
        (ANAEMIAS, "گزینه [D] صحیح است. آنمی پرنیشیوز از کمبود B12 است.", "D"),
        (GROUPS, "پاسخ صحیح آگونیست بتا [A] است.", "A"),
        (GROUPS, "پاسخ صحیح [B] : آنتاگونیست کلسیم و [D] : میتوکندری است.", None),
        (PARTS, "پاسخ صحیح: شروع آسپرین و هپارین", "B"),
        (PARTS, "پاسخ صحیح **شروع آسپرین و هپارین** است، نه فقط شروع آسپرین.", "B"),
        (SHARES, "پاسخ صحیح: ۵۰٪", "D"),
        (SHARES, "احتمال ابتلا ۱۲٫۵٪ است.", "B"),
    ],
)
def test_no_word_is_read_within_another(options: dict[str, str], text: str, letter: str | None) -> None:
    assert read(text, options) == letter


def test_a_question_about_anaemia_does_not_ask_for_what_is_wrong() -> None:
    told = "گزینه [C] نادرست است."
    assert read(told, ANAEMIAS, "علت این آنمی کدام است؟") is None
    assert read(told, ANAEMIAS, WRONG) == "C"


def test_a_list_alone_is_no_answer() -> None:
    organs = {"A": "کبد", "B": "کلیه چپ", "C": "طحال", "D": "هر سه مورد"}
    assert read(f"## گزینه ها\n{LISTED}", organs) is None
    assert read("این عضوها عبارتند از:\n\n[A] کبد\n\n[B] کلیه چپ\n\nهر دو خون دارند.", organs) is None


def test_options_of_many_digits() -> None:
    assert read("پاسخ: 2", {"A": "9" * 5_000, "B": "02", "C": "3"}) == "B"
