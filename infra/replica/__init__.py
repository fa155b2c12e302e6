"""A loopback stand-in for the fourteen sites, told apart by the Host header, with the structure of the live ones.

    records.load → sites.Site (one a host, lists and renders) → server.app (HTTP) → serving.serve / serving.run

`app` makes the ASGI application, `serve` runs it in a thread; `documents.documents` says what a perfect crawl stores.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from infra.replica.records import Records


def app(records: Records) -> Starlette:
    """The application that plays all the sites with these records; `app.state.sites` are its sites by name."""
    from infra.replica.server import application

    return application(records)


def serve(records: Records, port: int = 0) -> AbstractContextManager[str]:
    """Serve in a thread while the `with` block lasts; gives the base URL. Port 0 takes a free one."""
    from infra.replica.serving import serve as serving

    return serving(records, port)
