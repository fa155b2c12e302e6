"""How the farm stands: sites as `crawlers status` and `crawlers health` tell, queues and workers, runs, evaluations."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select

from crawlers import checkup, control
from crawlers import status as crawl
from crawlers.checkup import Health
from crawlers.spiders import chosen
from crawlers.status import SiteStatus
from infra import worker
from storage import addresses, alarms, db, jobs, runs, sources
from storage.errors import ServiceUnavailable
from storage.models import Alarm, Job, Run, Source
from storage.settings import settings

SECONDS = 1.0
"""How long Redis and the workers have to answer."""
MOST = 20


@dataclass(frozen=True)
class Site:
    """One site; `health` is None where Redis does not answer, and then of `status` only what the ledger knows."""

    status: SiteStatus
    health: Health | None


@dataclass(frozen=True)
class Machinery:
    """Queues with what waits in each, workers with the names of what they do; `down` where Redis does not answer."""

    down: bool
    queues: dict[str, int]
    workers: dict[str, list[str]]


@dataclass(frozen=True)
class Models:
    """Trainings and evaluations, the newest first, and the alarms that stand."""

    runs: Sequence[Run]
    waiting: Sequence[Job]
    done: Sequence[Job]
    alarms: Sequence[Alarm]


@dataclass(frozen=True)
class Sight:
    """All of it, as it was `at`."""

    at: dt.datetime
    sites: Sequence[Site]
    machinery: Machinery
    models: Models


def look() -> Sight:
    """Everything; a Redis that is away is told and holds nothing else up."""
    machinery = _machinery()
    return Sight(dt.datetime.now(dt.UTC), [_site(name, machinery.down) for name in _crawled()], machinery, _models())


def _crawled() -> list[str]:
    """Sites that a crawl or an operator made a row of, and that have a spider here."""
    known = {site.name for site in chosen("all")}
    with db.session() as session:
        return [name for name in session.scalars(select(Source.name).order_by(Source.name)) if name in known]


def _site(name: str, down: bool) -> Site:
    if not down:
        [queue] = control.queues(name)
        try:
            return Site(crawl.status(queue), checkup.checkup(queue))
        except (RedisError, ServiceUnavailable):
            pass
    with db.session() as session:
        counts, why = addresses.counts(session, name), addresses.causes(session, name)
        rules = sources.rules(session, name, name)
    known: dict[str, Any] = {"site": name, "doing": "paused" if rules.paused else "idle", **counts}
    known |= {"documents": 0, "rate": 0.0, "delay": rules.delay or 0.0, "delay_rule": "", "backoff": 0.0}
    known |= {"hours": rules.hours, "workers": 0, "seconds_left": None}
    return Site(SiteStatus(**known, causes=why["failed"], rules=why["excluded"]), None)


def _machinery() -> Machinery:
    """Lengths of the queues, and who works on what; a worker that does not answer within SECONDS is not there."""
    client = Redis.from_url(settings().redis(), socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    names = (*worker.QUEUES, worker.DEFAULT)
    try:
        lengths = {name: int(client.llen(name)) for name in names}
    except RedisError:
        return Machinery(True, dict.fromkeys(names, 0), {})
    return Machinery(False, lengths, _workers())


def _workers() -> dict[str, list[str]]:
    try:
        found: dict[str, list[dict[str, Any]]] = worker.app().control.inspect(timeout=SECONDS).active() or {}
    except (OSError, RedisError):
        return {}
    return {name: [str(task.get("name", "")) for task in tasks] for name, tasks in sorted(found.items())}


def _models() -> Models:
    with db.session() as session:
        return Models(
            runs.list(session)[:MOST],
            jobs.unfinished(session)[:MOST],
            jobs.finished(session, MOST),
            alarms.standing(session),
        )
