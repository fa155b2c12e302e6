"""A recipe is read whole: every threshold under its source, every error at once with the nearest right name."""

import re
import time
from pathlib import Path
from typing import get_args

import pytest

from cleaning import recipe
from cleaning.judge import findings, measure
from cleaning.recipe_lines import ALL_FIELDS
from cleaning.record import FIELDS, FieldName, record
from cleaning.steps import Sort, StepKind, registry
from cleaning.transforms.personal_data import PLACEHOLDERS, Masked
from storage.errors import UsageError

SECONDS = 3.0
"""Reading 20,000 keys takes a quarter of it; work that grows with their square takes twice as much."""
STEPS = {
    Sort.TRANSFORM: 9,
    Sort.EXTRACT: 3,
    Sort.DOCUMENT: 22,
    Sort.CORPUS: 3,
}


def test_every_file_of_a_step_is_registered() -> None:
    sorts = [step.sort for step in registry().values()]
    assert {sort: sorts.count(sort) for sort in Sort} == STEPS
    for package in ("transforms", "filters"):
        files = {path.stem for path in (Path(recipe.__file__).parent / package).glob("*.py")} - {"__init__"}
        assert files <= set(registry())


@pytest.mark.parametrize("name", registry())
def test_every_step_says_what_it_does(name: str) -> None:
    assert registry()[name].about.endswith((".", ":", "`."))


@pytest.mark.parametrize("name", recipe.names())
def test_every_threshold_of_our_recipes_stands_under_its_source(name: str) -> None:
    loaded = recipe.load(name)
    assert loaded.content["about"]
    for step in loaded.content["steps"]:
        given = next(iter(step.values())) if isinstance(step, dict) else {}
        if any(isinstance(value, int | float | list) for key, value in given.items() if key != "fields"):
            assert given.get("source"), f"{name}: {step}"


def test_the_recipes_are_these() -> None:
    assert recipe.names() == ["default", "paper"]


def write(folder: Path, text: str) -> str:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    text = "about: mine\nsteps:\n  - letters: {fields: [answer]}\n  - too_short: {field: answer, words: 3, source: x}\n"
    loaded = recipe.load(write(tmp_path, text))
    assert [step.kind.name for step in loaded.steps] == ["letters", "too_short"]
    assert loaded.steps[0].fields == ("answer",)
    assert loaded.name == "own"


def test_the_identity_is_of_what_it_says_not_how_it_is_laid_out(tmp_path: Path) -> None:
    one = recipe.load(write(tmp_path, "about: x\nsteps:\n  - too_short: {field: answer, words: 3, source: x}\n"))
    text = "steps: # why\n - too_short:\n    words: 3\n    source: x\n    field: answer\nabout: x\n"
    same = recipe.load(write(tmp_path, text))
    other = recipe.load(write(tmp_path, "about: x\nsteps:\n  - too_short: {field: answer, words: 4, source: x}\n"))
    assert one.sha256 == same.sha256 != other.sha256


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    text = """
abot: x
steps:
  - leters
  - too_short: {feild: answer, words: 8}
  - too_short: {field: answer, words: many}
  - not_persian: {field: pair, share: 0.5, then: drp}
  - letters: {fields: [anser]}
  - letters: [answer]
  - exact_repeats: {field: question}
  - spaces
"""
    with pytest.raises(UsageError) as raised:
        recipe.load(write(tmp_path, text))
    told = str(raised.value)
    for part in (
        "has 11 errors",
        "no key is named 'abot'. Did you mean about?",
        "step 1: no cleaning step is named 'leters'. Did you mean letters?",
        "step 2: too_short: no key is named 'feild'. Did you mean field?",
        "step 2: too_short: field: Field required",
        "step 2: too_short: add `source`: where words 8 comes from, such as a paper",
        "step 3: too_short: words: Input should be a valid integer",
        "step 4: not_persian: add `source`: where share 0.5 comes from",
        "step 4: not_persian: then must be one of drop, review, pass, not 'drp'",
        "step 5: letters: no field is named 'anser'. Did you mean answer?",
        "step 6: letters takes a mapping of parameters, not list",
        "step 8: spaces is a transform and must stand before a corpus filter",
    ):
        assert part in told


