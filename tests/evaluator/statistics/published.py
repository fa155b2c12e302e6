"""What six systems answered to three benchmarks, as published; tests on it are skipped where it is not at hand."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.statistics import Answered

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "generations"
SYSTEMS = ("gaokerena", "aya-expanse-8b", "qwen2.5", "persianmind", "medmobile+gemma2b", "medmobile+parsinlu")
ANATOMY, GENETICS, EXAM = "mmlu_fa_anatomy", "mmlu_fa_medical_genetics", "ibmsee_2023_09"
PASS_MARKS = {EXAM: 0.36}


def answered(task: str) -> Answered:
    """Which letters, as people read them, are right; a blank or invalid one is wrong."""
    rows = {system: _rows(task, system) for system in SYSTEMS}
    right = {
        system: {f"{n:04}": row["published_choice"] == row["correct"] for n, row in enumerate(given)}
        for system, given in rows.items()
    }
    keys = {f"{n:04}": row["correct"] for n, row in enumerate(rows["gaokerena"])}
    return Answered(task, right, keys=keys, mark=PASS_MARKS.get(task))


def _rows(task: str, system: str) -> list[dict[str, Any]]:
    path = DATA / task / f"{system}.jsonl.gz"
    if not path.is_file():
        pytest.skip("the published answers are not beside the project")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
