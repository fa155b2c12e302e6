"""How often a judge preferred the reference's free answers to another system's, from the verdicts that are stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.asking import Budget, Prompt, Sampling
from evaluator.asking.writer import Writing
from evaluator.benchmark import names
from evaluator.judge import stored
from evaluator.judge.forms import FORMS, Form
from evaluator.judge.given import Pair
from evaluator.judge.judging import Judge, Judgement, Order, answered, judgement
from evaluator.judge.winrates import Rate
from evaluator.report.paper.exams import Gathered
from evaluator.report.paper.systems import System
from storage import answers
from storage.answers import Sitting
from storage.models import Answer

NAMES = {f"judge {name}": form for name, form in FORMS.items()}
"""The forms by what their verdicts are stored under."""
Progress = Callable[[str, int, int], None]
PUTS = 1 << 13  # prompts that are kept, some 5 kB each: both orders of 4,096 pairs
WAYS = 3  # of asking a system that are tried, the newest first
FIRST = "first"
"""The order in which the reference stood first only; see `judging.Order` for the others."""


@dataclass(frozen=True)
class Win:
    """The reference against one other system, by one judge; `of` is how many pairs there are, judged or not.

    `order` is `both`, or where the reference always stood: `second` or `first`. `settings` begins the hash of how the
    judge was asked.
    """

    other: str
    benchmark: str
    order: str
    of: int
    found: Judgement
    settings: str


@dataclass(frozen=True)
class Wins:
    """A figure; one bar for each win."""

    id: str
    caption: str
    reference: str
    bars: Sequence[Win]

    def label(self, win: Win) -> str:
        """What tells a bar from the others: the system, and what else differs between them."""
        columns = zip(*map(_parts, self.bars), strict=True)
        more = [own for own, every in zip(_parts(win), columns, strict=True) if len(set(every)) > 1]
        return f"{win.other} ({', '.join(more)})" if more else win.other


def _parts(win: Win) -> tuple[str, ...]:
    """All that two bars of one system may differ by."""
    found = win.found
    return (win.benchmark, found.judge, f"form {found.form}", f"order {win.order}", f"settings {win.settings}")


def wins(session: Session, gathered: Gathered, progress: Progress) -> list[Win]:
    """The reference against every other system, over all free-form benchmarks and judges with verdicts on them."""
    judges = _judges(session)
    ours = _by_benchmark(gathered.reference)
    found: list[Win] = []
    others = gathered.systems[1:] if judges and ours else ()
    for other in others:
        theirs = _by_benchmark(other)
        for benchmark in sorted(ours.keys() & theirs.keys()):
            pairs = [_pairs(session, *two) for two in product(ours[benchmark], theirs[benchmark])]
            for judge, said in judges:
                tried = [win for each in pairs if (win := _won(judge, said, each))]
                if tried:
                    most = max(tried, key=lambda win: win.found.pairs)
                    found.append(replace(most, other=other.name, benchmark=benchmark))
        progress("verdicts", 1, len(others))
    return found


class _Known(NamedTuple):
    """A judge that has been asked; it is asked nothing more."""

    label: str
    sha256: str

    def write(self, prompts: Sequence[Prompt], sampling: Sampling, budget: Budget) -> Writing:  # noqa: ARG002
        """Nothing."""
        yield from ()


def _judges(session: Session) -> list[tuple[Sitting, dict[str, str]]]:
    """Every judge with verdicts under a form as it is now, and its replies by item."""
    shas = session.scalars(select(Answer.model_sha256).where(Answer.benchmark.in_(list(NAMES))).distinct()).all()
    every = answers.sittings(session, shas)
    found = [s for s in every if s.benchmark in NAMES and s.benchmark_sha256 == NAMES[s.benchmark].sha256]
    return [(s, _said(session, s)) for s in sorted(found, key=lambda s: (s.model, s.benchmark, s.settings_sha256))]


def _by_benchmark(system: System) -> dict[str, list[Sitting]]:
    """The sittings of free answers, the newest first."""
    found: dict[str, list[Sitting]] = {}
    for sitting in reversed(system.free):
        if sitting.benchmark in names():
            found.setdefault(sitting.benchmark, []).append(sitting)
    return {benchmark: sat[:WAYS] for benchmark, sat in found.items()}


def _pairs(session: Session, ours: Sitting, theirs: Sitting) -> list[Pair]:
    """Both answers to the questions that both were asked, in the same words."""
    if ours.benchmark_sha256 != theirs.benchmark_sha256:
        return []
    other = {each.item: each for each in stored.written(session, theirs)}
    return [
        Pair(a.item, a.source, a.question, a.reference or b.reference, a.answer, b.answer)
        for a in stored.written(session, ours)
        if (b := other.get(a.item)) and a.question.split() == b.question.split()
    ]


def _won(judge: Sitting, said: Mapping[str, str], pairs: Sequence[Pair]) -> Win | None:
    """What the judge's verdicts on these pairs come to, in the order that has most of them; both orders before one."""
    candidates = [found for order in ("both", "second", FIRST) if (found := _judged(judge, order, pairs, said))]
    return max(candidates, key=lambda win: win.found.pairs, default=None)


def _judged(judge: Sitting, order: str, pairs: Sequence[Pair], said: Mapping[str, str]) -> Win | None:
    turned = order == FIRST
    own: Order = "both" if order == "both" else "second"
    who = Judge(_Known(judge.model, judge.model_sha256), _remembering(judge.benchmark), Sampling(), own)
    put = [replace(pair, ours=pair.other, other=pair.ours) for pair in pairs] if turned else pairs
    whole = answered(put, who, said)
    if all(pair.ours.strip() == pair.other.strip() for pair in whole):  # a tie that nobody was asked about
        return None
    found = judgement(whole, who, said)
    return Win("", "", order, len(pairs), _turned(found) if turned else found, judge.settings_sha256[:8])


@cache
def _remembering(stored_as: str) -> Form:
    """A form that makes each prompt once, however often the pair is looked at."""
    form = NAMES[stored_as]
    return replace(form, put=lru_cache(maxsize=PUTS)(form.put))


def _turned(found: Judgement) -> Judgement:
    """As it looks from the other side."""
    counts = found.counts | {"won": found.counts["lost"], "lost": found.counts["won"]}
    return replace(
        found,
        counts=counts,
        won=_other_side(found.won),
        length_controlled=_other_side(found.length_controlled),
        by_source={source: Rate(1 - r.value, 1 - r.high, 1 - r.low, r.pairs) for source, r in found.by_source.items()},
    )


def _other_side(rate: Rate | None) -> Rate | None:
    return rate and Rate(1 - rate.value, 1 - rate.high, 1 - rate.low, rate.pairs)


def _said(session: Session, judge: Sitting) -> dict[str, str]:
    query = select(Answer).filter_by(**judge.key).with_only_columns(Answer.item, Answer.output["text"].astext)
    return {item: text or "" for item, text in session.execute(query)}


def figure(identity: str, caption: str, reference: str, bars: Sequence[Win]) -> Wins:
    """The bars of one figure, the highest first."""
    ordered = sorted(bars, key=lambda win: (-(win.found.won.value if win.found.won else -1.0), win.other))
    return Wins(identity, caption, reference, ordered)
