"""A finished run with everything before it: pages, documents, verdicts, a snapshot, base and tuned model."""

import datetime as dt
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evaluator.model import identity
from storage import db, runs, snapshots
from storage.models import Run, Snapshot
from storage.runs import RunFields
from storage.settings import settings
from storage.splits import Rule
from tests.evaluator.models import make_model
from tests.storage.rows import add_article, add_pair, add_verdict

RECIPE = "0" * 64
# As the trainer writes them.
METRICS: dict[str, Any] = {
    "stages": [
        {
            "stage": "corpus",
            "parameters": {"all": 60_000, "trained": 4_000},
            "steps": 40,
            "tokens": 10_240,
            "seconds": 3.5,
            "loss": [{"step": 20, "loss": 6.1}, {"step": 40, "loss": 5.2}],
            "held_out": {
                "before": {"loss": 6.3, "bits_per_byte": 9.1, "pairs": 3, "tokens": 90},
                "after": {"loss": 5.0, "bits_per_byte": 7.2, "pairs": 3, "tokens": 90},
                "left_out": 0,
            },
        },
        {
            "stage": "pairs",
            "parameters": {"all": 60_000, "trained": 4_000},
            "steps": 20,
            "tokens": 5_120,
            "seconds": 2.0,
            "loss": [{"step": 20, "loss": 4.9}],
            "held_out": {"before": None, "after": None, "left_out": 3},
        },
    ],
    "energy": {"kwh": 0.0005, "kg_co2e": 0.0003, "source": "nameplate: 30 W for the time it ran"},
}


def freeze_snapshot(session: Session, pairs: int = 8) -> Snapshot:
    """Pairs and articles of three sources, some dropped, frozen as "autumn"."""
    for source in ("drhast", "niniban", "doctor-yab"):
        for number in range(pairs):
            answer = f"برای تب {number} روزه مایعات بنوشید و استراحت کنید؛ اگر ادامه یافت به پزشک {source} مراجعه کنید."
            question = f"تب {number} روزه، {source}؟"
            document = add_pair(session, source, f"{source}-{number}", question=question, answer=answer)
            kept = {"question": question, "answer": answer}
            add_verdict(session, document, cleaned=kept)
        short = add_pair(session, source, f"{source}-short", answer="سلام")
        add_verdict(session, short, "dropped", reason="answer_too_short", measure={"words": 1})
    for number in range(3):
        article = add_article(session, "niniban", f"article-{number}")
        add_verdict(session, article, cleaned={"title": "عنوان", "text": f"متن {number}"})
    return snapshots.freeze(session, "autumn", RECIPE, Rule.PAPER)


def finish_run(name: str = "tiny-1", seed: int = 1) -> Run:
    """A run called `name` whose base and tuned model are tiny and random; all are on the first one's snapshot."""
    folder = settings().home / "runs" / name
    for part, of in (("base", 0), ("merged", seed)):
        (folder / part).mkdir(parents=True)
        make_model(folder / part, of)
    with db.session() as session:
        snapshot = session.scalars(select(Snapshot)).first() or freeze_snapshot(session)
        runs.start(session, _fields(name, snapshot.sha256, folder))
        return runs.finish(session, name, identity(folder / "merged"), METRICS)


def _fields(name: str, snapshot_sha256: str, folder: Path) -> RunFields:
    return RunFields(
        name=name,
        snapshot_sha256=snapshot_sha256,
        recipe_name="tiny",
        recipe="seed: 1\n",
        seed=1,
        versions={"torch": "2.13.0"},
        hardware={"cpu": "2 cores"},
        folder=folder,
        started_at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
    )
