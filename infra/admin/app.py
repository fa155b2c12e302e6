"""The application and how it is served."""

from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import storage.fonts
from infra.admin import accounts, queue
from infra.admin.security import SecurityHeaders, session_key
from storage import schema
from storage.errors import TabibError
from storage.settings import settings

HOURS_LOGGED_IN = 12
LOOPBACK = ("127.0.0.1", "localhost")
FONTS = Path(storage.fonts.__file__).parent


def application(hosts: tuple[str, ...] = LOOPBACK, https: bool = False) -> Starlette:
    """The app. `hosts` are the names it answers to; `https` keeps its cookie off plain HTTP."""
    routes = [
        Route("/", queue.home),
        Route("/login", accounts.login, methods=["GET", "POST"]),
        Route("/logout", accounts.logout, methods=["POST"]),
        Route("/queue", queue.queue),
        Route("/records/{document}", queue.show),
        Route("/records/{document}/decision", queue.decide, methods=["POST"]),
        Mount("/static/fonts", StaticFiles(directory=FONTS)),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    middleware = [
        Middleware(SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(
            SessionMiddleware,
            secret_key=session_key(),
            session_cookie="tabib",
            max_age=HOURS_LOGGED_IN * 3600,
            same_site="strict",
            https_only=https,
        ),
    ]
    failures = dict.fromkeys((403, 404, 405, 500), accounts.failure)
    return Starlette(routes=routes, middleware=middleware, exception_handlers={**failures})


def serve(host: str, port: int, public: tuple[str, ...]) -> None:
    """Serve until interrupted. `public` names other hosts it answers to, behind a proxy that speaks HTTPS."""
    schema.require_head()
    app = application((*LOOPBACK, host, *public), https=bool(public))
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level=settings().log_level.lower(), server_header=False)
    )
    server.run()
    if not server.started:
        raise TabibError(f"the admin could not listen on {host}:{port}: choose another with --port")
