"""A benchmark in a file that the user has, for one call: what is at hand stays as it is, and is there for the next."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evaluator.benchmark import EVERY, Benchmark, named
from evaluator.choice import MultipleChoice
from evaluator.freeform import FreeForm
from evaluator.published import Wanted, looked_at
from storage.errors import UsageError


def chosen(names: Sequence[str], data: Path | None = None) -> list[Benchmark]:
    """The benchmarks of these names; with `data` the one that there is, read from that file.

    Raises UsageError for a name that does not exist, and as `the_one`.
    """
    return [named(name) for name in dict.fromkeys(names)] if data is None else [the_one(names, data)]


def the_one(names: Sequence[str], data: Path) -> MultipleChoice | FreeForm:
    """The one benchmark that is named, with its items in `data`.

    Raises UsageError where that is not one benchmark, or one without a publisher.
    """
    if len(names) != 1 or names[0] == EVERY:
        raise UsageError("--data is one benchmark's file: give --benchmark once, with its name")
    return replace(_with_a_file(names[0]), given=data)


def remark(names: Sequence[str], data: Path) -> str:
    """What must be known of such a file: whether it is the publisher's, and whether it holds as many items.

    Raises UsageError as `the_one`, and where the file is not one of this benchmark.
    """
    name = the_one(names, data).name
    return f"{name} is read from {data} for this call alone: {'; '.join(looked_at(wanted(name), data).said)}"


def wanted(name: str) -> Wanted:
    """What is fetched for a benchmark. Raises UsageError for one without a publisher."""
    benchmark = _with_a_file(name)
    assert benchmark.published is not None  # noqa: S101  looked at there
    return Wanted(name, benchmark.published, lambda path: len(benchmark.read(path)))


def _with_a_file(name: str) -> MultipleChoice | FreeForm:
    benchmark = named(name)
    if not isinstance(benchmark, MultipleChoice | FreeForm) or benchmark.published is None:
        raise UsageError(
            f"{name} needs no fetch and takes no file: it comes with the project or is made from a snapshot"
        )
    return benchmark
