"""`/review`: how the reviewing goes, and what waits for a lead."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.admin import language
from infra.admin.access import LEADS, numbered
from infra.admin.accounts import only
from infra.admin.leads import agreeing, drawings
from infra.admin.leads.agreeing import Agreeing, Line
from infra.admin.leads.kept import kept
from infra.admin.leads.rendering import percent_of, shown, speaker, words
from infra.admin.security import checked_form
from storage import db
from storage.errors import UsageError
from storage.models import Document, Review, SetAside, User
from storage.review import Conflict, aside, figures, overlap
from storage.review.figures import Age, Period
from storage.review.gold import Accuracy, accuracies, wilson

FRESH, AGREED = 20.0, 300.0  # seconds that figures, and those of agreement, are shown
MOST = 50  # flagged and disputed records of a page


@dataclass(frozen=True)
class Counted:
    """Figures that are made once for all who look."""

    period: Period
    ages: Sequence[Age]
    oldest: dt.datetime | None
    sources_of: int
    sources: dict[str, Counter[str]]
    gold: Accuracy


@dataclass(frozen=True)
class Waiting:
    """What a lead has to settle, as it is at this moment."""

    flagged: Sequence[tuple[SetAside, Document, str]]
    disputed: Sequence[tuple[Document, Sequence[tuple[Review, str]]]]
    skipped: Sequence[tuple[Document, int]]


@dataclass(frozen=True)
class Drawn:
    """Charts, and the lines that are drawn in tables."""

    days: Markup
    reasons: Sequence[tuple[str, int, float, Markup]]
    ages: Sequence[tuple[Age, Markup]]
    swatches: dict[str, Markup]
    people: dict[str, Markup]
    sources: dict[str, Markup]
    gold: dict[str, tuple[str, Markup]]


@only(*LEADS)
async def show(request: Request) -> Response:
    """The whole page."""
    return await _page(request, 200, None)


@only(*LEADS)
async def resolve(request: Request) -> Response:
    """Let a flagged record back into the queue."""
    form = await checked_form(request)
    try:
        await run_in_threadpool(_resolve, request.state.user, form)
    except (Conflict, UsageError) as error:
        return await _page(request, 409, str(error))
    return RedirectResponse("/review?done=resolved", 303)


async def _page(request: Request, status: int, message: str | None) -> Response:
    counted = await run_in_threadpool(kept, request, "review", FRESH, _counted)
    agreed = await run_in_threadpool(kept, request, "agreement", AGREED, agreeing.figured)
    waiting = await run_in_threadpool(_waiting)
    code = language.look(request).language
    return shown(
        request,
        "review.html",
        status,
        message=message,
        done=request.query_params.get("done"),
        counted=counted,
        waiting=waiting,
        drawn=_drawn(code, counted),
        agreed=agreed,
        lines=_lines(code, agreed),
        oldest=(dt.datetime.now(dt.UTC) - counted.oldest).days if counted.oldest else None,
        today=sum(counted.period.days[-1][1].values()),
    )


def _counted() -> Counted:
    with db.session() as session:
        period = figures.period(session)
        ages, oldest = figures.backlog(session)
        of, sources = figures.by_source(session)
        every = list(accuracies(session).values())
    total, right = sum(each.answered for each in every), sum(each.right for each in every)
    return Counted(period, ages, oldest, of, sources, Accuracy(total, right, *wilson(right, total)))


def _waiting() -> Waiting:
    with db.session() as session:
        names = {number: name for number, name in session.query(User.id, User.name)}  # noqa: C416
        disputed = [
            (document, [(vote, names[vote.user_id]) for vote in votes])
            for document, votes in overlap.disputed(session, MOST)
        ]
        return Waiting(aside.flagged(session, MOST), disputed, figures.skipped(session))


def _drawn(code: str, counted: Counted) -> Drawn:
    found, percent = words(code), percent_of(code)
    say, period = speaker(found), counted.period
    rejected, most = period.reasons.total() or 1, max([*(age.count for age in counted.ages), 1])
    reasons = [
        (name, count, count / rejected, drawings.bar(count / rejected, "reject", percent(count / rejected)))
        for name, count in period.reasons.most_common()
    ]
    gold = {
        person.name: _share(code, person.gold) for person in period.people if person.gold and person.gold.answered
    } | {"": _share(code, counted.gold)}
    return Drawn(
        drawings.days(found["review"]["per_day"], period.days, code, say),
        reasons,
        [(age, drawings.bar(age.count / most, "all", found["review"][age.name])) for age in counted.ages],
        {layer: drawings.swatch(layer) for layer in drawings.LAYERS},
        {person.name: drawings.split(person.decided, _told(person.decided, code)) for person in period.people},
        {name: drawings.split(counts, _told(counts, code)) for name, counts in counted.sources.items()},
        gold,
    )


def _share(code: str, gold: Accuracy) -> tuple[str, Markup]:
    if not gold.answered:
        return "—", drawings.bar(0, "all", "—")
    share, percent = gold.right / gold.answered, percent_of(code)
    said = f"{percent(share)} ({percent(gold.low)} … {percent(gold.high)})"
    return said, drawings.interval(gold.low, share, gold.high, said)


def _told(counts: Counter[str], code: str) -> str:
    say = speaker(words(code))
    return "، ".join(f"{say(layer)} {language.number(code, counts[layer])}" for layer in drawings.LAYERS)


def _lines(code: str, agreed: Agreeing) -> dict[str, Sequence[Line]]:
    return {
        "all": [agreeing.line(code, "", agreed.alpha)],
        "sources": [agreeing.line(code, name, figure) for name, figure in agreed.sources],
        "people": [agreeing.line(code, name, figure) for name, figure in agreed.people],
        "pairs": [agreeing.line(code, name, figure) for name, figure in agreed.pairs],
    }


def _resolve(user: User, form: FormData) -> None:
    number = numbered(form.get("document"))
    with db.session() as session:
        aside.resolve(session, user, number)
