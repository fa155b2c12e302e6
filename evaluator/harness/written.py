"""A folder of tasks for lm-evaluation-harness: for each benchmark its items and a description, and how it is scored."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from evaluator.benchmark import Benchmark, Question, named, names
from evaluator.choice import MultipleChoice, OpenedChoice
from storage.blobs import write_whole
from storage.errors import UsageError

TAG = "tabib"
PROGRAM = Path(__file__).with_name("tabib_choice.py")
METRICS = ("acc", "acc_bytes")
"""Our `accuracy` and `accuracy_text`, by the harness' names for them."""


@dataclass(frozen=True)
class Written:
    """A benchmark as a task: what it is called there, where its description lies, how many items it has."""

    benchmark: str
    task: str
    path: Path
    items: int


def write(folder: Path, chosen: Sequence[str]) -> list[Written]:
    """Write benchmarks, or with none chosen all multiple choice at hand, as tasks into `folder`.

    The same benchmark is replaced, whatever else lies there stays. Raises UsageError for a name that does not exist or
    is no multiple choice, for a file that is not here or broken, and where `folder` cannot be written.
    """
    opened = dict(_opened(chosen))
    if not opened:
        raise UsageError("no multiple-choice benchmark is at hand: `evaluator fetch all` brings them")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / PROGRAM.name, PROGRAM.read_bytes())
        return [_written(folder, name, each) for name, each in opened.items()]
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None


def task_of(benchmark: str) -> str:
    """The name of a benchmark's task."""
    return f"{TAG}_{benchmark.replace('-', '_')}"


def row(question: Question, target: str) -> dict[str, Any]:
    """An item in a task's file: in `continuations` the letters come before the texts, `target` is a letter's place."""
    continuations = list(question.continuations.values())
    place = ascii_uppercase.index(target)
    return {"id": question.item, "prompt": question.prompt, "continuations": continuations, "target": place}


def _opened(chosen: Sequence[str]) -> Iterator[tuple[str, OpenedChoice]]:
    for benchmark in map(named, chosen or names()):
        if isinstance(benchmark, MultipleChoice) and (chosen or benchmark.with_all):
            yield benchmark.name, benchmark.open()
        elif chosen:
            raise _no_choice(benchmark)


def _no_choice(benchmark: Benchmark) -> UsageError:
    fitting = ", ".join(name for name in names() if isinstance(named(name), MultipleChoice))
    return UsageError(f"{benchmark.name} is no multiple choice, which alone the harness is given here: {fitting}")


def _written(folder: Path, name: str, opened: OpenedChoice) -> Written:
    task = task_of(name)
    rows = [row(question, opened.by_id[question.item].answer) for question in opened.questions]
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows)
    _put(folder / f"{task}.jsonl", lines.encode())
    path = folder / f"{task}.yaml"
    _put(path, _description(task, name, opened.sha256).encode())
    return Written(name, task, path, len(rows))


def _description(task: str, name: str, sha256: str) -> str:
    """The YAML, which is written by hand for the sake of `!function`; its values are names of ours."""
    metrics = "".join(
        f"  - metric: {metric}\n    aggregation: mean\n    higher_is_better: true\n" for metric in METRICS
    )
    return f"""\
# Written by `evaluator harness`, with what it is scored by in {PROGRAM.name}: change neither.
task: {task}
tag: {TAG}
class: !function {PROGRAM.stem}.MultipleChoice
dataset_kwargs:
  file: {task}.jsonl
output_type: multiple_choice
test_split: test
num_fewshot: 0
doc_to_text: prompt
doc_to_choice: continuations
doc_to_target: target
target_delimiter: ""
metric_list:
{metrics}metadata:
  version: 1.0
  benchmark: {name}
  benchmark_sha256: {sha256}
"""


def _put(path: Path, data: bytes) -> None:
    write_whole(path, data)
    path.chmod(0o644)  # whoever runs the harness reads it
