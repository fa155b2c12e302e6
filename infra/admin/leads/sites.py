"""What an operator tells a site's crawl: the same functions as the commands', with who did it in the audit trail."""

from __future__ import annotations

from crawlers import control
from storage import audit, db
from storage.errors import UsageError
from storage.models import User
from storage.sources import Rules


def pause(user: User, site: str, paused: bool) -> None:
    """Have no worker take anything from the site, or let it go on. Raises UsageError for an unknown one."""
    control.pause(known(site), paused)
    _note(user, "site paused" if paused else "site resumed", site)


def set_rules(user: User, site: str, rules: Rules) -> None:
    """Set all that an operator may. Raises UsageError for what no crawl keeps to."""
    control.rate(known(site), rules.delay or 0, rules.hours or "")
    control.pause(known(site), rules.paused)
    _note(user, "site rules set", site, **vars(rules))


def ask_again(user: User, site: str) -> int:
    """Put the site's failed addresses back in its queue; returns how many."""
    count = sum(control.ask_again(known(site)).values())
    _note(user, "failed addresses asked again", site, addresses=count)
    return count


def _note(user: User, action: str, site: str, **detail: object) -> None:
    with db.session() as session:
        audit.note(session, user.name, action, site, **detail)


def known(site: str) -> str:
    """The site's name if a spider has it; `all` would be every one. Raises UsageError."""
    if site == "all":
        raise UsageError("یک سایت را نام ببرید.")
    return str(control.queues(site)[0].spider.name)
