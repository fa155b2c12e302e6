"""A snapshot folder with preferences, and a training on it that is killed: what the tests of preferences share."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage import preferences
from storage.snapshots import MANIFEST, _manifest_sha256, file_sha256
from tests.trainer import sample
from tests.trainer.cut_short import Killed
from trainer.request import Request
from trainer.train import export_and_train

PREFERRING = str(Path(__file__).parent / "preferring.yaml")


def rows(count: int) -> list[dict[str, Any]]:
    """Sample answers chosen over the answers of other questions."""
    pairs = sample.pairs("drhast")[: count + 1]
    return [
        {**row, "chosen": row["answer"], "rejected": other["answer"], "reason": "other-question"}
        for row, other in pairwise(pairs)
    ]


def write(folder: Path, preference_rows: list[dict[str, Any]]) -> Path:
    """A snapshot of a few pairs and articles, and the preferences as an export writes them."""
    sample.write(folder, sample.pairs("drhast")[:12] + sample.pairs("niniban")[:8], sample.articles()[:4])
    path = folder / preferences.FILE
    path.parent.mkdir()
    names = (*preferences.COLUMNS, *preferences.REJECTED)
    schema = pa.schema([(name, pa.string()) for name in names])
    pq.write_table(pa.Table.from_pylist([{n: row.get(n) for n in names} for row in preference_rows], schema), path)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][preferences.FILE] = {"sha256": file_sha256(path), "rows": len(preference_rows)}
    manifest["sha256"] = _manifest_sha256(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def side(row: dict[str, list[int]], number: int) -> dict[str, list[int]]:
    """The chosen chat of a row, number 0, or the rejected one, with its labels."""
    first = row["seq_lengths"][0]
    part = slice(first, None) if number else slice(first)
    return {name: row[name][part] for name in ("input_ids", "labels")}


class KilledInPreferences(Killed):
    """SIGKILL after the checkpoint at step 4 and before the next."""

    stage, step = "preferences", 6


def train_and_die(snapshot: Path, model: Path) -> None:
    """In a process of its own, which does not come back."""
    export_and_train(Request(PREFERRING, snapshot=str(snapshot), model=str(model)), KilledInPreferences())
