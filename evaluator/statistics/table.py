"""Everything a table of several systems over several benchmarks needs to be believed."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any, NamedTuple

from evaluator.statistics.holm import holm
from evaluator.statistics.means import differences, means
from evaluator.statistics.pairing import Paired, paired
from evaluator.statistics.passing import PassMark, pass_mark
from evaluator.statistics.rules import chance, rules
from evaluator.statistics.shares import Estimate, estimate

METRIC = "accuracy"


@dataclass(frozen=True)
class Answered:
    """One benchmark and what each system has right in it, by the items' ids.

    An item that a system has no row for is left out of that system's dictionary; what it answered with nothing that can
    be read is wrong. `groups` label items that repeat one another, here or in other benchmarks (`evaluator.repeats`);
    `keys` are the letters of the right options.
    """

    benchmark: str
    right: Mapping[str, Mapping[str, bool]]
    groups: Mapping[str, Hashable] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mark: float | None = None

    @property
    def items(self) -> list[str]:
        """All that any system has a row for, and all with a key."""
        return sorted(set(self.keys).union(*self.right.values()))

    def labels(self, items: Sequence[str]) -> list[Hashable]:
        """The groups of these items; one without a label is its own."""
        return [self.groups.get(item, (self.benchmark, item)) for item in items]


@dataclass(frozen=True)
class Scored:
    """What one system, or one rule, scores in one benchmark; `missing` items have no row and are in no figure."""

    benchmark: str
    system: str
    right: float
    missing: int
    found: Estimate
    passing: PassMark | None = None


@dataclass(frozen=True)
class Averaged:
    """A mean over the benchmarks that a system has answers to; `kind` is micro or macro."""

    kind: str
    system: str
    found: Estimate


@dataclass(frozen=True)
class Compared:
    """Two systems in one benchmark or mean, over the items that both have rows for.

    `holm`: in a benchmark, p adjusted for all benchmarks in which these two are compared; in a mean, for every two
    systems; against a rule, for all such tests. `holm_table`: in a benchmark, for every two systems in every benchmark.
    """

    benchmark: str
    first: str
    second: str
    found: Paired
    holm: float | None = None
    holm_table: float | None = None


@dataclass(frozen=True)
class Table:
    """`pairs` are of single benchmarks, `overall` of the means; `rules` score without a model, `against` tests them.

    `guessing` is by benchmark, where the options are known.
    """

    systems: list[str]
    scores: list[Scored]
    means: list[Averaged]
    pairs: list[Compared]
    overall: list[Compared]
    rules: list[Scored]
    against: list[Compared]
    guessing: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class _Tested(NamedTuple):
    benchmark: str
    first: str
    second: str
    found: Paired


def table(benchmarks: Sequence[Answered], family: int | None = None) -> Table:
    """Scores, means, tests of every two systems, baselines, and what so many items could show.

    `family` is in how many benchmarks two systems were compared in all, where these are not all of them:
    `Compared.holm` is then the largest that the whole family could give. Raises ValueError where two benchmarks
    have one name.
    """
    systems = list(dict.fromkeys(system for b in benchmarks for system in b.right))
    twos = list(combinations(systems, 2))
    return replace(
        _of_benchmarks(benchmarks, systems, _adjusted([t for two in twos for t in _pairs(benchmarks, *two)], family)),
        means=[averaged for system in systems for averaged in _averaged(benchmarks, system)],
        overall=_adjusted_together([t for two in twos for t in _overall(benchmarks, *two)]),
    )


def beside(reference: str, benchmarks: Sequence[Answered]) -> Table:
    """As `table`, with every other system against the reference alone, which stands first, and without means."""
    systems = list(dict.fromkeys([reference, *(system for b in benchmarks for system in b.right)]))
    tested = [t for other in systems[1:] for t in _pairs(benchmarks, reference, other)]
    return _of_benchmarks(benchmarks, systems, _adjusted(tested, None))


def _of_benchmarks(benchmarks: Sequence[Answered], systems: list[str], pairs: list[Compared]) -> Table:
    if len({b.benchmark for b in benchmarks}) < len(benchmarks):
        raise ValueError("two benchmarks of a table have one name")
    return Table(
        systems,
        scores=[_scored(b, system) for b in benchmarks for system in systems if b.right.get(system)],
        means=[],
        pairs=pairs,
        overall=[],
        rules=[scored for b in benchmarks for scored in _rules(b)],
        against=_adjusted_together([t for b in benchmarks for t in _against(b)]),
        guessing={b.benchmark: chance([len(o) for o in b.options.values()]) for b in benchmarks if b.options},
    )


def _scored(benchmark: Answered, system: str) -> Scored:
    answers = benchmark.right[system]
    items = sorted(answers)
    found = estimate([answers[item] for item in items], benchmark.labels(items))
    right, missing = sum(answers.values()), len(benchmark.items) - len(items)
    passing = None if benchmark.mark is None else pass_mark(right, len(items), benchmark.mark, found)
    return Scored(benchmark.benchmark, system, right, missing, found, passing)


def _averaged(benchmarks: Sequence[Answered], system: str) -> Iterator[Averaged]:
    given = {b.benchmark: (b, sorted(b.right[system])) for b in benchmarks if b.right.get(system)}
    if len(given) < 2:
        return
    right = {name: [b.right[system][item] for item in items] for name, (b, items) in given.items()}
    labels = {name: b.labels(items) for name, (b, items) in given.items()}
    for kind, found in means(right, labels).items():
        yield Averaged(kind, system, found)


def _pairs(benchmarks: Sequence[Answered], first: str, second: str) -> Iterator[_Tested]:
    for b in benchmarks:
        if shared := _shared(b, first, second):
            one, other = ([b.right[system][item] for item in shared] for system in (first, second))
            yield _Tested(b.benchmark, first, second, paired(METRIC, one, other, b.labels(shared)))


def _overall(benchmarks: Sequence[Answered], first: str, second: str) -> Iterator[_Tested]:
    given = {b.benchmark: (b, shared) for b in benchmarks if (shared := _shared(b, first, second))}
    if len(given) < 2:
        return
    one, other = (
        {name: [b.right[system][item] for item in items] for name, (b, items) in given.items()}
        for system in (first, second)
    )
    labels = {name: b.labels(items) for name, (b, items) in given.items()}
    for kind, found in differences(one, other, labels).items():
        yield _Tested(kind, first, second, found)


def _rules(benchmark: Answered) -> Iterator[Scored]:
    items = sorted(benchmark.keys)
    for name, points in _points(benchmark).items():
        found = estimate(list(points.values()), benchmark.labels(items))
        yield Scored(benchmark.benchmark, name, float(sum(points.values())), 0, found)


def _against(benchmark: Answered) -> Iterator[_Tested]:
    """Every system against every rule: the rule first, so that above zero the system is better."""
    for name, points in _points(benchmark).items():
        for system, answers in benchmark.right.items():
            if shared := sorted(points.keys() & answers.keys()):
                rule, given = [points[item] for item in shared], [answers[item] for item in shared]
                yield _Tested(benchmark.benchmark, name, system, paired(METRIC, rule, given, benchmark.labels(shared)))


def _points(benchmark: Answered) -> dict[str, dict[str, Any]]:
    """What each rule scores at each item."""
    items = sorted(benchmark.keys)
    if not items:
        return {}
    options = [benchmark.options[item] for item in items] if benchmark.options else None
    found = rules([benchmark.keys[item] for item in items], options)
    return {rule.name: dict(zip(items, rule.points, strict=True)) for rule in found}


def _shared(benchmark: Answered, first: str, second: str) -> list[str]:
    return sorted(benchmark.right.get(first, {}).keys() & benchmark.right.get(second, {}).keys())


def _adjusted(tested: Sequence[_Tested], family: int | None) -> list[Compared]:
    """With p adjusted within each two systems, and over all."""
    of_table = holm([_p(t) for t in tested])
    own: dict[tuple[str, str], list[int]] = {}
    for place, t in enumerate(tested):
        own.setdefault((t.first, t.second), []).append(place)
    of_two: dict[int, float] = {}
    for places in own.values():
        of_two |= zip(places, holm([_p(tested[n]) for n in places], family), strict=True)
    return [Compared(*t, of_two[n], of_table[n]) for n, t in enumerate(tested)]


def _adjusted_together(tested: Sequence[_Tested]) -> list[Compared]:
    """With p adjusted over all that have one."""
    places = [n for n, t in enumerate(tested) if t.found.p is not None]
    adjusted = dict(zip(places, holm([_p(tested[n]) for n in places]), strict=True))
    return [Compared(*t, adjusted.get(n)) for n, t in enumerate(tested)]


def _p(tested: _Tested) -> float:
    return math.nan if tested.found.p is None else tested.found.p
