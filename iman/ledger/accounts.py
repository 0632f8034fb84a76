"""People and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from iman.domain.people import Role
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("people")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredUser:
    name: str
    role: Role
    password_hash: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSession:
    name: str
    role: Role  # the user's role now, not at sign-in
    expires_at: datetime


def find_user(conn: duckdb.DuckDBPyConnection, name: str) -> StoredUser | None:
    row = first_row(conn, _SQL["user"], {"name": name})
    if row is None:
        return None
    return StoredUser(
        name=row[0], role=Role(row[1]), password_hash=row[2], created_at=from_db(row[3])
    )


def list_users(conn: duckdb.DuckDBPyConnection) -> list[tuple[str, Role, datetime]]:
    return [
        (name, Role(role), from_db(created))
        for name, role, created in conn.execute(_SQL["users"]).fetchall()
    ]


def save_user(
    conn: duckdb.DuckDBPyConnection, name: str, role: Role, password_hash: str, *, now: datetime
) -> None:
    """Add, or replace role and password."""
    known = find_user(conn, name)
    values = {"name": name, "role": role.value, "password_hash": password_hash}
    if known is None:
        conn.execute(_SQL["insert_user"], {**values, "now": to_db(now)})
    else:
        conn.execute(_SQL["replace_user"], values)


def begin_session(
    conn: duckdb.DuckDBPyConnection,
    digest: str,
    name: str,
    role: Role,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    conn.execute(_SQL["forget_sessions"], {"before": to_db(now - timedelta(days=30))})
    conn.execute(
        _SQL["insert_session"],
        {
            "digest": digest,
            "name": name,
            "role": role.value,
            "now": to_db(now),
            "expires_at": to_db(expires_at),
        },
    )


def find_session(
    conn: duckdb.DuckDBPyConnection, digest: str, *, now: datetime
) -> StoredSession | None:
    """The session if it has neither ended nor expired."""
    row = first_row(conn, _SQL["session"], {"digest": digest, "now": to_db(now)})
    if row is None:
        return None
    return StoredSession(name=row[0], role=Role(row[1]), expires_at=from_db(row[2]))


def end_session(conn: duckdb.DuckDBPyConnection, digest: str, *, now: datetime) -> None:
    conn.execute(_SQL["end_session"], {"digest": digest, "now": to_db(now)})


def save_beat(
    conn: duckdb.DuckDBPyConnection,
    loop: str,
    *,
    every: float,
    ok: bool,
    detail: str,
    now: datetime,
) -> None:
    conn.execute(
        _SQL["save_beat"],
        {"loop": loop, "every": every, "ok": ok, "detail": detail, "now": to_db(now)},
    )
