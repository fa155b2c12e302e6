"""Files in the form in which lm-evaluation-harness logs our tasks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluator.benchmark import Question, named
from evaluator.choice import OpenedChoice
from evaluator.harness.written import row, task_of

BASICS = "persian-medical-basics"
WHEN = "2026-11-27T18-19-25.820291"
SECRET = "sk-of-nobody"


def opened() -> OpenedChoice:
    found = named(BASICS).open(None)
    assert isinstance(found, OpenedChoice)
    return found


def results(model_args: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What stands beside the samples, as far as it is read."""
    task = task_of(BASICS)
    written = {"benchmark": BASICS, "benchmark_sha256": opened().sha256, **model_args}
    return {
        "configs": {task: {"task": task, "metadata": written}},
        "n-shot": {task: 0},
        "config": {"model": "hf", "model_args": model_args, "model_dtype": "torch.float32", "model_sha": ""},
        "lm_eval_version": "0.4.13",
        "chat_template_sha": None,
        "system_instruction_sha": None,
        **changed,
    }


def samples(weigh: Callable[[Question], list[float]]) -> list[dict[str, Any]]:
    """A line for each item; numbers are logged as text."""
    found = opened()
    return [
        {
            "doc_id": n,
            "doc": row(question, found.by_id[question.item].answer),
            "filtered_resps": [[str(nats), "False"] for nats in weigh(question)],
        }
        for n, question in enumerate(found.questions)
    ]


def log(folder: Path, told: dict[str, Any], lines: list[dict[str, Any]]) -> Path:
    """Both files, where the harness puts them: in a folder named after the model."""
    place = folder / "__model"
    place.mkdir(parents=True)
    (place / f"results_{WHEN}.json").write_text(json.dumps(told), encoding="utf-8")
    written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path = place / f"samples_{task_of(BASICS)}_{WHEN}.jsonl"
    path.write_text(written, encoding="utf-8")
    return path
