"""A table in the paper's form, as data: what each system scores in each benchmark, with intervals and tests."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evaluator.asking.speed import Speed
from evaluator.report.paper.exams import Exam, Gathered
from evaluator.report.paper.systems import System
from evaluator.statistics import Compared, Estimate, Paired, PassMark, Table, beside, differences, holm, means
from evaluator.statistics.means import MACRO, MICRO
from evaluator.whose import Whose

FAMILIES = {"MMLU(fa)": "mmlu-fa-", "MMLU(en)": "mmlu-en-"}
"""Benchmarks that have a mean of their own, by the beginning of their names; the paper's "MMLU(avg)" is the first's."""
ALL = "all"
ALPHA = 0.05  # the level of the tests


@dataclass(frozen=True)
class Test:
    """A system against the reference over the items of both; below zero the system is worse.

    `holm` is p adjusted for the benchmarks in which these two are compared, `holm_table` for all tests of the table.
    """

    found: Paired
    holm: float | None = None
    holm_table: float | None = None


@dataclass(frozen=True)
class Cell:
    """What a system scores in a row; `best`: the highest there of those that answered all of it.

    Items it has no answer to are `missing`, in no figure.
    `against` tests it against the rules that need no model: above zero the system is better. Its p is adjusted for all
    such tests of the sheet.
    """

    found: Estimate
    right: float | None = None
    missing: int = 0
    unread: int = 0
    best: bool = False
    test: Test | None = None
    passing: PassMark | None = None
    against: Sequence[Compared] = ()


@dataclass(frozen=True)
class Row:
    """One benchmark, or a mean of several (`kind` is then micro or macro): cells by system, rules by their names."""

    name: str
    kind: str
    items: int
    cells: Mapping[str, Cell]
    rules: Mapping[str, Estimate] = field(default_factory=dict)
    guessing: float | None = None
    version: str = ""
    whose: Whose = Whose.OWN

    @property
    def title(self) -> str:
        """As the paper writes it, with whose it is where it is not the publisher's."""
        if self.kind != "benchmark":
            return f"{self.name} ({self.kind} mean)"
        return f"{title(self.name)}, {self.whose}" if self.whose is Whose.OTHER else title(self.name)


@dataclass(frozen=True)
class Sheet:
    """One table; the reference is the first system. `tests` is how many p of benchmarks stand in it."""

    id: str
    caption: str
    systems: Sequence[System]
    rows: Sequence[Row]
    speeds: Mapping[str, Speed]
    parameters: Mapping[str, int]

    @property
    def reference(self) -> System:
        """The system that the others are tested against."""
        return self.systems[0]

    @property
    def timing(self) -> str:
        """What the inference times are, in a sentence; nothing where none is known."""
        ways = sorted({f"{speed.device}, {speed.together}" for speed in self.speeds.values()})
        told = f"Inference time is the median of one reply ({'; '.join(ways)})" if ways else ""
        return f"{told}: such times do not compare." if len(ways) > 1 else f"{told}." if ways else ""

    @property
    def benchmarks(self) -> list[Row]:
        """The rows that are no means."""
        return [row for row in self.rows if row.kind == "benchmark"]

    @property
    def tests(self) -> list[tuple[Row, str, Test]]:
        """Every test of a single benchmark."""
        return [(row, name, c.test) for row in self.benchmarks for name, c in row.cells.items() if c.test]


def title(benchmark: str) -> str:
    """A benchmark as the paper writes it."""
    for language in ("fa", "en"):
        if benchmark.startswith(f"mmlu-{language}-"):
            return f"MMLU-{benchmark.removeprefix(f'mmlu-{language}-')}({language})"
    return {"ibmsee-2023-09": "IBMSEE Sept 2023", "ibmsee-all": "IBMSEE, all sittings"}.get(benchmark, benchmark)


def sheet(identity: str, caption: str, gathered: Gathered, systems: Sequence[System]) -> Sheet:
    """The table of these systems, the reference first, over every benchmark that one of them has answers to."""
    names = [system.name for system in systems]
    exams = [exam for exam in gathered.exams if any(exam.given.get(name) for name in names)]
    found = beside(names[0], [exam.answered(names) for exam in exams])
    fastest = {name: own[0] for name in names if (own := gathered.speeds.get(name))}
    sizes = {name: gathered.sizes[name] for name in names if name in gathered.sizes}
    rows = list(_with_means([_row(exam, found) for exam in exams], exams, names))
    return Sheet(identity, caption, systems, rows, fastest, sizes)


