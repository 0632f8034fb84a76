"""Figures for a monitoring system: of what is open, never of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("watching")


@dataclass(frozen=True, slots=True)
class Standing:
    entry_type: str
    state: str
    documents: int
    oldest_seconds: float  # since byondpro sent the oldest of them


@dataclass(frozen=True, slots=True)
class Waiting:
    write_backs: int
    lookups_owed: int
    intake_problems: int


def standing(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> list[Standing]:
    """What is open, by entry type and state; a pair without a document has no row."""
    rows = conn.execute(_SQL["standing"], {"now": to_db(now)}).fetchall()
    return [Standing(kind, state, int(count), float(oldest)) for kind, state, count, oldest in rows]


def waiting(conn: duckdb.DuckDBPyConnection) -> Waiting:
    row = first_row(conn, _SQL["waiting"])
    return Waiting(*row) if row else Waiting(0, 0, 0)
