"""Two models over the answers that are stored: which is better, and how sure that is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from evaluator.asking.paper import FREE
from evaluator.benchmark import named, names
from evaluator.choice import MultipleChoice
from evaluator.pairs import BITS_PER_BYTE
from evaluator.repeats import labels
from evaluator.statistics import Answered, Paired, Table, bootstrap_ratio, table
from storage import answers, db, schema
from storage.answers import Sitting
from storage.benchmarks.files import Item
from storage.errors import TabibError, UsageError, unknown
from storage.models import Answer

SHORTEST_HASH = 6


@dataclass(frozen=True)
class Subject:
    """A model as it was named; `settings` begins the hash of the settings it is to be taken under, or is empty."""

    label: str
    sha256: str
    settings: str = ""

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.label}@{self.settings}" if self.settings else self.label


class Both(NamedTuple):
    """What two models gave for the same items of one benchmark."""

    benchmark: str
    first: Sequence[Answer]
    second: Sequence[Answer]

    @property
    def asked(self) -> "Asked":
        """Which version, and how."""
        one, other = self.first[0], self.second[0]
        return Asked(one.benchmark_sha256, one.settings_sha256, other.settings_sha256)


class Asked(NamedTuple):
    """The hashes of a benchmark's version, and of the settings that each of two models was asked under."""

    benchmark_sha256: str
    first: str
    second: str


@dataclass
class Comparison:
    """`table` holds right and wrong answers, `likelihoods` bits per byte.

    `skipped` says by benchmark why it is in neither, `asked` which version of it was compared and how each was asked.
    `unread` counts by benchmark the answers of either that hold nothing that can be read: they are wrong.
    """

    first: Subject
    second: Subject
    table: Table
    likelihoods: dict[str, Paired] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    unread: dict[str, tuple[int, int]] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def compare(first: str, second: str, benchmarks: Sequence[str] = ()) -> Comparison:
    """Compare two models in these benchmarks, or in all that both were asked in the same way.

    A model is named by its label (RUN/base, RUN/merged, a folder's name), by RUN alone, which is its merged part, or by
    the beginning of its hash; behind it `@` and the beginning of a hash of settings may tell which of its answers.
    Raises UsageError where a name tells no model or several, and where nothing can be compared.
    """
    schema.require_head()
    with db.session() as session:
        one, other = (model_named(session, name) for name in (first, second))
        if one == other:
            raise UsageError(f"{one.name} is compared with itself: name two models, or two settings (MODEL@SETTINGS)")
        found, skipped = _common(session, one, other)
        wanted = list(dict.fromkeys(benchmarks)) or sorted(found)
        for name in wanted:
            if name not in found:
                raise UsageError(_why(name, skipped, (one, other), found))
        if not wanted:
            reasons = "".join(f"\n{name}: {reason}" for name, reason in sorted(skipped.items()))
            raise UsageError(f"{one.name} and {other.name} have no benchmark in common{reasons}")
        sat = [Both(name, *(answers.of(session, sitting) for sitting in found[name])) for name in wanted]
        return _compared((one, other), sat, {} if benchmarks else skipped)


def _compared(models: tuple[Subject, Subject], sat: Sequence[Both], skipped: dict[str, str]) -> Comparison:
    apart = {both.benchmark: "no item was answered by both" for both in sat if not _shared(both)}
    weighed = [both for both in sat if _by_likelihood(both)]
    chosen = [both for both in sat if not _by_likelihood(both) and both.benchmark not in apart]
    likelihoods = {both.benchmark: figure for both in weighed if (figure := _bits(both))}
    silent = {b.benchmark: "no item has a likelihood from both" for b in weighed if b.benchmark not in likelihoods}
    unread = {both.benchmark: (_unread(both.first), _unread(both.second)) for both in chosen}
    found = table(_answered(models, chosen))
    asked = {b.benchmark: b.asked for b in sat}
    return Comparison(*models, found, likelihoods, skipped | silent | apart, unread, asked)


def _answered(models: tuple[Subject, Subject], sat: Sequence[Both]) -> list[Answered]:
    """What is right, with the labels of what repeats."""
    groups: dict[str, dict[str, str]] = {}
    for (name, item), label in labels({both.benchmark: _items(both) for both in sat}).items():
        groups.setdefault(name, {})[item] = label
    return [
        Answered(
            both.benchmark,
            {m.name: {a.item: a.correct for a in given} for m, given in zip(models, both[1:], strict=True)},
            groups[both.benchmark],
            mark=_pass_mark(both.benchmark),
        )
        for both in sat
    ]


def _pass_mark(name: str) -> float | None:
    """The share that an exam's examiners ask for."""
    benchmark = named(name) if name in names() else None
    return benchmark.pass_mark if isinstance(benchmark, MultipleChoice) else None


def _by_likelihood(both: Both) -> bool:
    """Whether nothing in it is right or wrong: its answers are texts that were weighed."""
    return "nats" in both.first[0].output


def _shared(both: Both) -> set[str]:
    return {a.item for a in both.first} & {a.item for a in both.second}


