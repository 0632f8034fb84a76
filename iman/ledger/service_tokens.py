"""Tokens for scripts and monitoring: what each may, and until when. Only digests are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from iman.domain.people import Permission, Reach
from iman.errors import DaemonRefused, NotFound
from iman.ledger.accounts import find_user
from iman.ledger.cause_reading import rows
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("people")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredToken:
    name: str
    permissions: frozenset[Permission]
    reach: Reach
    expires_at: datetime


def issue(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    *,
    name: str,
    digest: str,
    permissions: Iterable[Permission],
    reach: Reach,
    expires_at: datetime,
    who: str,
    now: datetime,
) -> int:
    """Its id. Raises ``DaemonRefused`` for a name that somebody or another token goes by."""
    asked = {"name": name, "now": to_db(now)}
    if find_user(conn, name) or first_row(conn, _SQL["token_in_force"], asked):
        raise DaemonRefused(f"{name} is taken: the audit trail must tell who did something.")
    token_id = ids.take("token")
    conn.execute(
        _SQL["insert_token"],
        {
            "id": token_id, "name": name, "digest": digest, "permissions": sorted(permissions),
            "companies": list(reach.companies), "sites": list(reach.sites), "who": who,
            "now": to_db(now), "expires_at": to_db(expires_at),
        },
    )  # fmt: skip
    return token_id


def tokens(conn: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """As ``wire_people.ServiceToken``: those in force and those that were, by name."""
    return rows(conn, _SQL["tokens"], {})


def find_token(
    conn: duckdb.DuckDBPyConnection, digest: str, *, now: datetime
) -> StoredToken | None:
    """The token if it is neither revoked nor expired."""
    row = first_row(conn, _SQL["token"], {"digest": digest, "now": to_db(now)})
    if row is None:
        return None
    return StoredToken(
        name=row[0],
        permissions=frozenset(map(Permission, row[1])),
        reach=Reach(companies=tuple(row[2]), sites=tuple(row[3])),
        expires_at=from_db(row[4]),
    )


def token_stands(conn: duckdb.DuckDBPyConnection, name: str, now: datetime) -> str:
    """A token in words for the audit trail; '' where none of that name is in force."""
    row = first_row(conn, _SQL["token_stands"], {"name": name, "now": to_db(now)})
    if row is None:
        return ""
    reach = Reach(companies=tuple(row[1]), sites=tuple(row[2]))
    return f"may {', '.join(row[0])}; {reach}; until {from_db(row[3]):%Y-%m-%d}"


def revoke(conn: duckdb.DuckDBPyConnection, name: str | None, *, who: str, now: datetime) -> None:
    """*name*'s, or all of them. Raises ``NotFound`` where that name has none in force."""
    if name is not None:
        asked = {"name": name, "now": to_db(now)}
        if first_row(conn, _SQL["token_in_force"], asked) is None:
            raise NotFound(f"There is no token {name} in force.")
    conn.execute(_SQL["revoke_tokens"], {"name": name, "who": who, "now": to_db(now)})
