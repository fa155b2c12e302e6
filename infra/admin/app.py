"""The application and how it is served."""

import asyncio
import ipaddress
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import storage.fonts
from infra.admin import (
    accounts,
    decisions,
    document,
    guide,
    language,
    leaderboard,
    organisation,
    password,
    raw,
    second_factor,
)
from infra.admin.leads.routes import ROUTES as LEADS
from infra.admin.room.routes import ROUTES
from infra.admin.security import HOURS_LOGGED_IN, SecurityHeaders, session_key
from infra.listening import listen
from storage import db, schema
from storage.errors import TabibError, UsageError
from storage.settings import settings

LOOPBACK = ("127.0.0.1", "localhost")
FONTS = Path(storage.fonts.__file__).parent
THREADS = 12
"""That work for requests, each with a connection kept open, on which PostgreSQL knows the statements."""
TURNS = 4  # that the review room's page takes at once: more share one interpreter, and none is done sooner
SWITCH_SECONDS = 0.001  # whoever has PostgreSQL's answer waits a fifth of Python's own 5 ms for its turn, a dozen times
VERIFICATIONS = 2  # at once: argon2id takes 64 MiB and a core each (RFC 9106, section 4)


class Fonts(StaticFiles):
    """The fonts of their package, and nothing else of it."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Starlette's hook: where the file is."""
        return super().lookup_path(path) if path.endswith(".woff2") else ("", None)


def application(hosts: tuple[str, ...] = LOOPBACK, https: bool = False) -> ASGIApp:
    """The app. `hosts` are the names it answers to; `https` keeps its cookie off plain HTTP."""
    routes = [
        Route("/", document.home),
        Route("/login", accounts.login, methods=["GET", "POST"]),
        Route("/login/code", second_factor.code, methods=["GET", "POST"]),
        Route("/login/organisation", organisation.begin),
        Route("/login/organisation/callback", organisation.callback),
        Route("/account", second_factor.account),
        Route("/account/password", password.change, methods=["POST"]),
        Route("/account/second-factor", second_factor.begin, methods=["POST"]),
        Route("/account/second-factor/confirm", second_factor.confirm, methods=["POST"]),
        Route("/account/second-factor/codes", second_factor.renew, methods=["POST"]),
        Route("/account/second-factor/off", second_factor.turn_off, methods=["POST"]),
        Route("/logout", accounts.logout, methods=["POST"]),
        Route("/look", language.choose, methods=["POST"]),
        Route("/leaderboard", leaderboard.show),
        Route("/guide", guide.show),
        *ROUTES,
        *LEADS,
        Route("/decisions", decisions.show),
        Route("/decisions/export", decisions.send, methods=["POST"]),
        Route("/decisions/import", decisions.bring, methods=["POST"]),
        Route("/records/{document}", document.show),
        Route("/records/{document}/decision", document.decide, methods=["POST"]),
        Route("/records/{document}/raw", raw.show),
        Mount("/static/fonts", Fonts(directory=FONTS)),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    middleware = [
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(
            SessionMiddleware,
            secret_key=session_key(),
            session_cookie="__Host-tabib" if https else "tabib",  # by that name a browser takes it from this host alone
            max_age=HOURS_LOGGED_IN * 3600,
            same_site="strict",
            https_only=https,
        ),
    ]
    failures = dict.fromkeys((403, 404, 405, 500), accounts.failure) | {TabibError: accounts.unavailable}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers={**failures}, lifespan=_threads)
    app.state.https = https
    app.state.verifying = asyncio.Semaphore(VERIFICATIONS)
    app.state.turns = anyio.CapacityLimiter(TURNS)
    return SecurityHeaders(app, https)


@asynccontextmanager
async def _threads(_app: Starlette) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def server(app: ASGIApp, proxies: tuple[str, ...] = ()) -> uvicorn.Server:
    """The server of an app. Only from `proxies`, addresses or networks, is it believed for whom a request comes."""
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            raise UsageError(f"--proxy is {proxy!r}: give an IP address, or a network such as 10.0.0.0/8") from None
    level = settings().log_level.lower()
    # uvicorn believes any proxy on this machine when it is told nothing.
    config = uvicorn.Config(app, log_level=level, proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies))
    config.server_header = False
    logging.getLogger("uvicorn.access").addFilter(without_query)
    return uvicorn.Server(config)


def without_query(record: logging.LogRecord) -> bool:
    """Leave out of a line of the access log what a lead searched for, and the codes of the organisation's provider."""
    if isinstance(record.args, tuple):  # client, method, path with query, version, status
        record.args = tuple(each.partition("?")[0] if isinstance(each, str) else each for each in record.args)
    return True


def serve(host: str, port: int, public: tuple[str, ...], proxies: tuple[str, ...]) -> None:
    """Serve until interrupted. `public` names other hosts it answers to, behind `proxies` that speak HTTPS."""
    sys.setswitchinterval(SWITCH_SECONDS)
    db.engine_of(settings(), kept=THREADS)
    schema.require_head()
    chosen = server(application((*LOOPBACK, host, *public), https=bool(public)), proxies)
    with listen(host, port) as listening:
        place = f"[{host}]" if ":" in host else host
        told = f"the admin answers at http://{place}:{listening.getsockname()[1]}/ until Ctrl-C"
        Console().print(told, highlight=False, markup=False, soft_wrap=True)
        chosen.run(sockets=[listening])
