"""No dev pair shares its question or its answer with a train pair, whatever repeats in the corpus."""

import uuid
from collections import Counter

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import db, snapshots
from storage.settings import Settings
from storage.splits import DEV, TEST, TRAIN, Candidate, candidate, dev_ids, split_of
from tests.storage.rows import add_pair, add_verdict

SOURCES = ("drhast", "niniban", "doctor-yab", "elsewhere")
TEXTS = ("تب", "سرفه", " سرفه\n", "درد  پا", "درد پا", "", "خواب", "تهوع", "سرگیجه", "بی\u200cخوابی")


def pair(number: int, source: str, question: str, answer: str | None) -> Candidate:
    return candidate(uuid.UUID(int=number), source, question, answer)


def collapsed(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SOURCES), st.sampled_from(TEXTS), st.sampled_from(TEXTS)), max_size=40))
def test_nothing_stands_on_both_sides(rows: list[tuple[str, str, str]]) -> None:
    dev = dev_ids(pair(n, *row) for n, row in enumerate(rows))
    sides = [split_of(row[0], uuid.UUID(int=n), dev) for n, row in enumerate(rows)]
    for part in (1, 2):
        texts = {side: {collapsed(r[part]) for r, s in zip(rows, sides, strict=True) if s == side} for side in sides}
        assert texts.get(DEV, set()) & texts.get(TRAIN, set()) <= {""}


def test_the_share_is_of_all_and_what_repeats_trains() -> None:
    own = [pair(n, "niniban", f"پرسش {n}", f"پاسخ {n}") for n in range(100)]
    assert len(dev_ids(own)) == 37
    assert dev_ids(own) == dev_ids(reversed(own))
    chosen = dev_ids(own)
    repeated = [pair(100 + n, "drhast", "دیگر", f" پاسخ\t{n} ") for n in range(50)]
    left = dev_ids(own + repeated)
    assert len(left) == 37
    assert all(identity.int >= 50 for identity in left)
    assert {i for i in chosen if i.int >= 50} <= left
    assert len(dev_ids(own[:60] + [pair(200 + n, "drhast", f"پرسش {n}", "") for n in range(50)])) == 10


def test_what_is_in_test_or_missing_holds_nothing_back() -> None:
    own = [pair(n, "niniban", f"پرسش {n}", None) for n in range(10)]
    assert len(dev_ids([*own, *(pair(20 + n, "isovisit", f"پرسش {n}", "") for n in range(10))])) == 4
    assert Counter(split_of(source, uuid.UUID(int=1), frozenset()) for source in SOURCES) == {TRAIN: 3, TEST: 1}


def test_a_snapshot_asks_the_cleaned_texts(database: Settings) -> None:
    with db.session() as session:
        for n in range(4):
            add_verdict(session, add_pair(session, "niniban", str(n)), cleaned={"answer": "یکی" if n else "دیگری"})
        add_verdict(session, add_pair(session, "drhast", "other"))
        made = snapshots.freeze(session, "own", "0" * 64)
        rows = pq.read_table(snapshots.folder(made) / "pairs/dev.parquet").to_pylist()
    assert [row["record"] for row in rows] == ["0"]
