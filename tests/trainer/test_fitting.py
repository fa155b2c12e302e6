"""A snapshot whose hashes are right and whose files are not what the recipe reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.errors import DataDamaged, TabibError, UsageError
from storage.snapshots import MANIFEST, _manifest_sha256, file_sha256
from tests.trainer import sample
from tests.trainer.conftest import SMOKE
from trainer.progress import Reporter
from trainer.request import Request
from trainer.train import export_and_train


def _without_answers(file: Path) -> None:
    pq.write_table(pq.read_table(file).drop_columns(["answer"]), file)


def _with_numbers(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.schema.get_field_index("answer"), "answer", [list(range(len(table)))]), file)


def _with_fewer_rows(file: Path) -> None:
    pq.write_table(pq.read_table(file)[:1], file)


def _no_parquet(file: Path) -> None:
    file.write_bytes(b"PAR1 but not really")


def _long_texts(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.cast(pa.schema([(name, pa.large_string()) for name in table.schema.names])), file)


@pytest.mark.parametrize("name", ["pairs/train.parquet", "pairs/dev.parquet"])
@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (_without_answers, UsageError, "does not fit recipe smoke, nothing was trained: {} has no column answer"),
        (_with_numbers, UsageError, "{}: column answer is int64, no text"),
        (_with_fewer_rows, DataDamaged, "{} has 1 rows, its manifest says"),
        (_no_parquet, DataDamaged, "{} cannot be read"),
    ],
)
def test_it_is_refused_before_any_work(
    data_dir: Path, tmp_path: Path, name: str, change: Callable[[Path], None], kind: type[TabibError], said: str
) -> None:
    changed = _changed(tmp_path, name, change)
    with pytest.raises(kind, match=said.format(name)):
        export_and_train(Request(SMOKE, snapshot=str(changed)), Reporter())
    assert not data_dir.exists()


def test_either_kind_of_text_will_do(data_dir: Path, tmp_path: Path) -> None:
    changed = _changed(tmp_path, "pairs/train.parquet", _long_texts)
    assert export_and_train(Request(SMOKE, snapshot=str(changed), dry_run=True), Reporter())["status"] == "dry run"


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ({"recipe": None}, "its manifest does not say by which recipe it was cleaned"),
        ({"recipe": 3}, "its manifest does not say by which recipe it was cleaned"),
        ({"pairs/test.parquet": None}, "its manifest does not say how many rows pairs/test.parquet has"),
        ({"pairs/test.parquet": "4"}, "how many rows pairs/test.parquet has"),
        ({"pairs/train.parquet": True}, "pairs/train.parquet"),
        ({"pairs/train.parquet": "many"}, "pairs/train.parquet"),
        ({"corpus/train.parquet": -1}, "corpus/train.parquet"),
    ],
)
def test_a_manifest_without_what_the_card_says_is_refused(
    data_dir: Path, tmp_path: Path, lost: dict[str, Any], said: str
) -> None:
    place = sample.write(tmp_path / "own", sample.pairs("drhast")[:4] + sample.pairs("niniban"), sample.articles()[:2])
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    for key, value in lost.items():
        holder, name = (manifest, key) if key in manifest else (manifest["files"][key], "rows")
        holder.pop(name) if value is None else holder.update({name: value})
    manifest["sha256"] = _manifest_sha256(manifest)
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    for dry_run in (False, True):
        with pytest.raises(UsageError, match=said):
            export_and_train(Request(SMOKE, snapshot=str(place), dry_run=dry_run), Reporter())
    assert not data_dir.exists()


def _changed(folder: Path, name: str, change: Callable[[Path], None]) -> Path:
    place = sample.write(
        folder / "changed", sample.pairs("drhast")[:4] + sample.pairs("niniban"), sample.articles()[:2]
    )
    change(place / name)
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][name]["sha256"] = file_sha256(place / name)
    manifest["sha256"] = _manifest_sha256(manifest)
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return place
