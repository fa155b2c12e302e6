"""Signatures stripped and personal data masked, and no medicine with them."""

import pytest

from cleaning.transforms.personal_data import personal_data
from cleaning.transforms.signature import signature

ANSWER = "با این علائم آزمایش تیروئید بدهید."


@pytest.mark.parametrize(
    "text",
    [
        f"دکتر نگار بهروزنیا متخصص زنان و زایمان\n{ANSWER}",
        f"پاسخ دکتر نگار بهروزنیا - متخصص زنان:\n{ANSWER}",
        f"پاسخ از دکتر نگار بهروزنیا، متخصص زنان\n\n{ANSWER}",
        f"دکتر نگار بهروزنیا متخصص زنان: {ANSWER}",
        f"{ANSWER}\nدکتر نگار بهروزنیا، فوق تخصص غدد",
        f"{ANSWER}\n\nبا احترام دکتر نگار بهروزنیا",
        f"خانم دکتر نگار بهروزنیا\n{ANSWER}\nدکتر نگار بهروزنیا (متخصص غدد)",
        f"دکتر نگار بهروزنیا (متخصص غدد) پاسخ می‌دهد: {ANSWER}",
        f"دکتر هستی بهروزنیا: {ANSWER}",
        f"{ANSWER} با آرزوی سلامتی، دکتر نگار بهروزنیا متخصص غدد",
        f"{ANSWER} دکتر نگار بهروزنیا متخصص غدد.",
    ],
)
def test_a_doctors_name_and_title_go(text: str) -> None:
    assert signature(text) == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "",
        "دکتر نگار بهروزنیا متخصص زنان",
        f"دکتر متخصص را ببینید\n{ANSWER}",
        f"دکتر شما باید فشار را اندازه بگیرد\n{ANSWER}".replace("بگیرد", "بگیرد و دارو دهد"),
        f"{ANSWER}\nبه دکتر مراجعه کنید",
        "دکتر متخصص غدد باید نظر دهد: " + ANSWER,
        "سلام\nدکتر",
        f"{ANSWER} به دکتر متخصص غدد مراجعه کنید.",
        "دکتر زنان پاسخ می‌دهد که چه کنید: " + ANSWER,
    ],
)
def test_what_a_doctor_says_stays(text: str) -> None:
    assert signature(text) == text


def test_what_the_answer_itself_reports_stays() -> None:
    body = "بیمار دیروز به درمان پاسخ داد: تب قطع شد."
    assert signature(f"دکتر نگار بهروزنیا: {body}") == body
    assert signature(f"دکتر نگار بهروزنیا پاسخ داد: {body}") == body
    assert signature(f"پاسخ: دکتر نگار بهروزنیا می\u200cگوید: {body}") == body


def test_a_thousand_signatures_end() -> None:
    assert signature("دکتر نگار بهروزنیا\n" * 200_000 + ANSWER) == ANSWER


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("تماس: 09123456789", "تماس: [شماره تلفن]"),
        ("تماس: ۰۹۱۲ ۳۴۵ ۶۷ ۸۹ و", "تماس: [شماره تلفن] و"),
        ("٠٩١٢٣٤٥٦٧٨٩", "[شماره تلفن]"),
        ("0912-345-6789", "[شماره تلفن]"),
        ("+98 912 345 6789", "[شماره تلفن]"),
        ("00989123456789", "[شماره تلفن]"),
        ("9123456789 منم", "[شماره تلفن] منم"),
        ("02188776655", "[شماره تلفن]"),
        ("۰۲۱-۸۸۷۷۶۶۵۵", "[شماره تلفن]"),
        ("(021) 8877 6655", "[شماره تلفن]"),
        ("تلفن مطب ۸۸۷۷۶۶۵۵ است", "تلفن مطب [شماره تلفن] است"),
        ("شماره ملی: 0012345678", "شماره ملی: [کد ملی]"),
        ("کد ملی من ۰۰۱۲۳۴۵۶۷۸ است", "کد ملی من [کد ملی] است"),
        ("ایمیل: ali.r_1@mail.example.com.", "ایمیل: [ایمیل]."),
        ("در تلگرام @dr_negar پیام دهید", "در تلگرام [شناسه کاربری] پیام دهید"),
        ("https://example.org/r?PatientID=12 را ببینید", "[نشانی وب] را ببینید"),
        ("www.example.org/a", "[نشانی وب]"),
        ("سایت example.ir/page", "سایت [نشانی وب]"),
    ],
)
def test_personal_data_becomes_a_placeholder(text: str, masked: str) -> None:
    assert personal_data(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "فشار 120/80 و نبض 72",
        "روزی 0.5 تا 2.5 میلی‌گرم",
        "گلبول سفید 11000 و پلاکت 250,000",
        "۱۳۹۹/۱۲/۱۱ ساعت ۱۰:۳۰",
        "آخرین پریود 1402-05-06 تا 1402-06-07",
        "ویتامین D3 50000 واحد، 8 هفته",
        "10000000 واحد",
        "واکسن در ۲، ۴، ۶، ۱۲ و ۱۸ ماهگی",
        "beta: 12345678 mIU/mL",
        "نسبت 0.912345678 بود",
        "N.B. و e.g. و i.v.",
        "۳.۷بود تکرار کردم ۲.۷ شد",
        "@ و a@b",
    ],
)
def test_medicine_is_not_personal_data(text: str) -> None:
    assert personal_data(text) == text
