"""The figures of a report agree with what was stored, live and frozen."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import delete

from storage import db, snapshots, summaries
from storage.errors import DataDamaged
from storage.models import Capture, Document, Page
from storage.settings import Settings
from storage.summaries import Pages, SourceSize, Totals
from tests.storage.rows import add_article, add_pair, add_verdict

RECIPE = "0" * 64


def fill() -> None:
    with db.session() as session:
        long = "یک دو  سه\nچهار"
        for record, answer in (("1", long), ("2", long), ("3", " یک ")):
            document = add_pair(session, "drhast", record, answer=answer)
            if record == "3":
                add_verdict(session, document, "dropped", reason="short_answer")
            else:
                add_verdict(session, document, cleaned={"question": "پرسش", "answer": "یک دو سه"})
            session.get_one(Document, document).state = "dropped" if record == "3" else "kept"
        add_pair(session, "niniban", "9", answer="")
        article = add_article(session, "niniban", "7")
        add_verdict(session, article, cleaned={"title": "عنوان", "text": "۱۲۳۴۵"})
        session.get_one(Document, article).state = "kept"


def test_totals_and_recipe(database: Settings) -> None:
    with db.session() as session:
        assert summaries.totals(session) == Totals(0, 0, 0, 0, 0)
        assert summaries.newest_recipe(session) is None
        assert summaries.newest_snapshot(session) is None
    fill()
    with db.session() as session:
        assert summaries.totals(session) == Totals(sources=2, pages=5, articles=1, pairs=4, reviews=0)
        assert summaries.newest_recipe(session) == ("default", RECIPE)


def test_live_figures(database: Settings) -> None:
    fill()
    with db.session() as session:
        assert summaries.corpus(session) == [SourceSize("niniban", 1, len("متن 7"))]
        assert summaries.answer_lengths(session) == {"drhast": Counter({4: 2, 1: 1}), "niniban": Counter({0: 1})}
        assert summaries.cleaned_answer_lengths(session, RECIPE) == {"drhast": Counter({3: 2})}
        found = [(r["source"], r["outcome"], r["reason"], r["documents"]) for r in summaries.outcomes(session, RECIPE)]
        assert found == [
            ("drhast", "dropped", "short_answer", 1),
            ("drhast", "kept", "", 2),
            ("niniban", "kept", "", 1),
            ("niniban", "new", "", 1),
        ]


def test_frozen_figures_are_of_the_files(database: Settings) -> None:
    fill()
    with db.session() as session:
        session.delete(session.get_one(Document, add_pair(session, "niniban", "9", answer="")))
        session.flush()
        snapshot = snapshots.freeze(session, "autumn", RECIPE)
        assert summaries.newest_snapshot(session) == snapshot
        folder = snapshots.folder(snapshot)
        assert summaries.frozen_corpus(folder) == [SourceSize("niniban", 1, 5)]
        assert summaries.frozen_answer_lengths(folder) == {"drhast": Counter({3: 2})}
        assert summaries.frozen_pages(session, folder, batch=2) == Pages(distinct=3, stored=3)
        for document in session.query(Document):
            session.delete(document)
        session.flush()
        session.execute(delete(Capture))
        session.execute(delete(Page))
        session.flush()
        assert summaries.frozen_pages(session, folder) == Pages(distinct=3, stored=0)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataDamaged, match=r"corpus/train\.parquet cannot be read"):
        summaries.frozen_corpus(tmp_path)
