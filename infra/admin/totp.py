"""Codes of a second factor (RFC 6238), how their secrets are sealed at rest, and the codes for when it is lost."""

import base64
import hashlib
import secrets
import time

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from markupsafe import Markup

from infra.admin.security import session_key
from storage.errors import DataDamaged

ISSUER = "tabib"
STEP_SECONDS = 30
STEPS_AROUND = 1  # RFC 6238, 5.2: one step of delay; and one of a clock that is ahead
RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 random bits: from 112 on a bare hash keeps them (OWASP ASVS 5.0, 6.5.2)
NONCE_BYTES = 12


def new_secret() -> str:
    """A secret of 160 bits in base 32."""
    return pyotp.random_base32()


def address(name: str, secret: str) -> str:
    """What an authenticator reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def drawn(content: str) -> Markup:
    """A QR code as SVG, without a style of its own."""
    # Made by the library of paths alone; the content is in them as squares.
    return Markup(segno.make(content, micro=False).svg_inline(scale=5, svgclass="qr", lineclass=None))  # noqa: S704


def matching_step(secret: str, code: str, now: float | None = None) -> int | None:
    """The 30 seconds, since 1970, whose code this is, in whatever groups; None where it is of none about now."""
    bare = "".join(code.split())  # authenticators show two groups of three
    current = int(time.time() if now is None else now) // STEP_SECONDS
    made = pyotp.TOTP(secret)
    steps = range(max(0, current - STEPS_AROUND), current + STEPS_AROUND + 1)
    fitting = [step for step in steps if secrets.compare_digest(made.generate_otp(step).encode(), bare.encode())]
    return fitting[-1] if fitting else None


def new_recovery_codes() -> list[str]:
    """Codes in groups of four letters and digits."""
    return [_grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> str:
    """The hash of a recovery code, however it was typed."""
    bare = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()


def sealed(user_id: int, secret: str) -> str:
    """The secret under the key of this installation, bound to its account."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), _bound(user_id))).decode()


def opened(user_id: int, stored: str) -> str:
    """The secret again. Raises DataDamaged where the key is another, or the row was of another account."""
    raw = base64.b64decode(stored)
    try:
        return _cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(user_id)).decode()
    except InvalidTag:
        raise DataDamaged(
            "a second factor cannot be opened with this TABIB_SECRET_KEY: bring the old key back, or `infra user "
            "totp-reset NAME` and set it up anew"
        ) from None


def _cipher() -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"tabib second factor").derive(session_key().encode()))


def _bound(user_id: int) -> bytes:
    return f"second factor of {user_id}".encode()


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4)).lower()
