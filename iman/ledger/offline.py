"""The ledger's file read while no daemon runs: opened for one question, then let go.

A reader in another process keeps a daemon from starting, so nothing here holds the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from iman.api.passwords import password_fits, token_digest
from iman.api.wire import Me
from iman.domain.people import PERMISSIONS, Role
from iman.errors import LedgerError, LedgerLocked, NotSignedIn
from iman.ledger.accounts import find_session, find_user
from iman.ledger.migrate import check_version, is_held

_SESSION = timedelta(hours=8)


@contextmanager
def read_only(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Raises ``LedgerError`` where there is no ledger, ``LedgerLocked`` while a daemon holds it."""
    if not path.exists():
        raise LedgerError(f"There is no ledger at {path.name} yet: start the daemon once.")
    try:
        conn = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as exc:
        if is_held(exc):
            raise LedgerLocked("A daemon holds the ledger.") from exc
        raise LedgerError(f"The ledger cannot be read: {exc}") from exc
    except duckdb.Error as exc:
        raise LedgerError(f"The ledger cannot be read: {exc}") from exc
    try:
        check_version(conn)
        yield conn
    finally:
        conn.close()


class OfflinePeople:
    """Who may look while the daemon is away. Nobody may do anything."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def session(self, token: str) -> Me | None:
        """The session as the ledger has it; None where there is none or it has ended.

        Raises ``LedgerError`` where the file cannot be read.
        """
        with read_only(self._path) as conn:
            found = find_session(conn, token_digest(token), now=datetime.now(UTC))
        return None if found is None else _me(found.name, found.role, found.expires_at)

    def sign_in(self, name: str, password: str) -> Me:
        """Raises ``NotSignedIn`` or ``LedgerError``. Nothing is written, so the caller keeps it."""
        with read_only(self._path) as conn:
            user = find_user(conn, name)
        if not password_fits(user.password_hash if user else None, password) or user is None:
            raise NotSignedIn("The name or the password is wrong.")
        return _me(user.name, user.role, datetime.now(UTC) + _SESSION)


def _me(name: str, role: Role, expires_at: datetime) -> Me:
    return Me(name=name, role=role, permissions=sorted(PERMISSIONS[role]), expires_at=expires_at)