def model_named(session: Session, given: str) -> Subject:
    """A model with answers by label, run or the beginning of its hash; see `compare`. Raises UsageError."""
    known = answering(session)
    by_label: dict[str, set[str]] = {}
    for label, sha256 in known:
        by_label.setdefault(label, set()).add(sha256)
    # The name of a retriever has an @ of its own.
    label, settings = (given, "") if given in by_label or "@" not in given else given.rsplit("@", 1)
    for exact in (label, f"{label}/merged"):
        if exact in by_label:
            return Subject(exact, _only(exact, by_label[exact]), settings)
    hashes = {sha256 for _, sha256 in known if sha256.startswith(label)}
    if hashes and len(label) >= SHORTEST_HASH:
        return Subject(label, _only(label, hashes), settings)
    if session.scalar(select(Answer.id).where(or_(Answer.model == label, Answer.model_sha256 == label)).limit(1)):
        raise UsageError(f"{label} has no answers to a benchmark: it only judged or translated")
    raise unknown("model with answers", label, by_label)


def answering(session: Session) -> list[tuple[str, str]]:
    """Label and hash of every model that answered a benchmark; not those that only judged or translated."""
    asked = (Answer.model, Answer.model_sha256, Answer.benchmark, Answer.settings["scoring"].astext)
    rows = session.execute(select(*asked).distinct().order_by(Answer.model, Answer.model_sha256))
    return list(dict.fromkeys((label, sha256) for label, sha256, *of in rows if _answers(*of)))


def _answers(benchmark: str, scoring: str | None) -> bool:
    """Whether a system answered a benchmark there: not as a judge, a translator or a part of a pipeline."""
    return scoring is not None and (scoring != FREE or benchmark in names())


def _only(label: str, hashes: set[str]) -> str:
    if len(hashes) > 1:
        raise UsageError(f"{label} names {len(hashes)} models: give a hash. There are: {', '.join(sorted(hashes))}")
    return next(iter(hashes))


def _common(
    session: Session, one: Subject, other: Subject
) -> tuple[dict[str, tuple[Sitting, Sitting]], dict[str, str]]:
    """By benchmark the newest sittings of both that can be compared, and why those of a benchmark cannot."""
    # Free text is neither right nor wrong before somebody judges it.
    sat = [[s for s in sittings_of(session, m) if s.settings.get("scoring") != FREE] for m in (one, other)]
    found: dict[str, tuple[Sitting, Sitting]] = {}
    skipped: dict[str, str] = {}
    for name in sorted({s.benchmark for sittings in sat for s in sittings}):
        firsts, seconds = ([s for s in sittings if s.benchmark == name] for sittings in sat)
        if missing := [m.name for m, sittings in ((one, firsts), (other, seconds)) if not sittings]:
            skipped[name] = f"{missing[0]} has no answers"
            continue
        same_items = [
            (a, b) for b in reversed(seconds) for a in reversed(firsts) if a.benchmark_sha256 == b.benchmark_sha256
        ]
        free = one.settings or other.settings
        same = [two for two in same_items if free or two[0].settings_sha256 == two[1].settings_sha256]
        if same:
            found[name] = same[0]
        elif same_items:
            told = ", ".join(sorted({s.settings_sha256[:12] for two in same_items for s in two}))
            skipped[name] = f"asked in different ways ({told}): choose by MODEL@SETTINGS"
        else:
            skipped[name] = "asked in different versions of it"
    return found, skipped


def sittings_of(session: Session, subject: Subject) -> list[Sitting]:
    """All ways in which a model was asked a benchmark, the newest last.

    Raises UsageError for settings it was never asked under.
    """
    every = answers.sittings(session, [subject.sha256])
    sat = [s for s in every if _answers(s.benchmark, s.settings.get("scoring"))]
    chosen = [s for s in sat if s.settings_sha256.startswith(subject.settings)]
    if not chosen:
        raise unknown(f"settings of {subject.label}", subject.settings, {s.settings_sha256 for s in sat})
    return chosen


def _why(name: str, skipped: dict[str, str], models: tuple[Subject, Subject], found: dict[str, Any]) -> str:
    if name in skipped:
        return f"{name} cannot be compared: {skipped[name]}"
    return str(unknown(f"benchmark with answers of {models[0].name} and {models[1].name}", name, found))


def _items(both: Both) -> list[Item]:
    """What was asked, for repeats to be found: the benchmark's own texts if it still is that one, else the prompts."""
    asked = {a.item: a for given in both[1:] for a in given}
    own = {item.id: item for item in _own_items(both.benchmark, both.first[0].benchmark_sha256)}
    return [own.get(name) or Item(name, answer.prompt) for name, answer in sorted(asked.items())]


def _own_items(name: str, sha256: str) -> Iterator[Item]:
    if name not in names():
        return
    try:
        benchmark = named(name)
        if benchmark.open(None).sha256 == sha256:
            yield from benchmark.items()
    except TabibError:  # its file is not on this machine
        return


def _bits(both: Both) -> Paired | None:
    """The difference in bits per byte, second minus first; None where they share no item with a likelihood."""
    one, other = ({a.item: a.output for a in given if a.output.get("nats") is not None} for given in both[1:])
    shared = sorted(item for item in one.keys() & other.keys() if one[item]["bytes"])
    if not shared:
        return None
    bits = [(one[item]["nats"] - other[item]["nats"]) / math.log(2) for item in shared]
    return Paired(BITS_PER_BYTE, len(shared), *bootstrap_ratio(bits, [one[item]["bytes"] for item in shared]))


def _unread(given: Sequence[Answer]) -> int:
    return sum(a.choice is None for a in given)