@pytest.mark.parametrize(("about", "steps"), [("abuot", "stpes"), ("About", "STEPS"), ("abot", "step")])
def test_a_misspelt_key_of_the_whole_hides_no_error_below_it(about: str, steps: str) -> None:
    with pytest.raises(UsageError) as raised:
        recipe.read("own", f"{about}: x\n{steps}: [leters, {{too_short: {{feild: answer}}}}]")
    told = str(raised.value).splitlines()
    assert told[0] == "recipe own has 6 errors:"
    for line, part in zip(
        told[1:4], (f"{about!r}. Did you mean about?", f"{steps!r}. Did you mean steps?", "'leters'."), strict=True
    ):
        assert part in line


def test_what_is_wrong_above_the_steps_is_told_with_what_is_wrong_in_them() -> None:
    with pytest.raises(UsageError) as raised:
        recipe.read("own", "about: 3\nsteps: [leters]\nname: x\n")
    told = str(raised.value)
    for part in ("has 3 errors", "`about` must be a text", "no key is named 'name'. There", "'leters'. Did you mean"):
        assert part in told
    with pytest.raises(UsageError, match=r"(?s)no key is named 'filters'.*must be a mapping with a list of `steps`"):
        recipe.read("own", "filters: [letters]")


def test_what_a_recipe_is_for_may_be_left_unsaid() -> None:
    assert recipe.read("own", "steps: [letters]").content == {"steps": ["letters"]}
    with pytest.raises(UsageError, match="`about` may be left out"):
        recipe.read("own", "[letters]")


def test_names_and_numbers_that_would_never_fire_are_errors_all_told_at_once(tmp_path: Path) -> None:
    text = """
about: x
steps:
  - too_short: {field: anwser, words: 0, source: x}
  - masked: {field: pair, kinds: [phon, url], source: x}
  - masked: {field: pair, kinds: [], source: x}
  - not_persian: {field: pair, share: .nan, source: x}
  - repeated_lines: {field: text, share: 1.5, source: x}
  - exact_repeats: {field: pair, cap: 0, source: x}
  - canned_replies: {field: answer, times: 1, source: x}
  - near_repeats: {field: titel, similarity: 80, words: -1, source: x}
"""
    with pytest.raises(UsageError) as raised:
        recipe.load(write(tmp_path, text))
    told = str(raised.value)
    for part in (
        "has 11 errors",
        "step 1: too_short: no field is named 'anwser'. Did you mean answer? There are: question, answer, title, text",
        "step 1: too_short: words: Input should be greater than or equal to 1",
        "step 2: masked: no kind is named 'phon'. Did you mean phone?",
        "step 3: masked: kinds: List should have at least 1 item",
        "step 4: not_persian: share: Input should be a finite number",
        "step 5: repeated_lines: share: Input should be less than 1",
        "step 6: exact_repeats: cap: Input should be greater than or equal to 1",
        "step 7: canned_replies: times: Input should be greater than or equal to 2",
        "step 8: near_repeats: no field is named 'titel'.",
        "step 8: near_repeats: similarity: Input should be less than or equal to 1",
        "step 8: near_repeats: words: Input should be greater than or equal to 1",
    ):
        assert part in told


