"""Runs and folders are evaluated on the real database; nothing is asked twice, a kill included."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from evaluator.model import LanguageModel
from evaluator.run import COMMITTED_AT_ONCE, Asked, evaluate
from storage import db, runs, snapshots
from storage.errors import UsageError
from storage.models import Answer, Score
from storage.settings import Settings
from tests.evaluator.models import make_model
from tests.evaluator.rows import finish_run

BASICS = "persian-medical-basics"
PROGRAM = Path(sys.executable).parent / "evaluator"
KILLED_AT = 2 * COMMITTED_AT_ONCE
KILLED = f"""
import os, signal
from evaluator.model import LanguageModel
from evaluator.run import Asked, evaluate
weigh, calls = LanguageModel.likelihoods, []
def killed(self, questions):
    calls.append(1)
    found = weigh(self, questions)
    if len(calls) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
LanguageModel.likelihoods = killed
evaluate(Asked(["{BASICS}"], os.environ["MODEL"]))
"""


def test_killed_and_run_again_it_asks_only_what_is_missing(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model(tmp_path / "model")
    monkeypatch.setenv("MODEL", str(folder))
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert killed.returncode == -signal.SIGKILL
    with db.session() as session:
        before = {a.item: a.id for a in session.scalars(select(Answer))}
    assert len(before) == KILLED_AT
    asked: list[str] = []
    weigh = LanguageModel.likelihoods
    monkeypatch.setattr(
        LanguageModel, "likelihoods", lambda self, qs: asked.extend(q.item for q in qs) or weigh(self, qs)
    )
    result = evaluate(Asked([BASICS], str(folder))).results[0]
    assert (result.items, result.asked, result.unanswered) == (96, 96 - KILLED_AT, 0)
    assert not set(asked) & set(before)
    assert len(asked) == len(set(asked)) == 96 - KILLED_AT
    with db.session() as session:
        after = {a.item: a.id for a in session.scalars(select(Answer))}
    assert len(after) == 96
    assert before.items() <= after.items()


def test_what_is_answered_needs_no_model_any_more(database: Settings, tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    first = evaluate(Asked([BASICS], str(folder))).results[0]
    loads: list[object] = []
    import evaluator.run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluator.run.models, "load", lambda *given: loads.append(given))
        again = evaluate(Asked([BASICS], str(folder))).results[0]
    assert (first.asked, again.asked, loads) == (96, 0, [])
    assert again.scores == first.scores
    assert again.baselines["guessing"] == 0.25


def test_a_snapshots_folder_is_taken_as_its_name_is(database: Settings, tmp_path: Path) -> None:
    finish_run()
    with db.session() as session:
        folder = snapshots.folder(snapshots.find(session, "autumn"))
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    asked = [
        result.asked
        for name in (str(moved), "autumn", str(folder))
        for result in evaluate(Asked(["dev-pairs"], "tiny-1", snapshot=name)).results
    ]
    assert asked == [3, 3, 0, 0, 0, 0]
    model = make_model(tmp_path / "model")
    assert evaluate(Asked(["dev-pairs"], str(model), snapshot=str(moved))).results[0].items == 3
    with pytest.raises(UsageError, match="is no snapshot"):
        evaluate(Asked(["dev-pairs"], "tiny-1", snapshot=str(tmp_path)))


def test_a_run_is_compared_with_its_base(database: Settings) -> None:
    finish_run()
    evaluation = evaluate(Asked(["all"], "tiny-1"))
    assert [(r.benchmark, r.model) for r in evaluation.results] == [
        ("dev-pairs", "tiny-1/base"),
        (BASICS, "tiny-1/base"),
        ("dev-pairs", "tiny-1/merged"),
        (BASICS, "tiny-1/merged"),
    ]
    by_metric = {f.metric: f for c in evaluation.comparisons for f in c.figures}
    assert by_metric.keys() == {"bits_per_byte", "accuracy", "accuracy_text"}
    accuracy = by_metric["accuracy"]
    base, tuned = (next(s.value for s in r.scores if s.metric == "accuracy") for r in evaluation.results[1::2])
    assert accuracy.difference == pytest.approx(tuned - base)
    assert accuracy.p is not None
    with db.session() as session:
        rows = session.scalars(select(Score)).all()
        assert len(rows) == 6
        assert {row.run for row in rows} == {"tiny-1"}
        assert all(row.low <= row.value <= row.high for row in rows)
        assert session.scalar(select(func.count()).select_from(Answer)) == 2 * (96 + 3)


def test_bits_per_byte_of_a_run_are_its_answers_summed(database: Settings) -> None:
    finish_run()
    figure = evaluate(Asked(["dev-pairs"], "tiny-1", base=False)).results[0].scores[0]
    with db.session() as session:
        outputs = [a.output for a in session.scalars(select(Answer))]
    assert figure.items == len(outputs) == 3
    bits = -sum(o["nats"] for o in outputs) / 0.6931471805599453
    assert figure.value == pytest.approx(bits / sum(o["bytes"] for o in outputs))
    assert figure.value > 1


def test_a_model_of_nan_is_recorded_counted_and_told(database: Settings, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    folder = make_model(tmp_path / "nan")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {k: torch.full_like(v, float("nan")) for k, v in weights.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    told = subprocess.run(
        [PROGRAM, "run", "--benchmark", BASICS, "--model", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "no likelihood came from nan (persian-medical-basics: 96 items)" in told.stderr
    with db.session() as session:
        rows = session.scalars(select(Answer)).all()
        assert [(a.choice, a.correct) for a in rows] == [(None, False)] * 96
        assert session.scalars(select(Score.value)).all() == [0.0, 0.0]


def test_wrong_names_list_what_exists(database: Settings, tmp_path: Path) -> None:
    finish_run("autumn-1")
    with pytest.raises(UsageError, match=r"no run, and no model folder, is named 'autumn-2'.*There are: autumn-1"):
        evaluate(Asked([BASICS], "autumn-2"))
    with pytest.raises(UsageError, match=r"no benchmark is named 'mmlu'.*dev-pairs, .*persian-medical-basics"):
        evaluate(Asked(["mmlu"], "autumn-1"))
    with pytest.raises(UsageError, match=r"no snapshot is named 'summer'.*autumn"):
        evaluate(Asked([BASICS], "autumn-1", snapshot="summer"))
    with pytest.raises(UsageError, match="is no model"):
        evaluate(Asked([BASICS], str(tmp_path)))
    with pytest.raises(UsageError, match="dev-pairs needs the snapshot"):
        evaluate(Asked(["dev-pairs"], str(make_model(tmp_path / "alone"))))


def test_all_leaves_out_what_cannot_be_asked(database: Settings, tmp_path: Path) -> None:
    evaluation = evaluate(Asked(["all"], str(make_model(tmp_path / "alone"))))
    assert [r.benchmark for r in evaluation.results] == [BASICS]
    assert "needs the snapshot" in evaluation.skipped["dev-pairs"]


def test_a_run_that_is_not_done_has_no_model(database: Settings) -> None:
    finish_run()
    with db.session() as session:
        runs.get(session, "tiny-1").status = "failed"
    with pytest.raises(UsageError, match="run tiny-1 is failed"):
        evaluate(Asked([BASICS], "tiny-1"))
