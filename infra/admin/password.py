"""The account's own password, changed by who gives the one it has."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from infra.admin import attempts
from infra.admin.accounts import signed_in
from infra.admin.language import say
from infra.admin.second_factor import shown
from infra.admin.security import begin_session, checked_form
from storage import db, users
from storage.errors import UsageError
from storage.models import User


@signed_in
async def change(request: Request) -> Response:
    """Set it, end the other sessions, and go on in this one."""
    form = await checked_form(request)
    user: User = request.state.user
    if not await run_in_threadpool(attempts.code_admitted, user.id):
        return await shown(request, 429, message=say(request, "account", "too_many"))
    try:
        async with request.app.state.verifying:
            changed = await run_in_threadpool(_change, user, str(form.get("password", "")), str(form.get("new", "")))
    except UsageError:
        return await shown(request, 422, message=say(request, "account", "rules"))
    if changed is None:
        return await shown(request, 422, message=say(request, "account", "wrong_present"))
    await run_in_threadpool(attempts.code_succeeded, user.id)
    begin_session(request, changed)
    request.state.user = changed
    return await shown(request, message=say(request, "account", "changed"))


def _change(user: User, current: str, new: str) -> User | None:
    with db.session() as session:
        found = users.authenticate(session, user.name, current)
        if found:
            users.set_password(session, found, new, found.name)
        return found
