"""`evaluator compare` over rows of the real database, and as its users run it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.compare import compare
from evaluator.statistics import holm, mcnemar, paired
from storage import answers, db
from storage.answers import AnswerFields, Sitting
from storage.errors import UsageError
from storage.settings import Settings

PROGRAM = Path(sys.executable).parent / "evaluator"
SETTINGS = {"scoring": "likelihood/1", "precision": "stored"}
BASE, TUNED = "a" * 64, "b" * 64


def sitting(model: str, sha256: str, benchmark: str = "first-exam") -> Sitting:
    return Sitting(model, sha256, benchmark, benchmark.encode().hex().ljust(64, "0")[:64], SETTINGS)


def sat(of: Sitting, right: str, prompts: Sequence[str] | None = None) -> Sitting:
    """Store an answer for each sign: `+` right, `-` wrong, `?` unread, ` ` none."""
    fields = [
        AnswerFields(
            f"{n:03}",
            prompts[n] if prompts else f"پرسش {n} از {of.benchmark} چیست؟",
            {},
            None if sign == "?" else "A",
            sign == "+",
        )
        for n, sign in enumerate(right)
        if sign != " "
    ]
    with db.session() as session:
        answers.save(session, of, fields)
    return of


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, "compare", *arguments], capture_output=True, text=True, check=False, timeout=120)


def two_exams() -> None:
    """In the first the tuned model gains 9 and loses 1, in the second it gains 3 and loses 2."""
    sat(sitting("r/base", BASE), "+" * 20 + "-" * 9 + "+" + "-" * 10)
    sat(sitting("r/merged", TUNED), "+" * 20 + "+" * 9 + "-" + "-" * 10)
    sat(sitting("r/base", BASE, "second-exam"), "+" * 20 + "---++" + "-" * 10)
    sat(sitting("r/merged", TUNED, "second-exam"), "+" * 20 + "+++--" + "-" * 9 + "?")


def test_two_models_are_compared_over_what_is_stored(database: Settings) -> None:
    two_exams()
    found = compare("r/base", "r")
    first, second = found.table.pairs
    assert (first.benchmark, first.found.only_first, first.found.only_second) == ("first-exam", 1, 9)
    assert (first.found.p, second.found.p) == (mcnemar(1, 9), mcnemar(2, 3))
    assert [c.holm for c in found.table.pairs] == holm([mcnemar(1, 9), mcnemar(2, 3)])
    micro = next(c for c in found.table.overall if c.benchmark == "micro")
    assert micro.found.p == mcnemar(3, 12)
    assert found.unread == {"first-exam": (0, 0), "second-exam": (0, 1)}
    assert compare("r/base", "r/merged", ["first-exam"]).table.pairs[0].holm == mcnemar(1, 9)


def test_a_model_is_named_by_label_run_or_hash(database: Settings) -> None:
    two_exams()
    expected = compare("r/base", "r/merged").table.pairs
    for first, second in (("r/base", "r"), (BASE, TUNED), (BASE[:6], TUNED[:10])):
        assert [c.found for c in compare(first, second).table.pairs] == [c.found for c in expected]
    sat(sitting("r/merged", "c" * 64), "+-")
    with pytest.raises(UsageError, match=f"r/merged names 2 models: give a hash. There are: {TUNED}, {'c' * 64}"):
        compare("r/base", "r")
    sat(sitting("other", TUNED[:-1] + "0"), "+-")
    with pytest.raises(UsageError, match="names 2 models"):
        compare("r/base", TUNED[:8])


def test_items_that_repeat_one_another_are_one(database: Settings) -> None:
    once = ["+-", "-+", "-+", "-+", "-+", "-+", "-+", "-+", "++", "--"] * 3
    prompts = [f"پرسش شماره {n} کدام است؟" for n in range(30)]
    spelt = [prompt.replace("ک", "ك").replace("؟", "") for prompt in prompts]
    for place, model in enumerate(((("r/base", BASE)), ("r/merged", TUNED))):
        sat(sitting(*model), "".join(kind[place] for kind in once * 2), [*prompts, *spelt])
    found = compare("r/base", "r").table.pairs[0].found
    alone = paired("accuracy", *([kind[place] == "+" for kind in once] for place in (0, 1)))
    assert (found.items, found.clusters, found.only_second) == (60, 30, 42)
    assert found.p == alone.p


def test_a_pass_mark_is_told_with_how_sure_it_is(database: Settings) -> None:
    exam = "ibmsee-2023-09"
    sat(sitting("r/base", BASE, exam), "+" * 30 + "-" * 70)
    sat(sitting("r/merged", TUNED, exam), "+" * 38 + "-" * 62)
    printed, told = run("r/base", "r").stdout, "the pass mark of 36%; the chance that it truly would is"
    assert f"{exam}: r/base does not reach {told} 10.4%, open" in printed
    assert f"{exam}: r/merged reaches {told} 66.4%, open" in printed


def test_answers_given_in_different_ways_are_not_compared_unless_named(database: Settings) -> None:
    base, tuned = sitting("r/base", BASE), sitting("r/merged", TUNED)
    other = replace(base, settings=SETTINGS | {"voting": 5})
    sat(other, "+" * 10 + "-" * 10)
    sat(tuned, "+" * 12 + "-" * 8)
    with pytest.raises(
        UsageError, match=r"no benchmark in common\nfirst-exam: asked in different ways .*MODEL@SETTINGS"
    ):
        compare("r/base", "r/merged")
    found = compare(f"r/base@{other.settings_sha256[:8]}", "r/merged")
    assert found.table.pairs[0].found.only_second == 2
    sat(base, "-" * 20)
    assert compare("r/base", "r/merged").table.pairs[0].found.only_second == 12
    votes = compare(f"r/base@{base.settings_sha256[:8]}", f"r/base@{other.settings_sha256[:8]}")
    assert votes.table.pairs[0].found.only_second == 10
    with pytest.raises(UsageError, match="no settings of r/base is named 'ffff'"):
        compare("r/base@ffff", "r")


def test_another_version_of_a_benchmark_is_another_benchmark(database: Settings) -> None:
    sat(sitting("r/base", BASE), "+-")
    sat(replace(sitting("r/merged", TUNED), benchmark_sha256="f" * 64), "+-")
    with pytest.raises(UsageError, match="first-exam: asked in different versions"):
        compare("r/base", "r")


def test_only_items_of_both_count(database: Settings) -> None:
    sat(sitting("r/base", BASE), "+++---   +")
    sat(sitting("r/merged", TUNED), "  ++++++++")
    found = compare("r/base", "r").table
    assert (found.pairs[0].found.items, found.pairs[0].found.only_second) == (5, 3)
    assert [s.missing for s in found.scores] == [3, 2]
    sat(sitting("r/base", BASE, "second-exam"), "++  ")
    sat(sitting("r/merged", TUNED, "second-exam"), "  ++")
    assert compare("r/base", "r").skipped == {"second-exam": "no item was answered by both"}


def test_bits_per_byte_are_compared_by_an_interval(database: Settings) -> None:
    for of, nats in ((sitting("r/base", BASE, "dev"), -30.0), (sitting("r/merged", TUNED, "dev"), -20.0)):
        outputs = [{"nats": nats - n, "bytes": 10 + n, "tokens": 5, "cut": 0} for n in range(40)]
        with db.session() as session:
            answers.save(session, of, [AnswerFields(str(n), "پ", o, None, False) for n, o in enumerate(outputs)])
    found = compare("r/base", "r")
    figure = found.likelihoods["dev"]
    assert figure.low <= figure.difference <= figure.high < 0
    assert figure.difference == pytest.approx(-40 * 10 / 0.6931471805599453 / sum(10 + n for n in range(40)))
    assert (figure.p, found.table.pairs) == (None, [])
    told = run("r/base", "r/merged")
    assert "dev: r/merged needs" in told.stdout


def test_names_that_lead_nowhere_are_told_in_one_line(database: Settings) -> None:
    with pytest.raises(UsageError, match=r"no model with answers is named 'r'\. There are: none yet"):
        compare("r", "s")
    two_exams()
    with pytest.raises(UsageError, match=r"is named 'r/bas'. Did you mean r/base\?"):
        compare("r/bas", "r")
    with pytest.raises(UsageError, match="r/base is compared with itself"):
        compare("r/base", "r/base")
    with pytest.raises(UsageError, match=r"no benchmark with answers of r/base and r/merged is named 'third-exam'"):
        compare("r/base", "r", ["third-exam"])
    sat(sitting("r/base", BASE, "third-exam"), "+-")
    with pytest.raises(UsageError, match="third-exam cannot be compared: r/merged has no answers"):
        compare("r/base", "r", ["third-exam"])
    told = run("r/base", "nobody")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


def test_the_command_prints_and_gives_json(database: Settings) -> None:
    two_exams()
    sat(sitting("r/base", BASE, "third-exam"), "+-")
    told = run("r/base", "r/merged")
    assert told.returncode == 0, told.stderr
    for expected in (
        "first-exam",
        "macro",
        "+20.0",
        "0.021",
        "Holm: over the 2 benchmarks",
        "1 of the second are unread",
    ):
        assert expected in told.stdout
    assert told.stderr == "evaluator: third-exam was left out: r/merged has no answers\n"
    found = json.loads(run("r/base", "r/merged", "--benchmark", "first-exam", "--json").stdout)
    assert found["first"]["sha256"] == BASE
    assert found["table"]["pairs"][0]["found"]["p"] == mcnemar(1, 9)
    assert run("r/base", "r/merged", "--json").stdout == run("r/base", "r/merged", "--json").stdout


def test_who_only_judged_or_translated_is_no_model_with_answers(database: Settings) -> None:
    two_exams()
    for name, settings in (("judge ours", {"judge": "ours"}), ("translation en-fa", {"scoring": "free/1"})):
        sat(Sitting(f"helper of {name}", "c" * 64, name, "d" * 64, settings), "+-")
    with pytest.raises(UsageError, match=r"There are: r/base, r/merged$"):
        compare("r/base", "nobody")
    for given in ("helper of judge ours", "helper of translation en-fa", "c" * 64):
        with pytest.raises(UsageError, match=f"{given} has no answers to a benchmark: it only judged or translated"):
            compare("r/base", given)
