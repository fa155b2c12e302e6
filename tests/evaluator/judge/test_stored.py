"""What `evaluator ask` kept is judged: two models' answers to a free-form benchmark, with the doctors' beside them."""

import json
from pathlib import Path

import pytest

from evaluator import catalogue
from evaluator.asking.paper import FREE
from evaluator.benchmark import named
from evaluator.judge.given import Pair
from evaluator.judge.stored import paired, stated
from storage import answers, db, snapshots
from storage.answers import AnswerFields, Sitting
from storage.errors import UsageError
from storage.settings import Settings
from tests.evaluator.endpoint.scripted import Scripted
from tests.evaluator.judge.test_command import run
from tests.evaluator.judge.test_judging import BAD, GOOD, honest
from tests.evaluator.rows import freeze_snapshot

KQA = "kqa-fa"


@pytest.fixture
def asked(database: Settings, tmp_path: Path) -> None:
    """Two questions of K-QA, answered by two models."""
    rows = [
        {
            "Question": f"پرسش {n}",
            "Free Form Answer": "به پزشک",
            "Must Have": "['برو']",
            "Nice To Have": [],
            "sources": "x",
        }
        for n in range(2)
    ]
    file = tmp_path / "kqa.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    catalogue.fetched(KQA, file)
    keep("a", GOOD)
    keep("b", BAD)


def keep(model: str, text: str, items: int = 2, temperature: float = 0.0) -> None:
    sitting = Sitting(
        model, model * 64, KQA, named(KQA).open(None).sha256, {"scoring": FREE, "temperature": temperature}
    )
    with db.session() as session:
        rows = [AnswerFields(str(n), f"پرسش {n}", {"text": f"{text} {n}"}, None, False) for n in range(1, items + 1)]
        answers.save(session, sitting, rows)


@pytest.mark.usefixtures("asked")
def test_two_models_answers_are_paired_with_the_doctors() -> None:
    found = paired("a", "b", KQA)
    assert found == [Pair(str(n), "x", f"پرسش {n - 1}", "به پزشک", f"{GOOD} {n}", f"{BAD} {n}") for n in (1, 2)]
    assert [(each.item, each.must) for each in stated("a", KQA)] == [("1", True), ("2", True)]


@pytest.mark.usefixtures("asked")
def test_the_command_judges_them() -> None:
    with Scripted(honest) as server:
        told = run("judge", "a", "b", "--benchmark", KQA, "--endpoint", server.url, "--endpoint-model", "t", "--json")
    assert json.loads(told.stdout)["counts"]["won"] == 2, told.stderr


@pytest.mark.usefixtures("asked")
def test_what_cannot_be_paired_is_told() -> None:
    with pytest.raises(UsageError, match=r"a has written no answers to mf3qa-dev: evaluator ask --benchmark mf3qa-dev"):
        paired("a", "b", "mf3qa-dev")
    with pytest.raises(UsageError, match="no model with answers is named 'c'"):
        paired("a", "c", KQA)
    keep("a", GOOD, temperature=1.0)
    with pytest.raises(UsageError, match=r"a was asked kqa-fa in 2 ways \(.*\): give a@"):
        paired("a", "b", KQA)
    keep("d", GOOD, items=1)
    with pytest.raises(UsageError, match=r"0 questions of d are not in b \(none\), 1 of b not in d \(2\)"):
        paired("d", "b", KQA)
    told = run("judge", "a", "--benchmark", KQA, "--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "t")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


def test_pairs_of_a_snapshot_have_its_doctors_answers(database: Settings) -> None:
    with db.session() as session:
        snapshot = freeze_snapshot(session)
        opened = named("dev-pairs").open(snapshots.folder(snapshot))
        for model in "ab":
            sitting = Sitting(model, model * 64, "dev-pairs", opened.sha256, {"scoring": FREE})
            rows = [AnswerFields(q.item, q.prompt, {"text": model}, None, False) for q in opened.questions]
            answers.save(session, sitting, rows)
    found = paired("a", "b", "dev-pairs")
    assert {(each.ours, each.other, each.source) for each in found} == {("a", "b", "dev-pairs")}
    assert [each.reference for each in found] == [
        q.continuations["answer"] for q in sorted(opened.questions, key=lambda q: q.item)
    ]
    with pytest.raises(UsageError, match="dev-pairs states nothing that an answer could be held against"):
        stated("a", "dev-pairs")


@pytest.mark.usefixtures("asked")
def test_statements_are_of_all_answers_or_none() -> None:
    keep("d", GOOD, items=1)
    with pytest.raises(UsageError, match=r"d has answered 1 of kqa-fa's 2 items with statements: evaluator ask"):
        stated("d", KQA)


@pytest.mark.usefixtures("asked")
def test_statements_of_another_version_are_not_held_against_an_answer(tmp_path: Path) -> None:
    row = {"Question": "پرسش دیگر", "Free Form Answer": "x", "Must Have": "['y']", "Nice To Have": [], "sources": "x"}
    file = tmp_path / "newer.jsonl"
    file.write_text("".join(json.dumps(row | {"Question": f"دیگر {n}"}) + "\n" for n in range(2)), encoding="utf-8")
    catalogue.fetched(KQA, file)
    with pytest.raises(UsageError, match="a was asked another version of kqa-fa than the one here"):
        stated("a", KQA)
