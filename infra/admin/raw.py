"""The archived bytes of a record's page, for leads: as text that no browser takes for anything else."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infra.admin.access import LEADS, NO_SUCH, numbered
from infra.admin.accounts import only
from storage import archive, db
from storage.errors import DataDamaged
from storage.models import Document, Page

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@only(*LEADS)
async def show(request: Request) -> Response:
    """The bytes as they came, read as UTF-8 whatever the page says of itself; 404 where they were forgotten."""
    body = await run_in_threadpool(_body, request.path_params["document"])
    headers = {"Content-Security-Policy": SANDBOX, "Content-Disposition": 'inline; filename="page.txt"'}
    return Response(body, media_type="text/plain; charset=utf-8", headers=headers)


def _body(given: str) -> bytes:
    number = numbered(given)
    with db.session() as session:
        document = session.get(Document, number)
        page = session.get(Page, document.page_id) if document else None
        if page is None:
            raise HTTPException(404, NO_SUCH)
        try:
            return archive.body(session, page.sha256)
        except DataDamaged:
            raise HTTPException(404, "بایت‌های این صفحه در بایگانی این دستگاه نیست.") from None
