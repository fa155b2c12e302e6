"""A small corpus and what the page about it says, for tests of several files."""

import re

from sqlalchemy import update
from sqlalchemy.orm import Session

from cleaning.report.contents import Contents, gather
from storage import db
from storage.models import Measurement
from tests.storage.rows import add_article, add_pair, add_verdict
from tests.storage.test_standings import decide

RECIPE = "0" * 64
HOSTILE = "<script>alert(1)</script>\"'><img/src=x/onerror=alert(2)>&`<b>`"
PHONE = "۰۹۱۲۳۴۵۶۷۸۹"


def sections(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL))


def cells(section: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*><bdi>(.*?)</bdi>", row, re.DOTALL) for row in rows]


def read(recipe: str | None = None, samples: int = 5) -> Contents:
    with db.session() as session:
        return gather(session, recipe, samples, lambda: None)


def fill(session: Session) -> None:
    """Pairs of two sources that end in every way, with their figures, and two articles."""
    for n in range(6):
        document = add_pair(session, "drhast", str(n), answer="پاسخ خام " * (n + 1))
        cleaned = {"question": f"پرسش {n}؟", "answer": "پاسخ " + "پاک " * n}
        add_verdict(session, document, cleaned=cleaned)
    decide(session, document, "approve", text=cleaned)
    short = add_pair(session, "niniban", "a", answer="بله")
    add_verdict(session, short, "dropped", reason="short_answer", measure={"words": 1}, cleaned={"answer": "بله"})
    waiting = add_pair(session, "niniban", "b")
    measure = {"phone": 1, "before": {"reason": "short_answer", "measure": {"words": 9}}}
    text = {"question": "؟", "answer": "زنگ بزنید"}
    add_verdict(session, waiting, "review", reason="personal_data", measure=measure, cleaned=text)
    spans = {"answer": [["phone", 4, 15]]}
    session.execute(update(Measurement).where(Measurement.document_id == waiting).values(spans=spans))
    rejected = add_pair(session, "niniban", "c")
    add_verdict(session, rejected, cleaned={"question": "؟", "answer": "نادرست"})
    decide(session, rejected, "reject", reason="wrong-answer")
    add_pair(session, "niniban", "d")
    for n, (source, words) in enumerate((("hidoctor", 30), ("niniban", 10))):
        add_verdict(session, add_article(session, source, str(n)), cleaned={"title": "عنوان", "text": "واژه " * words})
