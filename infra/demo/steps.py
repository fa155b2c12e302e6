"""The steps of the demo. Each runs the command a user would, and tells what it did in a line.

Every step may be interrupted and run again: what is done is found done.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.demo.programs import Programs, wait_until
from storage.errors import MissingExtra, TabibError, UsageError
from storage.settings import settings

SNAPSHOT = "demo"
RECIPE = "tiny"
DECISIONS = 6  # enough to see reviews outrank verdicts, few enough to leave a queue to try
CLEANING_SECONDS = 240
MARK = "demo walked"


@dataclass
class Walk:
    """What the steps hand on to one another."""

    programs: Programs
    facts: dict[str, Any] = field(default_factory=dict)


def services(_walk: Walk) -> str:
    """Start the embedded PostgreSQL and Valkey, or find those the environment names."""
    from importlib.util import find_spec

    from infra.embedded import up
    from storage import schema

    if find_spec("torch") is None:
        raise MissingExtra("the demo trains a model, which needs more packages: pip install 'tabib[train]'")
    up(settings())
    schema.upgrade()
    _mark_as_demo()
    own = "your own" if settings().database_url else "embedded"
    return f"{own} PostgreSQL, {'your own' if settings().redis_url else 'embedded'} Redis; schema {schema.current()}"


def _mark_as_demo() -> None:
    """Refuse a database that holds a real crawl: the demo's records are invented, and its reviewer is no person."""
    from sqlalchemy import select

    from storage import audit, db
    from storage.models import AuditEvent, Page

    with db.session() as session:
        marked = session.scalar(select(AuditEvent.id).where(AuditEvent.action == MARK).limit(1)) is not None
        if not marked and session.scalar(select(Page.id).limit(1)) is not None:
            raise UsageError(
                "this database holds a crawl, and the demo stores invented records under the names of real sites: "
                "give it a folder of its own with TABIB_DATA_DIR, and unset TABIB_DATABASE_URL and TABIB_REDIS_URL"
            )
        if not marked:
            audit.note(session, "demo", MARK, "database")


def crawl(walk: Walk) -> str:
    """Crawl the stand-ins of all fourteen sites over HTTP, two processes sharing one frontier."""
    from infra import replica
    from infra.replica import records

    with replica.serve(records.load(None)) as address:
        walk.programs.run(
            *("crawlers", "crawl", "all", "--connect-to", f"*={address}"),
            *("--delay", "0", "--processes", "2", "--until-idle"),
        )
    rows = _stats(walk)["rows"]
    return f"{rows['pages']} pages archived, {rows['documents']} documents"


def clean(walk: Walk) -> str:
    """Have Celery workers apply the default recipe, and wait until every document has its verdict."""
    from cleaning.recipe import load
    from infra.worker import request_cleaning

    command = ("infra", "worker", "--concurrency", "2")
    with walk.programs.running(*command) as worker:
        request_cleaning("default")

        def settled() -> Iterator[bool]:
            while True:
                walk.programs.check(worker, *command)
                yield not _waiting(load("default").sha256)

        if not wait_until(settled(), CLEANING_SECONDS):
            raise TabibError(f"the workers did not finish in {CLEANING_SECONDS} s: see {walk.programs.logs}")
    states = _states()
    return ", ".join(f"{states[state]} {state}" for state in ("kept", "review", "dropped"))


def _waiting(recipe_sha256: str) -> bool:
    from storage import db, verdicts

    with db.session() as session:
        return bool(verdicts.unjudged(session, recipe_sha256)) or verdicts.unsettled(session, recipe_sha256)


def review(walk: Walk) -> str:
    """Serve the admin, log in as the demo's own reviewer and decide a few records through its pages."""
    from infra.demo.reviewer import decide

    made = decide(walk.programs, DECISIONS)
    return f"{made} decided by the demo's reviewer, {_states()['review']} wait for you"


def train(walk: Walk) -> str:
    """Freeze a snapshot and train: base, LoRA on the corpus, LoRA on the pairs."""
    output = walk.programs.run("trainer", "export-and-train", "--recipe", RECIPE, "--export", SNAPSHOT, "--json")
    walk.facts["run"] = json.loads(output)
    return f"run {walk.facts['run']['name']} on snapshot {walk.facts['run']['snapshot_sha256'][:16]}"


def evaluate(walk: Walk) -> str:
    """Ask base and tuned model every benchmark; every answer is a row."""
    walk.programs.run("evaluator", "run", "--benchmark", "all", "--model", walk.facts["run"]["name"], "--json")
    rows = _stats(walk)["rows"]
    return f"{rows['answers']} answers, {rows['scores']} scores"


def report(walk: Walk) -> str:
    """Write the report: one HTML page."""
    path = settings().home / "report.html"
    walk.programs.run("evaluator", "report", "--out", str(path))
    walk.facts["report"] = path
    return _shown(path)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _stats(walk: Walk) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(walk.programs.run("storage", "stats", "--json"))
    return figures


def _states() -> dict[str, int]:
    from storage import db
    from storage.review import showing

    with db.session() as session:
        return showing.states(session)


STEPS = (services, crawl, clean, review, train, evaluate, report)
