"""Label Studio over the PostgreSQL that POSTGRE_* name: prepared with people and tasks, then served.

    pip install label-studio==1.23.2 gunicorn==23.0.0    (in an environment of its own)
    python studio.py prepare TASKS PASSAGE PASSWORD NAME…
    python studio.py serve PORT

Tasks are made by SQL, as ours are, of the same texts; people by its own functions, members of one organisation. Served
as its guide advises, by a WSGI server of several processes, not Django's own for development.
"""

import os
import sys
from pathlib import Path

VERSION = "1.23.2"
WORKERS, THREADS = 2, 8
CONFIG = """
<View><Text name="question" value="$question"/><Text name="answer" value="$answer"/>
<Choices name="decision" toName="question" choice="single">
<Choice value="approve"/><Choice value="reject"/><Choice value="edit"/></Choices></View>
"""
SETTINGS = {
    "DJANGO_DB": "default",
    "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
    "DEBUG": "false",
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "LOG_LEVEL": "ERROR",
}
TASKS = """
INSERT INTO task (data, project_id, created_at, updated_at, overlap, is_labeled, inner_id, total_annotations,
                  cancelled_annotations, total_predictions, comment_count, unresolved_comment_count, meta,
                  precomputed_agreement, allow_skip)
SELECT json_build_object('question', substr(p, 1 + (random() * 300)::int, 90 + (power(random(), 2) * 560)::int),
                         'answer', substr(p, 1 + (random() * 300)::int, 90 + (power(random(), 2) * 850)::int)),
       %s, now(), now(), 1, false, n, 0, 0, 0, 0, 0, '{}', NULL, true
FROM generate_series(1, %s) n, (SELECT %s::text AS p) AS passage
"""


def prepare(tasks: int, passage: str, password: str, names: list[str]) -> None:
    """Migrate an empty database, make people, a project and its tasks."""
    _django()
    from django.core.management import call_command
    from django.db import connection
    from organizations.models import Organization
    from projects.models import Project
    from users.models import User

    call_command("migrate", verbosity=0)
    people = [User.objects.create_user(email=f"{name}@example.com", password=password) for name in names]
    organization = Organization.create_organization(created_by=people[0], title="bench")
    for person in people:
        organization.add_user(person) if person != people[0] else None
        person.active_organization = organization
        person.save()
    project = Project.objects.create(
        title="bench", label_config=CONFIG, organization=organization, created_by=people[0]
    )
    assert project.pk == 1
    with connection.cursor() as cursor:
        cursor.execute(TASKS, [project.pk, tasks, passage])
        cursor.execute("ANALYZE")


def serve(port: str) -> None:
    """Become the server."""
    home = _home()
    how = ["--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread", "--log-level", "error"]
    command = [sys.executable, "-m", "gunicorn", *how, "--bind", f"127.0.0.1:{port}", "--chdir", str(home), "core.wsgi"]
    os.environ.update(SETTINGS)
    os.execv(sys.executable, command)  # noqa: S606


def _home() -> Path:
    import importlib.util

    found = importlib.util.find_spec("label_studio")
    assert found
    assert found.origin
    return Path(found.origin).parent


def _django() -> None:
    os.environ.update(SETTINGS)
    sys.path.insert(0, str(_home()))
    os.chdir(_home())
    import django

    django.setup()


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
    else:
        serve(sys.argv[2])
