"""Decisions as files, for leads: sent out as they are read, brought in whole or not at all."""

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infra.admin.access import LEADS
from infra.admin.accounts import only
from infra.admin.pages import page, persian
from infra.admin.security import MAX_FORM_BYTES, checked_form
from storage.errors import UsageError
from storage.exchange.entering import Fault, Report
from storage.exchange.formats import FORMATS
from storage.exchange.incoming import TOLD, Incoming
from storage.exchange.leaving import Wanted
from storage.exchange.outgoing import Outgoing
from storage.exchange.row import Line

FAULTS: Mapping[str, str] = {
    Fault.NO_DOCUMENT: "چنین موردی نیست.",
    Fault.OTHER_KIND: "نوع این مورد چیز دیگری است.",
    Fault.STALE: "دربارهٔ متنی است که این مورد دیگر ندارد.",
    Fault.UNKNOWN_PERSON: "کسی به این نام اینجا نیست؛ بنویسید تصمیم‌های او به نام چه کسی ثبت شود.",
    Fault.NO_REASON: "رد کردن، دلیلی از فهرست می‌خواهد.",
    Fault.EMPTY: "در ویرایش بخشی خالی مانده است.",
    Fault.OUTRANKED: "پس از آن تصمیم دیگری گرفته شده است.",
    Fault.OPEN: "اکنون نزد کسی باز است.",
    Fault.FUTURE: "زمان آن در آینده است.",
}
PLACES = {"line": "سطر", "record": "رکورد", "task": "کار"}


@only(*LEADS)
async def show(request: Request) -> Response:
    """The two forms."""
    return _shown(request)


@only(*LEADS)
async def send(request: Request) -> Response:
    """A file of decisions, as long as it is read by the thousand."""
    form = await checked_form(request)
    wanted = Wanted(every="every" in form, waiting="waiting" in form)
    try:
        outgoing = Outgoing(str(form.get("format", "")), wanted, bom="bom" in form)
    except UsageError:
        return _shown(request, 422, "این قالب جایی برای تصمیم‌های بازگردانده و پنهان ندارد، یا قالبی نیست که بشناسیم.")
    pieces = outgoing.pieces(request.state.user.name)
    first = await run_in_threadpool(next, pieces, "")  # so that a database that is away is told by a page
    name = f"decisions-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}{outgoing.format.suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_encoded(first, pieces), media_type=outgoing.format.media, headers=headers)


def _encoded(first: str, pieces: Iterator[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in chain([first], pieces))


@only(*LEADS)
async def bring(request: Request) -> Response:
    """What became of a posted file, place by place."""
    async with request.form(max_files=1, max_fields=20, max_part_size=MAX_FORM_BYTES) as form:
        await checked_form(request)
        try:
            report = await run_in_threadpool(_take, form, request.state.user.name)
        except UsageError:
            return _shown(request, 422, "این پرونده از آن قالب نیست، یا چنین کاربری نیست. چیزی ثبت نشد.")
    refused = bool(report.wrong) and "skip_bad" not in form
    return _shown(request, 422 if refused else 200, report=report, untouched=refused or "dry_run" in form)


def _take(form: FormData, actor: str) -> Report:
    posted = form.get("file")
    if not isinstance(posted, UploadFile):
        raise UsageError("there is no file")
    how = Incoming(
        form=str(form.get("format", "")) or None,
        stead=str(form.get("stead", "")).strip() or None,
        skip_bad="skip_bad" in form,
        dry_run="dry_run" in form,
    )
    with io.TextIOWrapper(posted.file, encoding="utf-8-sig", newline="") as text:
        return how.take(text, posted.filename or "", actor)


def _shown(request: Request, status: int = 200, message: str | None = None, **outcome: Any) -> Response:
    report: Report | None = outcome.get("report")
    wrong = [_told(line) for line in report.wrong[:TOLD]] if report else []
    values = {"report": None, "untouched": False} | outcome | {"formats": list(FORMATS), "wrong": wrong}
    return page(request, "decisions.html", status, message=message, **values)


def _told(line: Line) -> tuple[str, str]:
    """Where and what, in Persian; what is wrong with the shape of a file has no words of its own."""
    kind, _, number = line.place.partition(" ")
    return f"{PLACES.get(kind, kind)} {persian(number)}", FAULTS.get(line.wrong or "", "خوانده نشد: شکل آن درست نیست.")
