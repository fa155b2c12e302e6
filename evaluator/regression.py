"""The accepted model, and what another is significantly worse at: every evaluated model is held against it."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any

from sqlalchemy.orm import Session

from evaluator.compare import Comparison, compare, model_named
from evaluator.listing import p_is, probability
from evaluator.statistics import CONFIDENCE, FEW_CLUSTERS, Paired, holm
from evaluator.statistics.table import METRIC
from storage import alarms, answers, audit, db, schema
from storage.alarms import Loss, Two
from storage.errors import UsageError
from storage.models import Acceptance, Alarm, Run

logger = logging.getLogger(__name__)
SIGNIFICANT = 0.05
LEARNED = frozenset({"train-pairs"})  # to know less by heart what it was trained on makes no model worse


@dataclass(frozen=True)
class Verdict:
    """How a model stands against the accepted one.

    `accepted` is None where there is none. `compared` are the benchmarks that were, `untested` says why others were
    not; `losses` are significant, `raised` are the alarms that stand since now.
    """

    accepted: str | None = None
    compared: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    untested: dict[str, str] = field(default_factory=dict)
    raised: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For a job's row."""
        return asdict(self)


def accept(given: str, reason: str) -> Acceptance:
    """Hold all models against this one from now on, and close its own alarms.

    It is named as for `evaluator.compare.compare`. Raises UsageError where the name tells none or several.
    """
    schema.require_head()
    with db.session() as session:
        found = model_named(session, given)
        if found.settings:
            raise UsageError(f"a model is accepted however it was asked: leave @{found.settings} out")
        label = answers.sittings(session, [found.sha256])[-1].model
        run = session.get(Run, label.rpartition("/")[0])
        row = Acceptance(model=label, model_sha256=found.sha256, run=run and run.name, by=audit.who(), reason=reason)
        alarms.accept(session, row)
        return row


def accepted() -> Acceptance | None:
    """The model accepted last."""
    with db.session() as session:
        return alarms.accepted(session)


def judge(model: str, sha256: str) -> Verdict:
    """Compare a model with the accepted one over the answers that are stored, and keep what it lost as alarms."""
    standard = accepted()
    if standard is None or standard.model_sha256 == sha256:
        return Verdict(standard.model if standard else None)
    two = Two(model, sha256, standard.model, standard.model_sha256)
    try:
        comparison = compare(two.accepted_sha256, two.model_sha256)
    except UsageError as error:
        return Verdict(standard.model, untested={"all": str(error)})
    compared = [*(c.benchmark for c in comparison.table.pairs), *comparison.likelihoods]
    losses = list(_losses(comparison))
    with db.session() as session:
        raised = alarms.settle(session, two, losses, compared)
        for alarm in raised:
            logger.warning("alarm %d: %s", alarm.id, sentence(alarm))
    return Verdict(standard.model, compared, losses, comparison.skipped, [alarm.id for alarm in raised])


def sentence(alarm: Alarm) -> str:
    """An alarm in words."""
    against = f"{alarm.model} against {alarm.accepted} in {alarm.benchmark}: {alarm.metric}"
    values = (alarm.difference, alarm.low, alarm.high)
    share = alarm.metric == METRIC
    difference, low, high = (f"{100 * value:+.1f}" if share else f"{value:+.3f}" for value in values)
    tested = "" if alarm.p is None or alarm.holm is None else f", {p_is(alarm.p)}, after Holm {probability(alarm.holm)}"
    return f"{against} {difference}{' points' * share} (95 %: {low} to {high}){tested}, {alarm.items} items"


def standing(session: Session, model: str | None, closed: bool = False) -> list[Alarm]:
    """The alarms that stand, or all there ever were; of one model where it is named. Raises UsageError."""
    found = alarms.every(session) if closed else alarms.standing(session)
    sha256 = model_named(session, model).sha256 if model else None
    return [alarm for alarm in found if sha256 in (None, alarm.model_sha256)]


def _losses(comparison: Comparison) -> Iterator[Loss]:
    """What is significantly worse after Holm's correction over all benchmarks that are compared, of both kinds."""
    tested = [(pair.benchmark, pair.found, pair.found.p) for pair in comparison.table.pairs]
    tested += [
        (name, found, _by_interval(found))
        for name, found in comparison.likelihoods.items()
        if found.items >= FEW_CLUSTERS and name not in LEARNED  # of fewer the interval is too narrow
    ]
    known = [(name, found, p) for name, found, p in tested if p is not None]
    for (name, found, p), adjusted in zip(known, holm([p for _, _, p in known]), strict=True):
        worse = found.difference < 0 if found.metric == METRIC else found.low > 0
        if worse and adjusted <= SIGNIFICANT:
            figures = (found.items, found.difference, found.low, found.high, p, adjusted)
            asked = comparison.asked[name]
            yield Loss(name, found.metric, *figures, asked.benchmark_sha256, asked.second)


def _by_interval(found: Paired) -> float:
    """The two-sided p of a difference whose 95 % interval is known, were it spread as a mean of many is."""
    error = (found.high - found.low) / (2 * NormalDist().inv_cdf((1 + CONFIDENCE) / 2))
    if error == 0:
        return float(found.difference == 0)
    return 2 * NormalDist().cdf(-abs(found.difference) / error)
