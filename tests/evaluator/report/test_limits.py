"""What the report says that it does not show, each sentence from rows that make it true and from some that do not."""

from typing import Any

import pytest
from sqlalchemy import select

from evaluator.report.paper.contents import report
from evaluator.report.paper.systems import Wanted
from storage import answers, db
from storage.answers import AnswerFields, Sitting
from storage.models import Snapshot
from storage.settings import Settings
from tests.evaluator.report.stored import BASICS, WRITTEN, exam, keep, sat, sha_of
from tests.evaluator.rows import finish_run


def said(reference: str = "ours") -> str:
    with db.session() as session:
        return "\n".join(report(session, Wanted(reference=reference), lambda *_: None).limits)


def test_what_so_few_items_can_show(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    assert "four of five trials" not in said()
    sat("other", lambda n: n % 2 == 0 or n == 1)
    found = said()
    assert "Table III: 1 test against ours was made; 0 have p under .05 by themselves, 0 after Holm" in found
    start = "with 96 items a true difference from ours is found in four of five trials only"
    assert f"{start} if the systems differ in more items than these do" in found
    sat("third", lambda n: n % 3 == 0)
    assert f"{start} from about 20 points on" in said()


def test_what_rules_without_a_question_score(database: Settings) -> None:
    sat("ours", lambda n: True)  # noqa: ARG005
    assert "which read no question" not in said()
    sat("ours-2", lambda n: n < 20)
    found = said()
    assert (
        f"{BASICS}: no better than “always A” (25.0 %) and “longest option” (28.0 %), which read no question: ours-2."
        in found
    )
    sat("ours-3", lambda n: n < 30)
    assert f"{BASICS}: no better than “always A” and “longest option” by a test after Holm's correction" in said()


def test_how_systems_were_asked(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    sat("other", lambda n: n % 2 == 0)
    found = said()
    assert "not asked alike" not in found
    assert "Every system saw each item's options in one order only" in found
    sat("third", lambda n: n % 2 == 0, prompt="paper-steps", permuted=True)
    found = said()
    assert "prompt: paper (ours, other), paper-steps (third)" in found
    assert "2 of 3 sittings saw each item's options in one order only" in found


def test_what_is_missing_unread_or_cut(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    assert "has no answer to" not in said()
    output: dict[str, Any] = {"text": "…", "finish": "length"}
    sitting = Sitting("other", sha_of("other"), BASICS, exam().sha256, WRITTEN)
    keep(sitting, [AnswerFields(item.id, "p", output, None, False) for item in exam().items[:50]])
    found = said()
    assert f"{BASICS}: other has no answer to 46 of 96 items" in found
    assert f"{BASICS}: other gave 50 answers without a readable letter" in found
    assert f"{BASICS}: other: 50 prompts or replies were longer than there was room for" in found


def test_times_that_do_not_compare(database: Settings) -> None:
    sat("ours", lambda n: n % 2 == 0)
    assert "Inference times" not in said()
    sat("other", lambda n: n % 2 == 0, facts={"device": "GPU B", "at_once": 8})
    found = said()
    assert "Inference times were taken on 2 devices (GPU A, GPU B)" in found
    assert "Inference times of other are of replies written several at once" in found


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "whether benchmark items stand in its training texts was not measured"),
        (
            {"by_benchmark": {BASICS: 3}, "benchmarks": {BASICS: 96}},
            f"documents of its training share 13 words in a row with items: 3 with {BASICS}",
        ),
        ({"by_benchmark": {}, "benchmarks": {BASICS: 96}}, "no text of its training shares 13 words in a row"),
        ({"by_benchmark": {}, "benchmarks": {}}, f"its training texts were not searched for items of {BASICS}"),
    ],
)
def test_items_in_training_texts(database: Settings, told: Any, words: str) -> None:
    run = finish_run()
    with db.session() as session:
        snapshot = session.scalars(select(Snapshot)).one()
        snapshot.manifest = snapshot.manifest | {"contamination": told}
    for part in ("merged", "base"):
        sat(f"{run.name}/{part}", lambda n: n % 2 == 0)
    found = said(run.name)
    assert f"{run.name}/merged: {words}" in found
    assert f"{run.name}/merged: one seed (1) was trained" in found
    assert f"Whether {run.name}/base read these items in training is not known" in found


def test_an_untrained_base_is_told_as_one_however_it_is_named(database: Settings) -> None:
    run = finish_run()
    base = sat(f"{run.name}/base", lambda n: n % 2 == 0)
    sat(f"{run.name}/base", lambda n: n % 2 == 0, prompt="paper-steps")
    sat(f"{run.name}/merged", lambda n: n % 2 == 0)
    with db.session() as session:
        rows = [AnswerFields(item.id, "p", {}, "A", True) for item in exam().items]
        answers.save(session, Sitting(f"{run.name}/merged", "f" * 64, BASICS, exam().sha256, WRITTEN), rows)
        named = Wanted(pipelines=[f"{run.name}/base@{base.settings_sha256[:8]}"])
        found = report(session, named, lambda *_: None)
    assert "/merged (" in found.reference
    said = "\n".join(found.limits)
    assert f"Whether {run.name}/base@{base.settings_sha256[:8]} read these items in training is not known" in said
    assert f"{run.name}/base@{base.settings_sha256[:8]}: " not in said
    assert said.count("one seed (1) was trained") == 2
