"""The catalogues and the guide: both languages have the same words, and nothing that cleaning finds is without any."""

import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest

import cleaning.filters
import infra.admin
from cleaning.steps import Sort, registry
from infra.admin.guide import guide
from infra.admin.language import LANGUAGES, Words, number, words
from infra.admin.leads import rendering as leads
from infra.admin.room.page import KEYS, reasons_found
from infra.admin.room.suggestion import told
from infra.admin.room.why import finding
from storage.models import Measurement, Verdict
from storage.review import REASONS

ADMIN = Path(infra.admin.__file__).parent
TEMPLATES = {
    str(path.relative_to(ADMIN / "templates")): path.read_text("utf-8")
    for path in (ADMIN / "templates").rglob("*.html")
}


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    persian, english = ({(s, n): t for s in words(code) for n, t in words(code)[s].items()} for code in ("fa", "en"))
    assert set(persian) == set(english)
    assert len(persian) > 250
    assert [key for key in persian if not persian[key].strip() or not english[key].strip()] == []
    assert [key for key in persian if _blanks(persian[key]) != _blanks(english[key])] == []


def test_every_word_that_the_scripts_and_the_handlers_ask_for_is_there() -> None:
    scripts = "".join(path.read_text() for path in (ADMIN / "static" / "room").glob("*.js"))
    asked = set(re.findall(r"\bwords\.(\w+)", scripts))
    assert len(asked) > 10
    assert asked - set(words("fa")["room"]) == set()
    assert set(KEYS) <= set(words("fa")["acts"])
    said = set(
        re.findall(r'say\(request, "(\w+)", "(\w+)"\)', "".join(path.read_text() for path in ADMIN.rglob("*.py")))
    )
    assert len(said) > 10
    assert {(section, name) for section, name in said if name not in words("fa")[section]} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("catalogue", "of", "least"), [("t", words, 150), ("w", leads.words, 150)])
def test_every_word_of_every_template_is_there(
    language: str, catalogue: str, of: Callable[[str], Words], least: int
) -> None:
    named = {one for text in TEMPLATES.values() for one in re.findall(rf"\b{catalogue}\.(\w+)\.(\w+)", text)}
    assert len(named) > least
    assert {name for _, name in named if hasattr(dict, name)} <= {"get"}  # a template would find these first
    assert {one for one in named if one[1] not in of(language)[one[0]] and one[1] != "get"} == set()


def test_no_template_says_anything_in_one_language_alone() -> None:
    persian = {name for name, text in TEMPLATES.items() if re.search("[آ-ی]", text)}
    assert persian == {"leaderboard.html"}  # in Persian alone
    assert {name for name, text in TEMPLATES.items() if "block tongue" in text} == persian | {"base.html"}


def test_every_filter_and_reason_has_words() -> None:
    source = "".join(path.read_text() for path in Path(cleaning.filters.__file__).parent.glob("*.py"))
    reasons = set(re.findall(r'Finding\("(\w+)"', source)) | {"low_quality", "high_quality", "step_failed"}
    assert len(reasons) > 20
    filters = {name for name, kind in registry().items() if kind.sort is Sort.DOCUMENT}
    corpus = {kind.reason for kind in registry().values() if kind.sort is Sort.CORPUS}
    for language in LANGUAGES:
        said = words(language)
        assert reasons | corpus | {"short", "no", "long"} == set(said["why"]) == set(said["found"])
        assert filters <= set(said["steps"])
        assert len(reasons_found(language)) > 35


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fa", "تنها ۴۲٪ آن فارسی است؛ کمترین ۵۰٪ است."), ("en", "Only 42% of it is Persian; the least is 50%.")],
)
def test_a_finding_is_told_in_words_and_digits_of_the_language(language: str, expected: str) -> None:
    measure = {"share": 0.42, "minimum": 0.5}
    verdict = Verdict(reason="not_persian", measure=measure, measurement=Measurement(figures={}))
    assert finding(verdict, language) == expected
    verdict.reason, verdict.measure = "my_own", {"figure": 3}
    assert finding(verdict, language) == f"my_own: figure {number(language, 3)}"
    verdict.reason, verdict.measure = "not_persian", {}
    assert finding(verdict, language) == "not_persian"


def test_the_scores_suggestion_is_told_with_its_certainty() -> None:
    assert told("en", 0.83, (0.0, 0.91)).startswith("Approve: 83% of such records")
    assert "at least 91%" in told("en", 0.83, (0.0, 0.91))
    assert (
        told("fa", 0.2, (0.0, 0.0)) == "رد: آدم‌ها ۸۰٪ از چنین موردهایی را رد می‌کنند. اطمینان آن هنوز سنجیده نشده است."
    )


def test_the_guide_has_every_reason_in_both_languages_with_examples_of_its_own() -> None:
    rules = guide().rules
    assert list(guide().reasons) == list(REASONS)
    examples = [one for rule in rules.values() for one in (*rule.belongs, rule.against)]
    assert len({(one.question, one.answer) for one in examples}) == len(examples) >= 30
    assert all(rule.against.instead in {*rules} - {name} for name, rule in rules.items())
    said = [text for rule in rules.values() for text in (rule.title, rule.rule)] + [one.why for one in examples]
    assert all(re.search("[آ-ی]", one.fa) and re.search("[A-Za-z]", one.en) for one in said)
    assert len(guide().training) == 8
    assert {task.reason for task in guide().training} >= {None, "wrong-answer", "advertisement"}


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
