"""What lm-evaluation-harness wrote of our tasks: samples and, beside them, how they were asked. Both are untrusted."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.benchmark import Likelihood, Question
from evaluator.harness.written import TAG, row
from storage.errors import UsageError

SAMPLES = re.compile(rf"samples_({TAG}_\w+?)_(\d{{4}}-\d\d-\d\dT[\d.-]+)\.jsonl")
HOW = "run lm_eval with --log_samples --output_path FOLDER"


@dataclass(frozen=True)
class Logged:
    """One task's samples, and the `results` file of the same minute."""

    path: Path
    task: str
    results: dict[str, Any]

    def part(self, *names: str) -> dict[str, Any]:
        """An object within the results; empty where there is none."""
        found: Any = self.results
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def written_for(self) -> tuple[str, str]:
        """The benchmark and its hash that the task was written for. Raises UsageError where neither is told."""
        told = self.part("configs", self.task, "metadata")
        found = told.get("benchmark"), told.get("benchmark_sha256")
        if not all(isinstance(each, str) for each in found):
            raise UsageError(f"{self.path}: its results do not tell the benchmark: write the tasks anew and ask again")
        return str(found[0]), str(found[1])


def logged(paths: Sequence[Path]) -> list[Logged]:
    """The samples of our tasks among files and below folders. Raises UsageError where there are none, or no results."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} is not there: {HOW}")
    files = [file for path in paths for file in (sorted(path.rglob("samples_*.jsonl")) if path.is_dir() else [path])]
    found = [_logged(file, match) for file in dict.fromkeys(files) if (match := SAMPLES.fullmatch(file.name))]
    if not found:
        given = ", ".join(map(str, paths))
        raise UsageError(f"{given}: there is no samples_{TAG}_….jsonl: {HOW}, and leave the names as they are")
    return found


def likelihoods(each: Logged, questions: dict[str, tuple[Question, str]]) -> dict[str, dict[str, Likelihood]]:
    """By item what every continuation weighed, without the white space that the harness puts before it.

    `questions` by item with its letter. Raises UsageError for a file that is broken, is of other items, or lacks some.
    """
    found: dict[str, dict[str, Likelihood]] = {}
    for number, sample in _samples(each.path):
        try:
            item = sample["doc"]["id"]
            question, answer = questions[item]
            if sample["doc"] != row(question, answer):
                raise UsageError(f"{each.path}: line {number} is not item {item} as it is put here")
            weighed = _weighed(question, [float(nats) for nats, _ in sample["filtered_resps"]])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{each.path}: line {number} is no sample of {each.task} ({error!r:.80})") from None
        if item in found:
            raise UsageError(f"{each.path}: item {item} stands there twice")
        found[item] = weighed
    if missing := len(questions) - len(found):
        raise UsageError(f"{each.path} lacks {missing} of {len(questions)} items: ask all of them, without --limit")
    return found


def _weighed(question: Question, nats: Sequence[float]) -> dict[str, Likelihood]:
    labels = list(question.continuations)
    if len(nats) not in (len(labels), len(labels) + 1):
        raise ValueError(f"{len(nats)} likelihoods of {len(labels)} continuations")
    blank = nats[len(labels)] if len(nats) > len(labels) else 0.0
    values = [value - blank for value in nats[: len(labels)]]
    # The harness tells neither how many tokens it weighed nor how many of a prompt it had no room for.
    return {
        label: Likelihood(value if math.isfinite(value) else None, 0, 0)
        for label, value in zip(labels, values, strict=True)
    }


def _logged(path: Path, name: re.Match[str]) -> Logged:
    task, when = name.groups()
    beside = path.with_name(f"results_{when}.json")
    try:
        results = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{beside}, which tells how {path.name} was asked, cannot be read: {error!s:.100}") from None
    return Logged(path, task, results if isinstance(results, dict) else {})


def _samples(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                yield number, json.loads(line)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: line {number + 1} or the one before cannot be read: {error!s:.100}") from None
