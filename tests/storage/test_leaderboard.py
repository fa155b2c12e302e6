"""Boards over rows of the real database: sorted, versions apart, trends by when runs finished."""

import math
from importlib import import_module
from itertools import pairwise

from sqlalchemy import select, text, update

from storage import db, leaderboard
from storage.answers import Figure
from storage.leaderboard import Board
from storage.models import Alarm
from storage.settings import Settings
from tests.infra.boards import EXAM, OLD_EXAM, SETTINGS, finished, scored, several, share


def boards() -> dict[tuple[str, str, str], Board]:
    with db.session() as session:
        return {(b.benchmark, b.version, b.metric): b for b in leaderboard.boards(session)}


def test_boards_are_by_benchmark_version_and_metric(database: Settings) -> None:
    several()
    assert list(boards()) == [
        ("dev-pairs", "a" * 64, "bits_per_byte"),
        ("exam", EXAM, "accuracy"),
        ("exam", EXAM, "accuracy_text"),
        ("exam", OLD_EXAM, "accuracy"),
    ], "the version that was asked last comes first, its primary metric before the others"


def test_the_best_is_first_whichever_way_it_counts(database: Settings) -> None:
    several()
    found = boards()
    exam = found["exam", EXAM, "accuracy"].standings
    assert [s.model for s in exam] == ["tiny-2/merged", "tiny-1/merged", "tiny-1/base", "tiny-3/merged"]
    bits = found["dev-pairs", "a" * 64, "bits_per_byte"].standings
    assert [s.model for s in bits] == ["tiny-2/merged", "tiny-1/merged", "tiny-3/merged"]
    assert [s.model for s in exam if s.accepted] == ["tiny-1/merged"]
    assert [s.model for s in exam if s.lost] == ["tiny-3/merged"]
    assert not any(s.lost for s in bits)
    assert exam[0].how == "stored, likelihood/1"


def test_the_trend_is_of_what_was_trained_in_the_order_it_finished(database: Settings) -> None:
    several()
    trend = boards()["exam", EXAM, "accuracy"].trend
    assert [s.model for s in trend] == ["tiny-1/merged", "tiny-2/merged", "tiny-3/merged"]
    assert [(b.at - a.at).days for a, b in pairwise(trend)] == [20, 20]


def test_a_score_that_is_no_number_is_last_and_in_no_trend(database: Settings) -> None:
    scored("x/merged", Figure("accuracy", math.nan, math.nan, math.nan, 3), run=finished("x", 1))
    scored("y/merged", share(0.1), run=finished("y", 2))
    board = boards()["exam", EXAM, "accuracy"]
    assert [(s.model, s.known) for s in board.standings] == [("y/merged", True), ("x/merged", False)]
    assert [s.model for s in board.trend] == ["y/merged"]


def test_nothing_is_no_board(database: Settings) -> None:
    assert boards() == {}


def test_an_alarm_is_of_one_version_asked_in_one_way(database: Settings) -> None:
    several()
    scored("tiny-3/merged", share(0.9), version=OLD_EXAM)
    scored("tiny-3/merged", share(0.8), how=SETTINGS | {"augmented": {"method": "bm25"}})
    found = boards()
    assert not any(s.lost for s in found["exam", OLD_EXAM, "accuracy"].standings)
    lost = [(s.model, s.value) for s in found["exam", EXAM, "accuracy"].standings if s.lost]
    assert lost == [("tiny-3/merged", 0.25)]
    with db.session() as session:
        before = session.execute(select(Alarm.benchmark_sha256, Alarm.settings_sha256)).all()
        session.execute(update(Alarm).values(benchmark_sha256=None, settings_sha256=None))
        session.execute(text(import_module("storage.migrations.versions.0007_which_was_asked").COMPARED))
        assert session.execute(select(Alarm.benchmark_sha256, Alarm.settings_sha256)).all() == before
        session.execute(update(Alarm).values(benchmark_sha256=None, settings_sha256=None))
    own = [s for b in boards().values() if b.benchmark == "exam" for s in b.standings if s.model == "tiny-3/merged"]
    assert [s.lost for s in own] == [True] * 4
