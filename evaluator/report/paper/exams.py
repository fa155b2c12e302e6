"""What each system has right in each benchmark, read without the texts it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evaluator.asking.speed import TIMED, Speed, speeds
from evaluator.benchmark import named, names
from evaluator.choice import MultipleChoice, OpenedChoice
from evaluator.repeats import labels
from evaluator.report.paper.systems import System, of_choices, settle, versions
from evaluator.statistics import Answered
from evaluator.whose import Whose, whose
from storage import answers
from storage.answers import Sitting
from storage.benchmarks.files import Item
from storage.errors import TabibError
from storage.models import Answer

KEPT = ("cut", *TIMED)
"""What of an answer's output is read here; the rest may be long: what was written, thought, or said in English."""


@dataclass
class Exam:
    """One benchmark; `opened` is None where the version that was asked is not at hand.

    `given` are by system's name its answers, by item and without texts. `groups` label items that repeat one another,
    here or in another benchmark of the report.
    """

    name: str
    version: str
    opened: OpenedChoice | None
    mark: float | None
    given: dict[str, list[Answer]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    @cached_property
    def whose(self) -> Whose:
        """Whether these are its publisher's items."""
        return whose(self.name, self.version, len(self.items))

    @property
    def items(self) -> list[str]:
        """All its items; without its file those that any system has a row for."""
        own = [item.id for item in self.opened.items] if self.opened else []
        return own or sorted({a.item for given in self.given.values() for a in given})

    def answered(self, systems: Sequence[str]) -> Answered:
        """For the statistics, of these systems alone."""
        items = self.opened.items if self.opened else ()
        return Answered(
            self.name,
            {name: {a.item: a.correct for a in self.given[name]} for name in systems if self.given.get(name)},
            self.groups,
            {item.id: item.answer for item in items},
            {item.id: item.options for item in items},
            self.mark,
        )


@dataclass
class Gathered:
    """All that the tables are written from.

    The reference is the first system. `older` counts by benchmark the sittings of other versions, which are in no
    table; `speeds` are by system's name how fast it wrote, on the device with most answers first, and `sizes` how many
    weights it has, where that is known.
    """

    systems: list[System]
    exams: list[Exam]
    older: dict[str, int]
    speeds: dict[str, list[Speed]]
    sizes: dict[str, int]

    @property
    def reference(self) -> System:
        """The system that the others are tested against."""
        return self.systems[0]


def gather(session: Session, systems: list[System]) -> Gathered:
    """Read what these systems answered."""
    asked = {system.name: of_choices(session, system) for system in systems}
    own = {tuple(s.key.values()) for sat in asked.values() for s in sat}
    every = [s for s in answers.sittings(session, [s.sha256 for s in systems]) if tuple(s.key.values()) in own]
    opened = {name: found for name in {s.benchmark for s in every} if (found := _opened(name))}
    current = versions(every, {name: found.sha256 for name, found in opened.items()})
    settle(systems, asked, current)
    exams = [_exam(name, current[name], opened.get(name)) for name in ordered(current)]
    for exam in exams:
        exam.given = {s.name: light(session, s.sat[exam.name]) for s in systems if exam.name in s.sat}
    _label(session, exams, systems)
    older = {name: sum(s.benchmark == name and s.benchmark_sha256 != current[name] for s in every) for name in current}
    timed = {system.name: _speeds(session, system, exams) for system in systems}
    sizes = {system.name: size for system in systems if (size := _size(session, system))}
    return Gathered(systems, exams, {name: count for name, count in older.items() if count}, timed, sizes)


def ordered(benchmarks: Sequence[str] | dict[str, str]) -> list[str]:
    """As the paper has them: MMLU's subjects first, those in Persian before the others, then all others by name."""
    return sorted(benchmarks, key=lambda name: (not name.startswith("mmlu-fa-"), not name.startswith("mmlu-"), name))


def light(session: Session, sitting: Sitting) -> list[Answer]:
    """A sitting's answers by item, without prompts and texts, which may be megabytes."""
    output = func.jsonb_strip_nulls(func.jsonb_build_object(*(part for k in KEPT for part in (k, Answer.output[k]))))
    query = select(Answer).filter_by(**sitting.key).order_by(Answer.item)
    rows = session.execute(query.with_only_columns(Answer.item, Answer.choice, Answer.correct, output))
    return [Answer(item=item, choice=choice, correct=right, output=rest) for item, choice, right, rest in rows]


def _opened(name: str) -> OpenedChoice | None:
    """The benchmark as it is now; None where its file is not on this machine, or where it is no more."""
    if name not in names():
        return None
    try:
        found = named(name).open(None)
    except TabibError:
        return None
    return found if isinstance(found, OpenedChoice) else None


def _exam(name: str, version: str, opened: OpenedChoice | None) -> Exam:
    benchmark = named(name) if name in names() else None
    mark = benchmark.pass_mark if isinstance(benchmark, MultipleChoice) else None
    return Exam(name, version, opened if opened and opened.sha256 == version else None, mark)


def _label(session: Session, exams: Sequence[Exam], systems: Sequence[System]) -> None:
    """Find what repeats, over all benchmarks together, as `evaluator compare` does."""
    found = labels({exam.name: _texts(session, exam, systems) for exam in exams})
    for exam in exams:
        exam.groups = {item: label for (name, item), label in found.items() if name == exam.name}


def _texts(session: Session, exam: Exam, systems: Sequence[System]) -> list[Item]:
    """What was asked: the benchmark's own texts if it still is that one, else prompts."""
    if exam.opened:
        return [Item(item.id, item.question, item.options) for item in exam.opened.items]
    prompts: dict[str, str] = {}
    for system in systems:
        if sitting := system.sat.get(exam.name):
            rows = session.execute(select(Answer.item, Answer.prompt).filter_by(**sitting.key))
            prompts |= {item: prompt for item, prompt in rows if item not in prompts}
    return [Item(item, prompt) for item, prompt in sorted(prompts.items())]


def _speeds(session: Session, system: System, exams: Sequence[Exam]) -> list[Speed]:
    """How fast it wrote what is shown; where nothing of that was written or timed, what it wrote last."""
    shown = speeds([a for exam in exams for a in exam.given.get(system.name, [])])
    others = (speeds(light(session, sitting)) for sitting in reversed(system.every))
    return shown or next(filter(None, others), [])


def _size(session: Session, system: System) -> int | None:
    """How many weights it has: as its answers say, else as its training did; None where nobody knows."""
    for sitting in reversed(system.every):
        told = select(Answer.output["parameters"]).filter_by(**sitting.key).limit(1)
        if isinstance(size := session.scalars(told).first(), int) and size > 0:
            return size
    stages = system.run.metrics.get("stages") if system.run else None
    last = stages[-1] if isinstance(stages, list) and stages else None
    weights = last.get("parameters") if isinstance(last, dict) else None
    size = weights.get("all") if isinstance(weights, dict) else None
    return size if isinstance(size, int) else None
