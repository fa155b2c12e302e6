"""What is left of the records after each step, in the recipe's order."""

import re

from cleaning import recipe as recipes
from cleaning.report.ends import FUNNEL, FUNNEL_BY_SIZE
from cleaning.report.order import order
from cleaning.report.page import render
from cleaning.run import clean
from cleaning.steps import Sort, registry
from storage import db
from storage.settings import Settings
from tests.cleaning.reported import cells, fill, read, sections
from tests.cleaning.test_run import one, text
from tests.storage.rows import add_article, add_pair, add_verdict


def test_the_funnel_adds_up(database: Settings) -> None:
    with db.session() as session:
        fill(session)
    found = sections(render(read()))
    assert cells(found["pairs"]) == [
        ["documents", "drhast", "niniban", "all"],
        ["read", "6", "4", "10"],
        ["dropped: short answer", "0", "1", "1"],
        ["to a person: personal data", "0", "1", "1"],
        ["rejected by a person", "0", "1", "1"],
        ["not judged yet", "0", "1", "1"],
        ["approved by a person", "1", "0", "1"],
        ["kept by rule", "5", "0", "5"],
    ]
    assert "6 of 10 pairs are kept (60.0 %), 1 of them by a person&#39;s word." in found["pairs"]
    assert cells(found["articles"])[1:] == [["read", "1", "1", "2"], ["kept by rule", "1", "1", "2"]]
    assert found["pairs"].count("<svg viewBox") == 2 + found["pairs"].count('<svg viewBox="0 0 14 14"')


STEPS = """
about: what is left of few steps
steps:
  - too_long: {field: pair, characters: 5000, source: a test}
  - not_persian: {field: pair, share: 0.5, then: review, source: a test}
  - too_short: {field: answer, words: 8, then: review, source: a test}
  - too_short: {field: question, words: 3, source: a test}
  - too_short: {field: text, words: 3, source: a test}
  - exact_repeats: {field: answer, source: a test}
"""


def drawn(section: str) -> list[str]:
    """The names at the left of a section's bars."""
    return re.findall(r'class="end name"[^>]*>(.*?)<', section)


def test_the_funnel_stands_in_the_order_of_the_recipe_s_steps(database: Settings) -> None:
    recipe = recipes.read("own", STEPS)
    with db.session() as session:
        for n, length in enumerate((2, 2, 2, 9, 9, 9, 9, 1500)):
            one(session, str(n), text(length, n), text(20, 2 if n < 7 else 3))
        one(session, "8", text(9, 8), text(5, 8))
        one(session, "9", "a b c d e f g", "a b c d e f g h i j k l")
        add_article(session, "hidoctor", "1")
    clean(recipe)
    found = sections(render(read()))
    steps = ["read", "long pair", "short question", "repeated answer", "waits for a person", "kept"]
    assert drawn(found["pairs"])[: len(steps)] == steps
    assert FUNNEL.replace("'", "&#39;") in found["pairs"]
    assert [row[0] for row in cells(found["pairs"])] == [
        "documents",
        "read",
        "dropped: long pair",
        "dropped: short question",
        "dropped: repeated answer",
        "to a person: not persian",
        "to a person: short answer",
        "kept by rule",
    ]
    assert drawn(found["articles"])[:3] == ["read", "short text", "kept"]


def test_an_unknown_recipe_has_its_reasons_by_size_and_says_so(database: Settings) -> None:
    with db.session() as session:
        for n, reason in enumerate(("b", "a", "a")):
            add_verdict(session, add_pair(session, "drhast", str(n)), "dropped", reason=reason)
    found = sections(render(read()))["pairs"]
    assert drawn(found)[:3] == ["read", "a", "b"]
    assert FUNNEL_BY_SIZE.replace("'", "&#39;") in found


def test_every_corpus_filter_says_how_its_reasons_begin() -> None:
    found = {kind.name: kind for kind in registry().values() if kind.sort == Sort.CORPUS}
    assert len({kind.reason for kind in found.values()}) == len(found) >= 3
    assert {name: f"`{kind.reason}_<field>`" in kind.manual for name, kind in found.items()} == dict.fromkeys(
        found, True
    )


SAID_BY_SEVERAL = """
about: one reason of several steps
steps:
  - broken_text: {field: question, kind: again, limit: 0.6, source: a test}
  - too_long: {field: pair, characters: 900, source: a test}
  - broken_text: {field: answer, kind: held, limit: 0.2, source: a test}
  - broken_text: {field: text, kind: held, limit: 0.2, source: a test}
  - too_short: {field: question, words: 2, source: a test}
  - too_short: {field: text, words: 3, source: a test}
  - too_short: {field: question, words: 3, source: a test}
"""


def test_a_reason_stands_where_the_first_step_that_says_it_stands(database: Settings) -> None:
    """Whichever of them stopped the document that is asked."""
    recipe = recipes.read("own", SAID_BY_SEVERAL)
    with db.session() as session:
        one(session, "0", text(9, 0), "ا" * 90)
        one(session, "1", text(9, 1), text(1500, 2))
        one(session, "2", "تب دارد", text(20, 3))
    clean(recipe)
    with db.session() as session:
        found = order(session, recipe.sha256)
    assert found == {"qa": [("dropped", "broken_text"), ("dropped", "long_pair"), ("dropped", "short_question")]}


def test_more_reasons_than_colours_share_one(database: Settings) -> None:
    with db.session() as session:
        for n in range(11):
            for copy in range(n + 1):
                add_verdict(session, add_pair(session, "drhast", f"{n}-{copy}"), "dropped", reason=f"reason_{n:02}")
    found = sections(render(read()))["pairs"]
    assert drawn(found) == ["read", *(f"reason {n:02}" for n in range(10, -1, -1)), "kept", "drhast"]
    assert [row[0] for row in cells(found)].count("dropped: reason 00") == 1
    assert "drhast, other reasons: 6 of 66" in found, "the three rarest: 1 + 2 + 3"
