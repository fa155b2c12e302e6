"""Who may log in to the admin. Passwords are kept as argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from zxcvbn import zxcvbn

from storage import audit
from storage.errors import UsageError, unknown
from storage.models import User
from storage.review import decisions, queue

COMMAND_LINE = "command line"
ROLES = ("annotator", "lead", "operator", "admin")
SHORTEST_PASSWORD = 12  # OWASP ASVS 5.0, 6.2.1 asks for at least 8 and recommends 15
LONGEST_PASSWORD = 256  # a bound on what is hashed for a stranger
GUESSED_FIRST = ("tabib", "طبیب", "password", "گذرواژه", "123456", "qwerty")  # OWASP ASVS 5.0, 6.1.2
SAFE, LOOKED_AT = 3, 72
"""zxcvbn's score from 0 to 4 that is asked for, more than 10^8 guesses (Wheeler 2016, USENIX Security), and how many
characters it looks at: a longer password is safe by its first already."""
_hasher = PasswordHasher()
_no_one = _hasher.hash("nobody has this password")


def add(session: Session, name: str, password: str, role: str) -> User:
    """Make a user. Raises UsageError for a name taken or malformed, a short password, an unknown role."""
    _check_role(role)
    if not 1 <= len(name) <= 60 or not all(c.isalnum() or c in "-_." for c in name):
        raise UsageError(f"{name!r} cannot name a user: letters, digits, '-', '_' and '.', at most 60")
    if session.scalars(select(User).where(User.name == name)).first():
        raise UsageError(f"there is a user named {name!r} already")
    user = User(name=name, password_hash=_hash(password, name), role=role)
    session.add(user)
    session.flush()
    audit.note(session, "command line", "user added", name, role=role)
    return user


def set_role(session: Session, name: str, role: str, by: str = COMMAND_LINE) -> None:
    """Give a user another role, which ends their sessions; `by` is who does it.

    Raises UsageError for an unknown name or role.
    """
    user = named(session, name)
    _check_role(role)
    audit.note(session, by, "role changed", name, was=user.role, role=role)
    user.role = role
    log_out(session, user.id)
    if role == "operator":  # who reads no records
        queue.hand_over(session, user.id)
        decisions.left_alone(session)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise unknown("role", role, ROLES)


def set_password(session: Session, user: User, password: str, by: str = "command line") -> None:
    """Give a user another password, which ends the sessions opened with the old one."""
    user.password_hash = _hash(password, user.name)
    audit.note(session, by, "password changed", user.name)


def _hash(password: str, name: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UsageError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if any(len(_without(word, password)) < SHORTEST_PASSWORD for word in (name, *GUESSED_FIRST) if word):
        raise UsageError(
            f"a password has {SHORTEST_PASSWORD} characters besides the user's name and {', '.join(GUESSED_FIRST)}"
        )
    if zxcvbn(password[:LOOKED_AT], user_inputs=[name])["score"] < SAFE:
        raise UsageError("a password is none of the 30,000 commonest, nor one of them changed a little, nor a pattern")
    return _hasher.hash(password)


def _without(word: str, password: str) -> str:
    return password.casefold().replace(word.casefold(), "")


def authenticate(session: Session, name: str, password: str) -> User | None:
    """The active user of that name and password, else None; a wrong name takes as long as a wrong password."""
    user = session.scalars(select(User).where(User.name == name)).first()
    given = password if len(password) <= LONGEST_PASSWORD else ""  # which is nobody's
    try:
        _hasher.verify(user.password_hash if user else _no_one, given)
    except VerificationError:
        return None
    return user if user and user.active else None


def active(session: Session, user_id: int) -> User | None:
    """The user of a session, unless deactivated since."""
    user = session.get(User, user_id)
    return user if user and user.active else None


def log_out(session: Session, user_id: int) -> None:
    """End every session this user has open."""
    session.execute(update(User).where(User.id == user_id).values(logouts=User.logouts + 1))


def named(session: Session, name: str) -> User:
    """The user of that name. Raises UsageError listing who exists."""
    user = session.scalars(select(User).where(User.name == name)).first()
    if user is None:
        raise unknown("user", name, session.scalars(select(User.name)))
    return user


def names(session: Session) -> list[str]:
    """The names of those who may log in."""
    return list(session.scalars(select(User.name).where(User.active).order_by(User.name)))


def deactivate(session: Session, name: str, by: str = COMMAND_LINE) -> None:
    """Shut a user out, at once and for good also from open sessions. Raises UsageError listing who exists."""
    user = named(session, name)
    user.active = False
    log_out(session, user.id)
    queue.hand_over(session, user.id)
    decisions.left_alone(session)
    audit.note(session, by, "user deactivated", name)


def activate(session: Session, name: str, by: str = COMMAND_LINE) -> None:
    """Let a user log in again. Raises UsageError listing who exists."""
    named(session, name).active = True
    audit.note(session, by, "user activated", name)


def link(session: Session, name: str, subject: str | None, email: str | None) -> None:
    """Let a user log in as the provider's account of that subject, or the first of that verified e-mail; or no more.

    Raises UsageError for an unknown name and for a link that another user has.
    """
    user = named(session, name)
    user.oidc_subject, user.email = subject or None, email.lower() if email else None
    same = or_(User.oidc_subject == (subject or ""), User.email == (user.email or ""))
    with session.no_autoflush:
        if other := session.scalars(select(User).where(User.id != user.id, same)).first():
            raise UsageError(f"{other.name!r} is linked with it already")
    audit.note(session, "command line", "organisation link changed", name, linked=bool(subject or email))
    log_out(session, user.id)


def of_organisation(session: Session, subject: str, verified_email: str | None) -> User | None:
    """The active user linked with a provider's account, else None.

    A verified e-mail counts once, for a user whose subject is not known yet: addresses are given to other people later.
    """
    user = session.scalars(select(User).where(User.oidc_subject == subject)).first()
    if user is None and verified_email:
        by_email = select(User).where(User.email == verified_email.lower(), User.oidc_subject.is_(None))
        user = session.scalars(by_email.with_for_update()).first()
        if user and user.active:
            user.oidc_subject = subject
            audit.note(session, user.name, "organisation link made", user.name)
    return user if user and user.active else None