def _with_means(rows: Sequence[Row], exams: Sequence[Exam], names: Sequence[str]) -> Iterator[Row]:
    """The rows, behind each family its means, and at the end those of all benchmarks, where they are not the same.

    What is not the publisher's is in no mean.
    """
    exams = [exam for exam in exams if exam.whose is not Whose.OTHER]
    own = {family: [e for e in exams if e.name.startswith(prefix)] for family, prefix in FAMILIES.items()}
    ends = {found[-1].name: family for family, found in own.items() if len(found) > 1}
    for row in rows:
        yield row
        if family := ends.get(row.name):
            yield from _means(family, own[family], names)
    if len(exams) > 1 and not any(len(found) == len(exams) for found in own.values()):
        yield from _means(ALL, exams, names)


def _row(exam: Exam, found: Table) -> Row:
    tests = {c.second: Test(c.found, c.holm, c.holm_table) for c in found.pairs if c.benchmark == exam.name}
    against = [c for c in found.against if c.benchmark == exam.name]
    cells = {
        score.system: Cell(
            score.found,
            score.right,
            missing=len(exam.items) - score.found.items,
            unread=sum(a.choice is None for a in exam.given[score.system]),
            test=tests.get(score.system),
            passing=score.passing,
            against=[c for c in against if c.second == score.system],
        )
        for score in found.scores
        if score.benchmark == exam.name
    }
    rules = {score.system: score.found for score in found.rules if score.benchmark == exam.name}
    guessing = found.guessing.get(exam.name)
    return Row(exam.name, "benchmark", len(exam.items), _marked(cells), rules, guessing, exam.version, exam.whose)


def _means(family: str, exams: Sequence[Exam], names: Sequence[str]) -> Iterator[Row]:
    """The micro and the macro mean of the systems that have answers to all of these benchmarks."""
    own = [name for name in names if all(exam.given.get(name) for exam in exams)]
    found = {name: means(*_right(exams, name, name)) for name in own}
    apart = {name: _difference(exams, names[0], name) for name in own if own[0] == names[0] != name}
    items = sum(len(exam.items) for exam in exams)
    for kind in (MICRO, MACRO):
        tests = {name: both[kind] for name, both in apart.items() if both}
        ps = {name: test.p for name, test in tests.items() if test.p is not None}
        adjusted = dict(zip(ps, holm(list(ps.values())), strict=True))
        cells = {
            name: Cell(
                of[kind],
                missing=items - sum(len(exam.given[name]) for exam in exams),
                test=Test(tests[name], holm_table=adjusted.get(name)) if name in tests else None,
            )
            for name, of in found.items()
        }
        yield Row(family, kind, items, _marked(cells))


def _difference(exams: Sequence[Exam], first: str, second: str) -> dict[str, Paired]:
    """The second system minus the first in both means; none where a benchmark has no item of both."""
    one, labels = _right(exams, first, second)
    other, _ = _right(exams, second, first)
    return differences(one, other, labels) if all(one.values()) else {}


def _right(exams: Sequence[Exam], name: str, other: str) -> tuple[dict[str, list[bool]], dict[str, list[Hashable]]]:
    """What a system has right, by benchmark, of the items that the other has a row for too; and their groups."""
    right, labels = dict[str, list[bool]](), dict[str, list[Hashable]]()
    for exam in exams:
        answered = exam.answered([name, other])
        shared = sorted(answered.right[name].keys() & answered.right[other].keys())
        right[exam.name] = [answered.right[name][item] for item in shared]
        labels[exam.name] = answered.labels(shared)
    return right, labels


def _marked(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """With the highest of several marked; a share of fewer items is of others, and not held beside them."""
    best = max((cell.found.value for cell in cells.values() if not cell.missing), default=0.0)
    several = len(cells) > 1
    return {
        name: replace(cell, best=several and not cell.missing and cell.found.value == best)
        for name, cell in cells.items()
    }
