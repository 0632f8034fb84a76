"""The ledger's file read while no daemon runs: opened for one question, then let go.

A reader in another process keeps a daemon from starting, so nothing here holds the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from iman.api.passwords import password_fits
from iman.api.wire import Me
from iman.domain.people import EVERYWHERE, Person, Reach, Role
from iman.errors import LedgerError, LedgerLocked, NotSignedIn
from iman.ledger.accounts import find_session, find_user
from iman.ledger.migrate import check_version, is_held
from iman.ledger.reach import limit
from iman.ledger.seal import digest_beside, note_ended, noted_ends

_SESSION = timedelta(hours=8)


@contextmanager
def read_only(path: Path, reach: Reach = EVERYWHERE) -> Iterator[duckdb.DuckDBPyConnection]:
    """Within *reach*.

    Raises ``LedgerError`` where there is no ledger, ``LedgerLocked`` while a daemon holds it.
    """
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
        yield limit(conn, reach)
    finally:
        conn.close()


class OfflinePeople:
    """Who may look while the daemon is away. Nobody may do anything."""

    def __init__(self, path: Path, passwords_only: frozenset[str] = frozenset()) -> None:
        """*passwords_only*: the names that may sign in with a password; none: everybody."""
        self._path = path
        self._only = passwords_only

    def session(self, token: str) -> Me | None:
        """The session as the ledger has it; None where there is none or it has ended.

        Raises ``LedgerError`` where the file cannot be read.
        """
        with read_only(self._path) as conn:
            digest = digest_beside(self._path, conn, token)
            if digest is None or digest in noted_ends(self._path):
                return None
            found = find_session(conn, digest, now=datetime.now(UTC))
        if found is None or found.must_change:  # it can be changed only while the daemon runs
            return None
        return _me(found.name, found.role, found.reach, found.expires_at, found.provider)

    def sign_out(self, token: str) -> None:
        """The daemon hears of it when it starts. Raises ``LedgerError``."""
        with read_only(self._path) as conn:
            digest = digest_beside(self._path, conn, token)
        if digest is not None:
            note_ended(self._path, digest)

    def sign_in(self, name: str, password: str) -> Me:
        """Raises ``NotSignedIn`` or ``LedgerError``. Nothing is written, so the caller keeps it."""
        with read_only(self._path) as conn:
            user = find_user(conn, name)
        with_one = user is not None and not user.provider and (not self._only or name in self._only)
        fits = password_fits(user.password_hash if user and with_one else None, password)
        if not fits or user is None or not user.active or user.must_change:
            raise NotSignedIn("The name or the password is wrong.")
        return _me(user.name, user.role, user.reach, datetime.now(UTC) + _SESSION)


def _me(name: str, role: Role, reach: Reach, expires_at: datetime, provider: bool = False) -> Me:
    person = Person(name=name, role=role, reach=reach)
    return Me(
        name=name, role=role, permissions=sorted(person.permissions), expires_at=expires_at,
        companies=list(reach.companies), sites=list(reach.sites), single_sign_on=provider,
    )  # fmt: skip
