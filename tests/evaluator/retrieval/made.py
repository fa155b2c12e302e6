"""Snapshot folders of pairs written for the tests, without a database."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.parquet import PAIR
from storage.snapshots import CARD, MANIFEST, _manifest_sha256, file_sha256

PAIRS = (
    ("کودکم دو روز است تب دارد، چه کار کنم؟", "به او مایعات بدهید و استامینوفن؛ اگر تب ماند او را نزد پزشک ببرید."),
    ("سردرد شدید دارم و چشمم تار می‌بیند", "فشار خون خود را اندازه بگیرید و نزد پزشک مغز و اعصاب بروید."),
    ("برای یبوست بارداری چه بخورم؟", "میوه و سبزی و آب بیشتر بخورید و پیاده‌روی کنید."),
    ("آزمایش تیروئید من بالاست، چه دارویی لازم است؟", "لووتیروکسین با نظر پزشک غدد و تکرار آزمایش پس از شش هفته."),
    ("پوست دستم خشک است و می‌خارد", "از کرم مرطوب‌کننده استفاده کنید و از آب داغ دوری کنید."),
    ("درد زانو هنگام بالا رفتن از پله", "وزن خود را کم کنید و عضله‌های ران را قوی کنید."),
)


def write(folder: Path, pairs: Sequence[tuple[str | None, str | None]] = PAIRS) -> Path:
    """A snapshot in `folder` whose train split are these questions and answers; ids follow from their places."""
    rows = [
        dict.fromkeys(PAIR) | {"id": id_of(place), "source": "x", "question": question, "answer": answer}
        for place, (question, answer) in enumerate(pairs)
    ]
    path = folder / "pairs" / "train.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([(name, pa.string()) for name in PAIR])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return seal(folder, {"pairs/train.parquet": {"sha256": file_sha256(path), "rows": len(rows)}})


def seal(folder: Path, files: dict[str, Any]) -> Path:
    """The card and the manifest of these files."""
    (folder / CARD).write_text("", encoding="utf-8")
    manifest: dict[str, Any] = {"files": files, "card_sha256": file_sha256(folder / CARD)}
    manifest["sha256"] = _manifest_sha256(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def id_of(place: int) -> str:
    """The id of a pair, by its place."""
    return str(uuid.UUID(bytes=hashlib.sha256(str(place).encode()).digest()[:16]))
