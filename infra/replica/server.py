"""HTTP around the sites: the Host header picks one; ETag and Last-Modified answer 304; anything else is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
from email.utils import format_datetime, parsedate_to_datetime

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.replica.pages import HTML, Asked, Page
from infra.replica.records import Records
from infra.replica.site import Site
from infra.replica.sites import SITES

STATUS_PATH = "/__replica__"
"""Under the server's own address, not a site's: what it serves and how often the forbidden pages were fetched."""
OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})


def application(records: Records) -> Starlette:
    """See `infra.replica.app`."""
    made = Starlette(routes=[Route("/{path:path}", _answer, methods=["GET"])])
    made.state.sites = {site.name: site for site in (kind(records) for kind in SITES)}
    made.state.hosts = {host: site for site in made.state.sites.values() for host in site.hosts}
    return made


async def _answer(request: Request) -> Response:
    host = request.headers.get("host", "").lower().partition(":")[0].rstrip(".")
    site: Site | None = request.app.state.hosts.get(host)
    if site is None:
        return _own(request, host)
    found = site.respond(Asked(request.scope["path"], request.query_params))
    if found is None:
        found = site.missing()
    if isinstance(found, Page):
        return _conditional(request, found)
    return RedirectResponse(found.path, status_code=301)


def _own(request: Request, host: str) -> Response:
    sites: dict[str, Site] = request.app.state.sites
    if host in OWN_HOSTS and request.url.path == STATUS_PATH:
        return JSONResponse(
            {name: {"records": len(site.records), "forbidden": site.trap_hits} for name, site in sites.items()}
        )
    known = ", ".join(site.host for site in sites.values())
    return Response(f"No site is named {host!r} here. There are: {known}\n", 421, media_type="text/plain")


def _conditional(request: Request, page: Page) -> Response:
    """The page, or 304 where the asker has these bytes. A 404 is never conditional."""
    headers = {"Content-Type": page.media_type}
    if page.status != 200:
        return Response(page.body, page.status, headers)
    noon = dt.datetime.combine(page.date, dt.time(12), dt.UTC)
    headers |= {"ETag": f'"{hashlib.sha256(page.body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
    headers["Last-Modified"] = format_datetime(noon, usegmt=True)
    if page.media_type == HTML:
        headers["Content-Language"] = "fa"
    if _has_it(request.headers, headers["ETag"], noon):
        return Response(b"", 304, {k: v for k, v in headers.items() if k != "Content-Type"})
    return Response(page.body, 200, headers)


def _has_it(asked: Headers, etag: str, modified: dt.datetime) -> bool:
    """Whether the conditions are met; If-None-Match outranks If-Modified-Since (RFC 9110, 13.2.2)."""
    if (tags := asked.get("if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or etag in known
    try:
        since = parsedate_to_datetime(asked.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and modified <= since
