"""Names, titles and greetings go into their own fields; the medicine between them stays whole."""

import pytest

from cleaning.record import Taken
from cleaning.transforms.greeting import greeting
from cleaning.transforms.signature import signature
from tests.cleaning.real import real_texts

ANSWER = "با این علائم آزمایش تیروئید بدهید."
NAME = "دکتر نگار بهروزنیا"


COUNCIL = f"با احترام، {NAME}، متخصص زنان و زایمان، نظام پزشکی ۱۲۳۴۵"
LONG_CLOSING = "با تشکر فراوان و آرزوی سلامتی و تندرستی و شادی و موفقیت برای همه شما، موفق و پیروز و سربلند باشید"
LED_WISHES = [
    "انشالله که شاد سلامت و موفق باشید",
    "ان شاء الله موفق باشید",
    "ان‌شاءالله همیشه سالم و موفق باشید",
    "و ان شاالله موفق و موید باشید",
    "امیدوارم که همیشه پاینده و موفق باشید",
    "من هم امیدوارم، موفق باشید",
    "امیدواریم در تمام مراحل زندگی موفق باشید",
    "به امید خدا شاد و موفق باشید",
    "و موفق باشید",
]


def pieces(text: str, taken: Taken) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end].strip()) for span in taken.spans]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{NAME} متخصص زنان و زایمان\n{ANSWER}", [("header", f"{NAME} متخصص زنان و زایمان")]),
        (f"پاسخ {NAME} - متخصص زنان:\n{ANSWER}", [("header", f"پاسخ {NAME} - متخصص زنان:")]),
        (f"پاسخ از {NAME}، متخصص زنان\n\n{ANSWER}", [("header", f"پاسخ از {NAME}، متخصص زنان")]),
        (f"{NAME} متخصص زنان: {ANSWER}", [("header", f"{NAME} متخصص زنان:")]),
        (f"{ANSWER}\n{NAME}، فوق تخصص غدد", [("signature", f"{NAME}، فوق تخصص غدد")]),
        (f"{ANSWER}\n\nبا احترام {NAME}", [("signature", f"با احترام {NAME}")]),
        (
            f"خانم {NAME}\n{ANSWER}\n{NAME} (متخصص غدد)",
            [("header", f"خانم {NAME}"), ("signature", f"{NAME} (متخصص غدد)")],
        ),
        (f"{NAME} (متخصص غدد) پاسخ می‌دهد: {ANSWER}", [("header", f"{NAME} (متخصص غدد) پاسخ می‌دهد:")]),
        (f"{ANSWER} با آرزوی سلامتی، {NAME} متخصص غدد", [("signature", f"با آرزوی سلامتی، {NAME} متخصص غدد")]),
        (f"{ANSWER} {NAME} متخصص غدد.", [("signature", f"{NAME} متخصص غدد.")]),
        (
            f"پاسخ نگار بهروزنیا، کارشناس ارشد مامایی:\n{ANSWER}",
            [("header", "پاسخ نگار بهروزنیا، کارشناس ارشد مامایی:")],
        ),
        (f"پاسخ پزشک: {ANSWER}", [("header", "پاسخ پزشک:")]),
        (f"جواب:\n{ANSWER}", [("header", "جواب:")]),
        (f"{ANSWER}\n{NAME}\nمتخصص داخلی", [("signature", NAME), ("signature", "متخصص داخلی")]),
        (f"{NAME}\nپزشک عمومی\n\n{ANSWER}", [("header", NAME), ("header", "پزشک عمومی")]),
        (
            f"{ANSWER}\n{NAME}\nمتخصص زنان و زایمان\nنظام پزشکی: ۱۲۳۴۵",
            [("signature", NAME), ("signature", "متخصص زنان و زایمان"), ("signature", "نظام پزشکی: ۱۲۳۴۵")],
        ),
        (f"{ANSWER}\n{COUNCIL}", [("signature", COUNCIL)]),
        (f"{ANSWER} {COUNCIL}.", [("signature", f"{COUNCIL}.")]),
        (f"پاسخ\u200cدهنده: {NAME}\n{ANSWER}", [("header", f"پاسخ\u200cدهنده: {NAME}")]),
        (f"{ANSWER}\n--\nDr. Rezaei, MD", [("signature", "--"), ("signature", "Dr. Rezaei, MD")]),
        (f"{ANSWER}\nM. Rezaei MD", [("signature", "M. Rezaei MD")]),
        (f"{ANSWER}\nAli Rezaei, M.D.", [("signature", "Ali Rezaei, M.D.")]),
        (f"{ANSWER}\n{NAME} | متخصص داخلی", [("signature", f"{NAME} | متخصص داخلی")]),
        (
            f"{ANSWER}\n{NAME}\nمتخصص داخلی - شماره نظام پزشکی: 12345",
            [("signature", NAME), ("signature", "متخصص داخلی - شماره نظام پزشکی: 12345")],
        ),
        (f"{ANSWER}\nDr Nasrin Ghasemi", [("signature", "Dr Nasrin Ghasemi")]),
    ],
)
def test_names_and_titles_are_taken_out(text: str, found: list[tuple[str, str]]) -> None:
    taken = signature(text)
    assert taken.text == ANSWER
    assert pieces(text, taken) == found


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "",
        f"{NAME} متخصص زنان",
        f"دکتر متخصص را ببینید\n{ANSWER}",
        f"دکتر شما باید فشار را اندازه بگیرد و دارو دهد\n{ANSWER}",
        f"{ANSWER}\nبه دکتر مراجعه کنید",
        f"دکتر متخصص غدد باید نظر دهد: {ANSWER}",
        "سلام\nدکتر",
        f"{ANSWER} به دکتر متخصص غدد مراجعه کنید.",
        f"دکتر زنان پاسخ می‌دهد که چه کنید: {ANSWER}",
        f"دکتر فقط سرم زد\n{ANSWER}",
        f"دکتر اعصاب بهش قرص داده\n{ANSWER}",
        "پاسخ درد به ضد التهاب\nخوب است",
        "بیمار به درمان پاسخ داد: تب قطع شد.",
        f"{ANSWER}\nمتخصص داخلی",
        f"{ANSWER}\nDuchenne MD",
        f"{ANSWER}\nMyotonic Dystrophy, MD",
        f"{ANSWER}\nMRI: C. Difficile, MDR",
        f"{ANSWER}\n--",
        f"{NAME}\nمتخصص داخلی",
        f"{ANSWER}\nDrug",
    ],
)
def test_what_a_doctor_says_stays(text: str) -> None:
    assert signature(text) == Taken(text)


