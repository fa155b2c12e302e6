"""Which systems stand in the tables, and in which way each was asked."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.asking.paper import FREE
from evaluator.benchmark import named, names
from evaluator.choice import MultipleChoice
from evaluator.compare import Subject, answering, model_named, sittings_of
from evaluator.report.paper import words
from storage import alarms
from storage.answers import Sitting
from storage.errors import TabibError
from storage.models import Answer, Run

LATER_CHAINS = range(1, 1 << 16)  # a vote's further chains, each a sitting of its own: no system answers with one
MERGED, BASE = "merged", "base"
"""The parts of a run: what its training made, and what it began with."""


@dataclass(frozen=True)
class Wanted:
    """What is reported: models named as for `evaluator.compare.compare`, all with answers where none is.

    `reference` is the one the others are tested against, `pipelines` are those of table IV.
    """

    systems: Sequence[str] = ()
    reference: str | None = None
    pipelines: Sequence[str] = ()


@dataclass
class System:
    """A model as it stands in the tables.

    `sat` is by benchmark the sitting that is shown, `ways` by benchmark how many ways of asking there are; `free` are
    the sittings of free answers and `every` all it has, both the newest last. `run` is the training it comes from, and
    `part` which part of that it is.
    """

    name: str
    sha256: str
    every: list[Sitting]
    pipeline: bool = False
    run: Run | None = None
    part: str = ""
    sat: dict[str, Sitting] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)

    @property
    def augmented(self) -> dict[str, str]:
        """By benchmark how the passages were found that it was shown before each item, where it was shown any."""
        found = {name: sitting.settings.get("augmented") for name, sitting in self.sat.items()}
        return {name: str(by.get("method")) for name, by in found.items() if isinstance(by, dict)}

    @property
    def heading(self) -> str:
        """Its name, with what helped it in all that is shown of it, or in a part."""
        methods = " and ".join(dict.fromkeys(self.augmented.values()))
        part = " in part" if len(self.augmented) < len(self.sat) else ""
        return f"{words.name(self.name)} + {methods}{part}" if methods else words.name(self.name)

    @property
    def free(self) -> list[Sitting]:
        """Sittings of free answers."""
        return [s for s in self.every if s.settings.get("scoring") == FREE]


def chosen(session: Session, wanted: Wanted) -> list[System]:
    """The systems, the reference first, without their `sat`; see `settle`.

    The reference is the one named, else the first one named, else the accepted model, else the model of the run that
    finished last, else the first by name. Raises UsageError for a name that tells none or several, TabibError where no
    model has answers.
    """
    pipelines = [model_named(session, name) for name in wanted.pipelines]
    listed = [model_named(session, name) for name in wanted.systems]
    first = [model_named(session, wanted.reference)] if wanted.reference else []
    given = [*first, *listed, *pipelines]
    subjects = given if listed else _with_all_others(session, given)
    found = {subject: _system(session, subject, subject in pipelines) for subject in dict.fromkeys(subjects)}
    systems = list(found.values())
    if not systems:
        raise TabibError("no system has answers yet: `evaluator run --benchmark all --model RUN`, or `evaluator ask`")
    _name_apart(systems)
    reference = found[first[0]] if first else found[listed[0]] if listed else _reference(session, systems)
    return [reference, *(system for system in systems if system is not reference)]


def settle(systems: Sequence[System], asked: Mapping[str, Sequence[Sitting]], current: Mapping[str, str]) -> None:
    """Choose for each system and benchmark the sitting that is shown.

    `asked` are by system's name its sittings of multiple choice, `current` is the version of each benchmark. In a
    benchmark it is the way that most of the systems were asked in, so that they compare; of ways that as many were
    asked in, the one that the reference was asked last, else the first system that was asked any of them.
    """
    for benchmark, version in current.items():
        own = {
            s.name: [a for a in asked[s.name] if (a.benchmark, a.benchmark_sha256) == (benchmark, version)]
            for s in systems
        }
        common = Counter(settings for sat in own.values() for settings in {a.settings_sha256 for a in sat})
        rank: dict[str, tuple[int, int, int]] = {}
        for place, sat in enumerate(own.values()):
            for n, sitting in enumerate(sat):
                way = sitting.settings_sha256
                rank.setdefault(way, (common[way], -place, n))
        for system in systems:
            if sat := own[system.name]:
                system.sat[benchmark] = max(sat, key=lambda sitting: rank[sitting.settings_sha256])
                system.ways[benchmark] = len(sat)


def of_choices(session: Session, system: System) -> list[Sitting]:
    """Its sittings of multiple choice."""
    return [s for s in system.every if _is_choice(session, s)]


def _is_choice(session: Session, sitting: Sitting) -> bool:
    """Whether its answers are right or wrong."""
    scoring = sitting.settings.get("scoring")
    if scoring == FREE or sitting.settings.get("chain") in LATER_CHAINS:
        return False
    if sitting.benchmark in names():
        return isinstance(named(sitting.benchmark), MultipleChoice)
    some = session.scalars(select(Answer.output).filter_by(**sitting.key).limit(1)).first()
    return some is not None and "nats" not in some


def _with_all_others(session: Session, subjects: Sequence[Subject]) -> list[Subject]:
    """The subjects, and every other model with answers, by name."""
    known: dict[str, str] = {}
    for model, sha256 in answering(session):
        known.setdefault(sha256, model)
    given = {subject.sha256 for subject in subjects}
    return [*subjects, *(Subject(model, sha256) for sha256, model in known.items() if sha256 not in given)]


def _system(session: Session, subject: Subject, pipeline: bool) -> System:
    sat = sittings_of(session, subject)
    label = sat[-1].model
    name = f"{label}@{subject.settings}" if subject.settings else label
    run, _, part = label.rpartition("/")
    trained = session.get(Run, run) if part in (MERGED, BASE) else None
    through = pipeline or any(_is_pipeline(session, s) for s in sat)
    return System(name, subject.sha256, sat, through, trained, part if trained else "")


def _is_pipeline(session: Session, sitting: Sitting) -> bool:
    """Whether other models translated for the one that answered: its rows keep what it was asked through them."""
    some = session.scalars(select(Answer.output).filter_by(**sitting.key).limit(1)).first()
    return some is not None and "through" in some


def _name_apart(systems: Iterable[System]) -> None:
    """Give those of one name the beginnings of their hashes."""
    listed = list(systems)
    counted = Counter(system.name for system in listed)
    for system in listed:
        if counted[system.name] > 1:
            system.name = f"{system.name} ({system.sha256[:8]})"


def _reference(session: Session, systems: Sequence[System]) -> System:
    accepted = alarms.accepted(session)
    own = [s for s in systems if accepted and s.sha256 == accepted.model_sha256]
    own += sorted(
        (s for s in systems if s.run and s.run.finished_at and s.part == MERGED),
        key=lambda s: s.run.finished_at.timestamp() if s.run and s.run.finished_at else 0.0,
        reverse=True,
    )
    return (own or sorted(systems, key=lambda s: (s.pipeline, not s.sat, s.name)))[0]


def versions(sat: Iterable[Sitting], current: Mapping[str, str]) -> dict[str, str]:
    """The version of each benchmark that is shown: the one it has now where anybody was asked that, else the last."""
    found: dict[str, str] = {}
    for sitting in sat:
        if found.get(sitting.benchmark) != current.get(sitting.benchmark, ""):
            found[sitting.benchmark] = sitting.benchmark_sha256
    return dict(sorted(found.items()))
