"""Passwords and session tokens. Neither is ever stored as it is."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()


@cache
def _nobody() -> str:
    """Verified when the user is unknown, so that an unknown name takes as long as a wrong one."""
    return _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_fits(stored_hash: str | None, password: str) -> bool:
    """Takes a tenth of a second on purpose; *stored_hash* is None for an unknown user."""
    try:
        fits = _HASHER.verify(stored_hash or _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return fits and stored_hash is not None


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What the ledger keeps of a token; a token has 256 random bits, so a plain digest will do."""
    return hashlib.sha256(token.encode()).hexdigest()
