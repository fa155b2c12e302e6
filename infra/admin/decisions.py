"""Decisions as files, for leads: sent out as they are read, brought in whole or not at all."""

import datetime as dt
import io
from collections.abc import Iterator
from itertools import chain
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infra.admin.access import LEADS
from infra.admin.accounts import only
from infra.admin.language import look, number, words
from infra.admin.pages import page
from infra.admin.security import MAX_FORM_BYTES, checked_form
from storage.errors import UsageError
from storage.exchange.entering import Fault, Report
from storage.exchange.formats import FORMATS
from storage.exchange.incoming import TOLD, Incoming
from storage.exchange.leaving import Wanted
from storage.exchange.outgoing import Outgoing
from storage.exchange.row import Line


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
        return _shown(request, 422, "no_form")
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
            return _shown(request, 422, "not_read")
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
    code = look(request).language
    wrong = [_told(line, code) for line in report.wrong[:TOLD]] if report else []
    values = {"report": None, "untouched": False} | outcome | {"formats": list(FORMATS), "wrong": wrong}
    return page(request, "decisions.html", status, message=message and words(code)["files"][message], **values)


def _told(line: Line, language: str) -> tuple[str, str]:
    """Where and what; what is wrong with the shape of a file has no words of its own."""
    kind, _, place = line.place.partition(" ")
    said = words(language)
    fault = Fault(line.wrong).name.lower() if line.wrong in set(Fault) else "shape"
    return f"{said['places'].get(kind, kind)} {number(language, place)}", said["faults"][fault]
