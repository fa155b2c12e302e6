"""The routes of leads and operators."""

from starlette.routing import Route

from infra.admin.leads import review
from infra.admin.leads.manage import record, rows

ROUTES = [
    Route("/review", review.show),
    Route("/review/resolve", review.resolve, methods=["POST"]),
    Route("/manage", rows.overview),
    Route("/manage/restore", record.restore, methods=["POST"]),
    Route("/manage/{table}", rows.rows),
    Route("/manage/{table}/record", record.show, name="manage record"),
    Route("/manage/{table}/record", record.change, methods=["POST"]),
]
