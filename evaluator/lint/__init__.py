"""Faults that a benchmark's items have by themselves, found without knowing which: `evaluator lint`."""

from dataclasses import dataclass
from pathlib import Path

from evaluator.lint.finding import SEVERITIES, Finding, Severity
from evaluator.lint.report import Linted, Progress, Report, lint
from evaluator.lint.subject import Subject, at_hand, of_file, of_name
from storage.errors import UsageError

__all__ = [
    "SEVERITIES",
    "Finding",
    "Given",
    "Linted",
    "Progress",
    "Report",
    "Severity",
    "Subject",
    "at_hand",
    "lint",
    "of_file",
    "of_name",
    "run",
]


@dataclass(frozen=True)
class Given:
    """What `evaluator lint` was told."""

    names: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    original: Path | None = None
    alone: bool = False
    model: Path | None = None


def run(given: Given, progress: Progress | None = None) -> Report:
    """Lint benchmarks by name and files by path. Raises UsageError where neither is given or one cannot be read.

    `progress` is as for `evaluator.lint.report.lint`.
    """
    if not given.names and not given.files:
        raise UsageError("nothing to lint: give a benchmark's name or --data FILE")
    if given.original is not None and (len(given.files) != 1 or given.names):
        raise UsageError("--original is what one --data FILE was translated from: give that file alone")
    subjects = [of_name(name) for name in dict.fromkeys(given.names)]
    subjects += [of_file(path, given.original) for path in given.files]
    names = [subject.name for subject in subjects]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two of them are called {', '.join(twice)}: rename a file")
    others, unread = ([], []) if given.alone else at_hand(names)
    report = lint(subjects, others, _model(given.model) if given.model else None, progress)
    report.linted[0].said += unread
    return report


def _model(folder: Path) -> object:
    from evaluator import model

    model.check(folder)
    return model.load(folder)
