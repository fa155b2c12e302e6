"""`/farm`, and the orders that are given there."""

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawlers import completeness
from infra.admin.accounts import only
from infra.admin.leads import sites
from infra.admin.leads.farm import sight
from infra.admin.leads.kept import forget, kept
from infra.admin.leads.rendering import shown
from infra.admin.security import checked_form
from storage.errors import UsageError
from storage.models import User
from storage.sources import Rules

FRESH = 15.0  # seconds that a sight of the farm is shown
OPERATORS = ("operator", "admin")
DONE = ("paused", "resumed", "asked_again", "rules_set")


@only(*OPERATORS)
async def show(request: Request) -> Response:
    """The farm, and what was done last."""
    return await _page(request, 200, None)


@only(*OPERATORS)
async def coverage(request: Request) -> Response:
    """How complete a site's crawl is; from its whole graph of links, so it may take a minute."""
    try:
        found = await run_in_threadpool(_coverage, request.query_params.get("site", ""))
    except UsageError as error:
        return await _page(request, 404, str(error))
    return shown(request, "coverage.html", found=found)


@only(*OPERATORS)
async def pause(request: Request) -> Response:
    """Have a site stand still, or go on."""
    return await _order(request, _pause)


@only(*OPERATORS)
async def again(request: Request) -> Response:
    """Let a site's failed addresses wait again."""
    return await _order(request, _again)


@only(*OPERATORS)
async def rules(request: Request) -> Response:
    """Set a site's pace and hours."""
    return await _order(request, _rules)


async def _order(request: Request, give: Callable[[User, dict[str, str]], dict[str, Any]]) -> Response:
    form = await checked_form(request)
    said = {name: str(value).strip() for name, value in form.items()}
    try:
        done = await run_in_threadpool(give, request.state.user, said)
    except UsageError as error:
        return await _page(request, 422, str(error))
    forget(request, "farm")
    address = request.url_for("farm").include_query_params(site=said["site"], **done)
    return RedirectResponse(address, 303)


async def _page(request: Request, status: int, message: str | None) -> Response:
    found = await run_in_threadpool(kept, request, "farm", FRESH, sight.look)
    told = {name: request.query_params.get(name, "") for name in ("done", "site", "count")}
    done = told if told["done"] in DONE and told["site"] in {each.status.site for each in found.sites} else None
    return shown(request, "farm.html", status, message=message, farm=found, done=done, seconds=int(sight.SECONDS))


def _site(said: dict[str, str]) -> str:
    return sites.known(said.get("site", ""))


def _pause(user: User, said: dict[str, str]) -> dict[str, Any]:
    paused = said.get("paused") == "true"
    sites.pause(user, _site(said), paused)
    return {"done": "paused" if paused else "resumed"}


def _again(user: User, said: dict[str, str]) -> dict[str, Any]:
    return {"done": "asked_again", "count": sites.ask_again(user, _site(said))}


def _rules(user: User, said: dict[str, str]) -> dict[str, Any]:
    try:
        delay = float(said.get("delay") or 0)
    except ValueError:
        raise UsageError("درنگ عددی از ثانیه است.") from None
    wanted = Rules(said.get("paused") == "true", delay or None, said.get("hours") or None)
    sites.set_rules(user, _site(said), wanted)
    return {"done": "rules_set"}


def _coverage(site: str) -> dict[str, list[str]]:
    name = sites.known(site)
    return {name: estimate.sentences() for name, estimate in completeness.coverage(name).items()}
