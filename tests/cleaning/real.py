"""The real published pairs, where they lie beside the project; tests that need them are skipped elsewhere."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "qa"


def real_pairs(name: str) -> list[dict[str, str]]:
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip("the published data is not beside the project")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def real_texts() -> Iterator[str]:
    for name in ("niniban_crawled", "doctor_yab_kept", "isovisit"):
        for pair in real_pairs(name):
            yield pair["question"]
            yield pair["answer"]