def test_what_stands_under_a_name_and_a_colon_is_the_answer() -> None:
    assert signature(f"{NAME}:\nمتخصص داخلی\n{ANSWER}").text == f"متخصص داخلی\n{ANSWER}"
    assert signature(f"{NAME}\nمتخصص داخلی شما را ویزیت می\u200cکند\n{ANSWER}").text.startswith("متخصص داخلی")


def test_what_the_answer_itself_reports_stays() -> None:
    body = "بیمار دیروز به درمان پاسخ داد: تب قطع شد."
    for head in (f"{NAME}: ", f"{NAME} پاسخ داد: ", f"پاسخ: {NAME} می\u200cگوید: "):
        assert signature(head + body).text == body


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        (f"سلام دوست عزیز، {ANSWER}", ANSWER, [("greeting", "سلام دوست عزیز،")]),
        (
            f"با عرض سلام و وقت بخیر.\n{ANSWER}\nموفق باشید",
            ANSWER,
            [("greeting", "با عرض سلام و وقت بخیر."), ("closing", "موفق باشید")],
        ),
        (
            f"سلام به شما. {ANSWER} با آرزوی سلامتی برای شما",
            ANSWER,
            [("greeting", "سلام به شما."), ("closing", "با آرزوی سلامتی برای شما")],
        ),
        (f"سلام وقت به خیر {ANSWER}", ANSWER, [("greeting", "سلام وقت به خیر")]),
        (f"{ANSWER} با تشکر", ANSWER, [("closing", "با تشکر")]),
        (f"سلام {ANSWER}", ANSWER, [("greeting", "سلام")]),
        ("سلام خسته نباشید من تب دارم ممنون", "من تب دارم", [("greeting", "سلام خسته نباشید"), ("closing", "ممنون")]),
        ("سلام .5 میلی‌لیتر دهید", ".5 میلی‌لیتر دهید", [("greeting", "سلام")]),
        ("سلام\n- آب بنوشید", "- آب بنوشید", [("greeting", "سلام")]),
        (f"{ANSWER} {LONG_CLOSING}", ANSWER, [("closing", LONG_CLOSING)]),
        (f"{ANSWER}{' سلامتی' * 50}", f"{ANSWER}{' سلامتی' * 50}", []),  # no word of farewell
        *((f"{ANSWER[:-1]} {wish}", ANSWER[:-1], [("closing", wish)]) for wish in LED_WISHES),
        (f"{ANSWER} {LED_WISHES[0]}", ANSWER, [("closing", LED_WISHES[0])]),
        (f"{ANSWER} ان شاء الله. موفق باشید", f"{ANSWER} ان شاء الله.", [("closing", "موفق باشید")]),
        ("امیدوارم زود خوب شوید موفق باشید", "امیدوارم زود خوب شوید", [("closing", "موفق باشید")]),
        ("نتیجه انشالله طبیعی است موفق باشید", "نتیجه انشالله طبیعی است", [("closing", "موفق باشید")]),
    ],
)
def test_greetings_and_closings_are_taken_out(text: str, rest: str, found: list[tuple[str, str]]) -> None:
    taken = greeting(text)
    assert taken.text == rest
    assert pieces(text, taken) == found


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "",
        "سلام",
        "با سلام و احترام. موفق باشید",
        "خیر دوست عزیز مشکلی نیست",
        "روز پنجم پریود است",
        "شب دو عدد بخورید",
        "مادر عزیزم سکته کرده است",
        "ممنون میشم راهنمایی کنید",
        "برای بارداری باید سالم باشید",
        "انشالله موفق باشید",
        "امیدوارم که درمان موفق باشد",
        "بهتر است درمان موفق باشد",
        "با وقت قبلی بیایید",
    ],
)
def test_what_only_sounds_like_a_greeting_stays(text: str) -> None:
    assert greeting(text) == Taken(text)


def test_nothing_but_spaces_is_lost_between_text_and_pieces() -> None:
    for text in real_texts():
        for step in (signature, greeting):
            taken, place, rest = step(text), 0, []
            for span in taken.spans:
                assert place <= span.start < span.end <= len(text)
                rest.append(text[place : span.start])
                place = span.end
            assert "".join([*rest, text[place:]]).split() == taken.text.split()


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n" * 20_000 + ANSWER,
        f"{ANSWER}\n" + f"{NAME}\n" * 20_000,
        f"{NAME}\n" + "متخصص داخلی\n" * 20_000 + ANSWER,
        "سلام " * 200_000,
        "با تشکر " * 200_000,
        "و امیدوارم که همیشه " * 100_000 + "موفق باشید",
        "ا" * 2_000_000,
        "\x00\x1f" * 200_000,
        "دکتر " + "ا" * 1_000_000 + ":",
        " " * 1_000_000 + "سلام",
    ],
    ids=[
        "names",
        "names below",
        "titles",
        "greetings",
        "closings",
        "led wishes",
        "one letter",
        "control characters",
        "one name",
        "spaces",
    ],
)
def test_hostile_texts_end_soon(text: str) -> None:
    for step in (signature, greeting):
        assert isinstance(step(text), Taken)
