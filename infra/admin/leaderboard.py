"""The leaderboard: every model's scores with their intervals, how they went, what was lost, and what is still asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from infra.admin import language, plots
from infra.admin.accounts import logged_in
from infra.admin.pages import page
from storage import alarms, db, jobs, leaderboard, schedules
from storage.leaderboard import Board, Standing
from storage.models import Alarm, Job, Schedule

METRICS = {
    "accuracy": "درستی، درصد",
    "accuracy_text": "درستی از روی متن گزینه‌ها، درصد",
    "bits_per_byte": "بیت بر بایت (کمتر بهتر است)",
}
SHARES = "accuracy"  # what the metrics that are shares of right answers begin with
STATES = {"waiting": "در صف", "working": "در حال انجام", "parked": "متوقف"}
MOST = 50  # models of a board


@dataclass(frozen=True)
class Row:
    """One line of a board."""

    standing: Standing
    score: str
    bar: Markup


@dataclass(frozen=True)
class Shown:
    """A board as the page has it; `more` models are left out, `trend` is None where there are not two to draw."""

    version: str
    metric: str
    rows: list[Row]
    more: int
    trend: Markup | None


@dataclass(frozen=True)
class Lost:
    """An alarm with its figures as they are read."""

    alarm: Alarm
    difference: str


@dataclass(frozen=True)
class Contents:
    """All that the page shows; `benchmarks` are boards by benchmark, the one to open first."""

    benchmarks: dict[str, list[Shown]]
    lost: list[Lost]
    accepted: str | None
    schedules: Sequence[Schedule]
    jobs: Sequence[Job]


@logged_in
async def show(request: Request) -> Response:
    """The whole page."""
    return page(request, "leaderboard.html", contents=await run_in_threadpool(_read), STATES_OF_JOBS=STATES)


def gather(session: Session) -> Contents:
    """Read everything in one transaction."""
    benchmarks: dict[str, list[Shown]] = {}
    for board in leaderboard.boards(session):
        benchmarks.setdefault(board.benchmark, []).append(_shown(board))
    standard = alarms.accepted(session)
    return Contents(
        benchmarks,
        [Lost(alarm, _difference(alarm)) for alarm in alarms.standing(session)],
        standard.model if standard else None,
        schedules.listed(session),
        jobs.unfinished(session),
    )


def number(metric: str, value: float) -> str:
    """A score in Persian digits: a share in percent, anything else as it is."""
    return language.number("fa", f"{100 * value:.1f}" if metric.startswith(SHARES) else f"{value:.3f}")


def _read() -> Contents:
    with db.session() as session:
        return gather(session)


def _shown(board: Board) -> Shown:
    rows = board.standings[:MOST]
    ends = plots.scale(rows)
    name = METRICS.get(board.metric, board.metric)
    drawn = board.trend[-MOST:]
    title, more = f"{name}، {board.benchmark}", len(board.standings) - len(rows)
    trend = plots.trend(drawn, title, partial(number, board.metric)) if len(drawn) > 1 else None
    shown = [_row(board.metric, standing, ends) for standing in rows]
    return Shown(board.version[:12], name, shown, more, trend)


def _row(metric: str, standing: Standing, ends: tuple[float, float]) -> Row:
    if not standing.known:
        return Row(standing, "—", plots.interval(standing, ends, "بدون امتیاز"))
    value, low, high = (number(metric, x) for x in (standing.value, standing.low, standing.high))
    words = f"{value} ({low} تا {high})"
    return Row(standing, words, plots.interval(standing, ends, words))


def _difference(alarm: Alarm) -> str:
    points = alarm.metric.startswith(SHARES)
    values = (alarm.difference, alarm.low, alarm.high)
    value, low, high = (language.number("fa", f"{100 * x:+.1f}" if points else f"{x:+.3f}") for x in values)
    return f"{value} ({low} … {high})".replace("-", "−")
