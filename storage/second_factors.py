"""Second factors of accounts, as rows: secrets come here sealed and recovery codes hashed."""

from collections.abc import Sequence

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from storage import audit, users
from storage.models import RecoveryCode, User


def propose(session: Session, user_id: int, sealed: str) -> None:
    """Keep a secret that its owner was shown, until a code of it proves that they have it."""
    session.get_one(User, user_id).totp_pending = sealed


def turn_on(session: Session, user_id: int, proved: tuple[str, int], hashes: Sequence[str]) -> User | None:
    """Make the pending secret the one that counts; None where it is not the sealed one of `proved` any more.

    `proved` names also the 30 seconds whose code is used up by it.
    """
    user = session.get_one(User, user_id, with_for_update=True)
    if user.totp_pending != proved[0]:
        return None
    user.totp_secret, user.totp_step, user.totp_pending = *proved, None
    _replace_codes(session, user, hashes)
    audit.note(session, user.name, "second factor on", user.name)
    return user


def renew_codes(session: Session, user_id: int, hashes: Sequence[str]) -> None:
    """Give other recovery codes in the place of all there were."""
    user = session.get_one(User, user_id)
    _replace_codes(session, user, hashes)
    audit.note(session, user.name, "recovery codes renewed", user.name)


def _replace_codes(session: Session, user: User, hashes: Sequence[str]) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(RecoveryCode(hash=each, user_id=user.id) for each in hashes)


def use_step(session: Session, user_id: int, step: int) -> bool:
    """Use up the code of 30 seconds; False where it, or a later one, was used before."""
    unused = or_(User.totp_step.is_(None), User.totp_step < step)
    used = update(User).where(User.id == user_id, unused).values(totp_step=step)
    return session.execute(used.returning(User.id)).first() is not None


def use_recovery(session: Session, user_id: int, digest: str) -> bool:
    """Use up a recovery code; False where this account has no such code, or had it used."""
    own = (RecoveryCode.user_id == user_id, RecoveryCode.hash == digest, RecoveryCode.used_at.is_(None))
    used = session.execute(update(RecoveryCode).where(*own).values(used_at=func.now()).returning(RecoveryCode.hash))
    if used.first() is None:
        return False
    name = session.get_one(User, user_id).name
    audit.note(session, name, "recovery code used", name)
    return True


def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes were not used yet."""
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def turn_off(session: Session, user_id: int, by: str) -> User:
    """Take the second factor away, which ends the account's sessions; `by` is who asked for it."""
    user = session.get_one(User, user_id)
    user.totp_secret = user.totp_pending = user.totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    users.log_out(session, user_id)
    audit.note(session, by, "second factor off", user.name)
    return user
