"""The log of a stage: a line a logging step, none twice, none of steps that were undone."""

import json
import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.trainer import short
from tests.trainer.conftest import Trained
from tests.trainer.short import At
from trainer.progress import Reporter
from trainer.request import Request
from trainer.steplog import StepLog, cut, read
from trainer.train import export_and_train


def test_every_stage_leaves_a_log(trained: Trained) -> None:
    logs = {path.name: read(path) for path in (trained.folder / "logs").iterdir()}
    assert set(logs) == {"0-warm-start.jsonl", "1-corpus.jsonl", "2-pairs.jsonl"}
    for stage, lines in zip(trained.state["metrics"]["stages"], (logs[name] for name in sorted(logs)), strict=True):
        measured = ("step", "loss", "learning_rate", "grad_norm")
        assert [{key: line[key] for key in measured} for line in lines] == stage["loss"]
        assert lines[-1]["tokens"] == stage["tokens"]
        assert 0 < lines[0]["seconds"] < lines[-1]["seconds"] <= stage["seconds"] + 0.1


def test_what_was_undone_is_not_in_the_log(snapshot: Path, data_dir: Path, tmp_path: Path) -> None:
    """Interrupted after step 5, gone on with from step 3: step 4 was logged before, and is logged once."""
    wanted = short.recipe(tmp_path / "short.yaml", logging_steps=1)
    request = Request(wanted, snapshot=str(snapshot))
    with pytest.raises(KeyboardInterrupt):
        export_and_train(request, At("corpus", 6, short.interrupt))
    (log,) = data_dir.glob("runs/*/logs/1-corpus.jsonl")
    before = read(log)
    assert [line["step"] for line in before] == [1, 2, 3, 4, 5]
    with log.open("a", encoding="utf-8") as file:
        file.write('{"step": 6, "los')
    state = export_and_train(request, Reporter())
    after = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line["step"] for line in after] == list(range(1, short.STEPS + 1))
    assert [line["loss"] for line in after] == [point["loss"] for point in state["metrics"]["stages"][1]["loss"]]
    assert after[:3] == before[:3]
    assert after[3]["loss"] == before[3]["loss"]
    assert all(one["seconds"] < other["seconds"] for one, other in pairwise(after))


def test_a_damaged_log_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "stage.jsonl"
    assert read(log) == []
    cut(log, 0)
    assert log.read_bytes() == b""
    lines = ['{"step": 2, "loss": 1.5}', "[]", '{"step": "3"}', "[" * 100_000, '{"step": 4}', '{"step": 4}', '{"st']
    log.write_bytes("\n".join(lines).encode() + b"\xff")
    assert read(log) == [{"step": 2, "loss": 1.5}, {"step": 4}]
    cut(log, 3)
    assert log.read_text(encoding="utf-8") == '{"step": 2, "loss": 1.5}\n'


def test_what_json_cannot_carry_is_null(tmp_path: Path) -> None:
    state: Any = SimpleNamespace(global_step=3, num_input_tokens_seen=7, is_world_process_zero=True)
    StepLog(tmp_path / "log", lambda: 1.0).on_log(None, state, None, logs={"loss": 2.0, "grad_norm": math.inf})
    assert json.loads((tmp_path / "log").read_text(), parse_constant=pytest.fail) == {
        "step": 3,
        "loss": 2.0,
        "learning_rate": None,
        "grad_norm": None,
        "tokens": 7,
        "seconds": 1.0,
    }
