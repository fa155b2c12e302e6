"""The demo's own reviewer: a user whose decisions are plainly named as the demo's, made through the admin's pages."""

import re
import secrets
import socket
import uuid
from collections.abc import Iterator

import httpx
from sqlalchemy import func, select

from infra.admin.guide import guide
from infra.demo.programs import Programs, wait_until
from storage import db, users
from storage.errors import TabibError
from storage.models import Review, User

NAME = "demo-reviewer"
START_SECONDS = 60


def decide(programs: Programs, wanted: int) -> int:
    """Approve and reject in turn until `wanted` decisions stand; returns how many do. None is made twice."""
    made = _made()
    if made >= wanted:
        return made
    password = secrets.token_urlsafe(24)
    _account(password)
    port = _free_port()
    command = ("infra", "admin", "--port", str(port))
    with programs.running(*command) as server, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:

        def answering() -> Iterator[bool]:
            while True:
                programs.check(server, *command)
                yield _answers(client)

        if not wait_until(answering(), START_SECONDS):
            raise TabibError(f"the admin did not answer in {START_SECONDS} s: see {programs.logs}")
        client.follow_redirects = True
        _log_in(client, password)
        _train(client)
        while made < wanted and _decide_next(client, approve=made % 3 != 2):
            made += 1
    return made


def _made() -> int:
    with db.session() as session:
        mine = select(func.count()).select_from(Review).join(User).where(User.name == NAME)
        return session.scalar(mine) or 0


def _account(password: str) -> None:
    """Make the account, or give it a new password: nobody needs to know it."""
    with db.session() as session:
        user = session.scalars(select(User).where(User.name == NAME)).first()
        if user is None:
            users.add(session, NAME, password, "annotator")
        else:
            users.set_password(session, user, password)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/login").status_code == 200
    except httpx.TransportError:
        return False


def _log_in(client: httpx.Client, password: str) -> None:
    form = {"name": NAME, "password": password, "csrf": _field(client.get("/login"), "csrf")}
    if client.post("/login", data=form).url.path != "/":
        raise TabibError("the demo's reviewer could not log in to the admin")


def _train(client: httpx.Client) -> None:
    """Answer the guide's round as the guide does; each page is one record of it, until it is passed."""
    right = {task.id: task.reason or task.decision for task in guide().training}
    for _ in right:
        page = client.get("/training")
        if 'name="task"' not in page.text:
            return
        task = _field(page, "task")
        client.post("/training", data={"csrf": _field(page, "csrf"), "task": task, "answer": right[task]})


def _decide_next(client: httpx.Client, approve: bool) -> bool:
    """Take one record and decide it, as the room's page does; False where none waits."""
    client.headers["x-csrf"] = client.get("/room/door").json()["csrf"]
    records = client.post("/room/claim", json={"want": 1}).json()["records"]
    if not records:
        return False
    event = {"key": str(uuid.uuid4()), "kind": "decide", "document": records[0]["id"], "seen": records[0]["seen"]}
    choice = {"decision": "approve"} if approve else {"decision": "reject", "reason": "too-short"}
    answer = client.post("/room/events", json={"events": [event | choice]}).json()["events"][0]
    return bool(answer["status"] == "done")


def _field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    if found is None:
        raise TabibError(f"the admin's page has no field {name}")
    return found.group(1)
