"""What is plainly declared is read without a look at all that the text names: the same as with one."""

import re

import pytest

from evaluator.letters import claims
from evaluator.letters.mentions import Mentions
from tests.evaluator.letters.exams import LISTED, ORGANS

TEXTS = [
    f"{before}پاسخ {lead}{name}{after}"
    for before in ("", "(C) شاید. ", f"{LISTED}\n", "گزینه C و ")
    for lead in ("صحیح گزینه ", "این است: ", "correct option is ", "به این پرسش ", "صحیح:\n")
    for name in ("[B]", "**B**", "گزینه D و **B**", "B", "الف", "(B)", "گزینه **[B]**", "2", "[J]", "")
    for after in (
        "",
        " است.",
        " و [C] است",
        "، D.",
        " کلیه چپ\n[C]",
        " در گردش پاسخ‌های A و C.",
        "\nA) کبد\nB) کلیه\nC) طحال",
        " (C) 2.5 [D]",
        "** است",
    )
]
NEVER = re.compile(r"(?!)")


@pytest.mark.parametrize("skipped", [{"_PLAIN"}, {"_LEADS"}, {"_NAMELESS"}, {"_PLAIN", "_LEADS", "_NAMELESS"}])
def test_it_is_the_same_as_with_a_look_at_every_name(monkeypatch: pytest.MonkeyPatch, skipped: set[str]) -> None:
    options = tuple(ORGANS.values())
    quick = [claims.claims(text, Mentions(text, 4), options) for text in TEXTS]
    for name in skipped:
        monkeypatch.setattr(claims, name, NEVER)
    assert [claims.claims(text, Mentions(text, 4), options) for text in TEXTS] == quick
    assert len({claim.places for found in quick for claim in found.declared}) > 5
