"""Passwords and session tokens. Neither is ever stored as it is."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()
_PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"
#: Each takes 64 MB while it runs.
_AT_ONCE = threading.BoundedSemaphore(4)


@cache
def _nobody() -> str:
    """Verified when the user is unknown, so that an unknown name takes as long as a wrong one."""
    return _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_fits(stored_hash: str | None, password: str) -> bool:
    """Takes a tenth of a second on purpose; *stored_hash* is None for an unknown user."""
    try:
        with _AT_ONCE:
            fits = _HASHER.verify(stored_hash or _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return fits and stored_hash is not None


def new_token() -> str:
    return secrets.token_urlsafe(32)


def one_time_password() -> str:
    """Easy to read out: no letters or digits that are taken for others."""
    return "-".join("".join(secrets.choice(_PLAIN) for _ in range(5)) for _ in range(4))
