"""Where the room answers."""

from starlette.routing import Route

from infra.admin.room import bulk, claims, events, page, training

ROUTES = [
    Route("/room", page.show),
    Route("/room/door", page.door),
    Route("/room/claim", claims.claim, methods=["POST"]),
    Route("/room/beat", claims.beat, methods=["POST"]),
    Route("/room/leave", claims.leave, methods=["POST"]),
    Route("/room/events", events.events, methods=["POST"]),
    Route("/room/bulk", bulk.show),
    Route("/room/bulk/act", bulk.act, methods=["POST"]),
    Route("/room/bulk/undo", bulk.undo, methods=["POST"]),
    Route("/training", training.show, methods=["GET"]),
    Route("/training", training.answer, methods=["POST"]),
]