def test_the_names_that_recipes_may_give_are_those_there_are() -> None:
    assert get_args(FieldName) == (*ALL_FIELDS, "pair")
    assert get_args(Masked) == tuple(PLACEHOLDERS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must be a mapping"),
        ("steps: 3", "must be a mapping"),
        ("steps: []", "must be a mapping"),
        ("steps: [[1]]", "must be a step's name"),
        ("steps: [{1: {}}]", "a key is no text"),
        ("steps: [", "cannot be read"),
        ("\x00", "cannot be read"),
        ("[" * 5000, "cannot be read"),
        ("about: " + "x" * 2_000_000, "larger than"),
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        recipe.load(write(tmp_path, text))


def test_a_wrong_name_lists_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'papr'\. Did you mean paper\? There are: default, paper"):
        recipe.load("papr")
    with pytest.raises(UsageError, match=r"no recipe file .*missing\.yaml.* default, paper"):
        recipe.load(str(tmp_path / "missing.yaml"))


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    text = "about: x\nsteps:\n  - too_short: {field: answer, words: 8, words: 9, source: x}\n"
    with pytest.raises(UsageError, match="words stands twice"):
        recipe.load(write(tmp_path, text))


MANY_KEYS = "{" + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}"
MERGED = "a: &m0 {x: 1}\n" + "".join(f"b{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 40))
IN_ITSELF = "a: &a {<<: *a, x: 1}"


@pytest.mark.parametrize("text", [MANY_KEYS, MERGED, IN_ITSELF], ids=["keys", "merged", "in itself"])
def test_no_file_keeps_the_reader_busy(text: str) -> None:
    began = time.process_time()
    with pytest.raises(UsageError, match=r"stands for more than|merges more than|must be a mapping|cannot be read"):
        recipe.read("own", text)
    assert time.process_time() - began < SECONDS


def test_what_is_merged_may_be_changed(tmp_path: Path) -> None:
    text = (
        "steps:\n  - too_short: &a {field: answer, words: 3, source: x}\n"
        "  - too_short: &b {<<: *a, words: 4}\n  - too_short: {<<: [*b, *a], field: question}\n"
    )
    given = [step.parameters for step in recipe.load(write(tmp_path, text)).steps]
    assert [(one["field"], one["words"]) for one in given] == [("answer", 3), ("answer", 4), ("question", 4)]


def test_what_only_describes_is_left_out_where_judging_is_all(tmp_path: Path) -> None:
    lines = [
        "speciality",
        "speciality: {only: [urology], source: x}",
        "mentions: {fewest: 0}",
        "cut_off: {field: answer}",
    ]
    loaded = recipe.load(write(tmp_path, "steps:\n" + "".join(f"  - {line}\n" for line in lines)))
    assert [step.deciding for step in loaded.steps] == [False, True, False, True]
    assert [step.parameters.get("only") for step in loaded.deciding.steps] == [["urology"], None]
    assert set(loaded.measuring("qa")) > set(loaded.deciding.measuring("qa"))


def test_a_threshold_left_as_it_comes_stops_nothing(tmp_path: Path) -> None:
    text = "steps:\n" + "".join(f"  - {kind.name}\n" for kind in registry().values() if optional(kind))
    loaded = recipe.load(write(tmp_path, text))
    assert {"speciality", "mentions"} <= {step.kind.name for step in loaded.steps}
    for texts in (("", ""), ("تب دارم", "استامینوفن بخورید."), ("a", "b" * 1000)):
        found = measure(loaded, record("qa", dict(zip(FIELDS["qa"], texts, strict=True))))
        assert found.figures
        assert not any(told for step, told in findings(loaded, found.figures) if not step.deciding)


def optional(kind: StepKind) -> bool:
    """Whether a filter has thresholds, and a recipe may leave all its parameters out."""
    fields = kind.parameters.model_fields
    return bool(kind.ruling - kind.measuring) and not any(field.is_required() for field in fields.values())


@pytest.mark.parametrize("source", ["''", "'   '", "5"])
def test_a_source_that_says_nothing_is_refused(source: str) -> None:
    text = f"about: a test\nsteps:\n  - too_short: {{field: answer, words: 3, source: {source}}}\n"
    with pytest.raises(UsageError, match="source must be a text"):
        recipe.read("own", text)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("too_short: {field: answer, words: 3}", "words 3"),
        ("masked: {field: answer, kinds: [phone]}", "kinds ['phone']"),
        ("word_shape: {field: text, shortest: 2.0, longest: 9.0, letters: 0.8}", "shortest 2.0 and longest 9.0 and"),
        ("exact_repeats: {field: answer, cap: 2, folded: true}", "cap 2 comes"),
        ("speciality: {only: [urology]}", "only ['urology']"),
    ],
)
def test_a_number_without_a_source_is_refused(step: str, told: str) -> None:
    with pytest.raises(UsageError, match=rf"step 1: \w+: add `source`: where {re.escape(told)}"):
        recipe.read("own", f"about: a test\nsteps:\n  - {step}\n")


@pytest.mark.parametrize(
    "step", ["exact_repeats: {field: answer, folded: true}", "exact_repeats: {field: answer, cap: 1}"]
)
def test_what_a_step_does_anyway_needs_no_source(step: str) -> None:
    assert recipe.read("own", f"about: a test\nsteps:\n  - {step}\n").steps[0].source is None
