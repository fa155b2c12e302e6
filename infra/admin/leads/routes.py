"""The routes of leads and operators."""

from starlette.routing import Route

from infra.admin.leads import assign, review
from infra.admin.leads.farm import page as farm
from infra.admin.leads.manage import record, rows

ROUTES = [
    Route("/review", review.show),
    Route("/review/resolve", review.resolve, methods=["POST"]),
    Route("/farm", farm.show, name="farm"),
    Route("/farm/coverage", farm.coverage),
    Route("/farm/pause", farm.pause, methods=["POST"]),
    Route("/farm/again", farm.again, methods=["POST"]),
    Route("/farm/rules", farm.rules, methods=["POST"]),
    Route("/assign", assign.show),
    Route("/assign/give", assign.give, methods=["POST"]),
    Route("/assign/urgency", assign.urgency, methods=["POST"]),
    Route("/assign/requeue", assign.requeue, methods=["POST"]),
    Route("/manage", rows.overview),
    Route("/manage/{table}", rows.rows),
    Route("/manage/{table}/record", record.show, name="manage record"),
    Route("/manage/{table}/record", record.change, methods=["POST"]),
    Route("/manage/{table}/restore", record.restore, methods=["POST"]),
]
