"""Which tables each role sees, and which of their rows it may change."""

from starlette.exceptions import HTTPException

from infra.admin.access import LEADS
from storage import browsing
from storage.errors import UsageError
from storage.models import Base, User

MANAGERS = ("lead", "operator", "admin")
REVIEWING = (
    "documents",
    "reviews",
    "set_aside",
    "gold",
    "claims",
    "trainings",
    "bulk_actions",
    "room_settings",
    "users",
    "verdicts",
    "measurements",
    "recipes",
    "models",
    "translations",
)
FARMING = (
    "sources",
    "addresses",
    "pages",
    "captures",
    "takedowns",
    "recipes",
    "models",
    "runs",
    "scores",
    "snapshots",
    "schedules",
    "jobs",
    "acceptances",
    "alarms",
)
EDITORS = {
    "documents": LEADS,
    "room_settings": LEADS,
    "sources": ("operator", "admin"),
    "users": ("admin",),
}
"""Everything else is written by the farm's programs, and only looked at here."""


def tables(user: User) -> list[str]:
    """The tables that this person sees, those of their work first."""
    own = {"lead": REVIEWING, "operator": FARMING}.get(user.role)
    rest = sorted(set(Base.metadata.tables) - browsing.CLOSED - set(REVIEWING))
    return list(own) if own is not None else [*REVIEWING, *rest]


def check(user: User, name: str) -> None:
    """Raises 404 for a table that there is not, 403 for another role's."""
    try:
        browsing.table(name)
    except UsageError:
        raise HTTPException(404, "چنین جدولی نیست.") from None
    if name not in tables(user):
        raise HTTPException(403, "نقش شما به این جدول راه ندارد.")


def edits(user: User, name: str) -> bool:
    """Whether this person may change rows of the table."""
    return user.role in EDITORS.get(name, ())
