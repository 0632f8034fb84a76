"""What holds pushing back: an admin's pauses, and the breaker's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("holding")
EVERYTHING = ""  # how a pause of all entry types is stored


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPause:
    entry_type: str  # EVERYTHING, or one entry type
    paused_at: datetime
    paused_by: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerChange:
    happened_at: datetime
    state: str
    reason: str


def pauses(conn: duckdb.DuckDBPyConnection) -> list[StoredPause]:
    return [
        StoredPause(entry_type=entry_type, paused_at=from_db(moment), paused_by=who, reason=reason)
        for entry_type, moment, who, reason in conn.execute(_SQL["pauses"]).fetchall()
    ]


def pause(
    conn: duckdb.DuckDBPyConnection, entry_type: str, *, who: str, reason: str, now: datetime
) -> None:
    """Nothing of *entry_type* is pushed until ``resume``; look-ups of lost answers go on."""
    conn.execute(
        _SQL["pause"],
        {"entry_type": entry_type, "who": who, "reason": reason, "now": to_db(now)},
    )


def resume(conn: duckdb.DuckDBPyConnection, entry_type: str) -> None:
    conn.execute(_SQL["resume"], {"entry_type": entry_type})


def known_strangers(conn: duckdb.DuckDBPyConnection) -> frozenset[str]:
    row = first_row(conn, _SQL["strangers"])
    return frozenset(row[0].split()) if row else frozenset()


def met_strangers(
    conn: duckdb.DuckDBPyConnection, strangers: frozenset[str], *, now: datetime
) -> None:
    """Remember *strangers* and pause everything. From then on nothing is sent unseen."""
    names = " ".join(sorted(known_strangers(conn) | strangers))
    conn.execute(_SQL["remember_strangers"], {"names": names})
    pause(
        conn,
        EVERYTHING,
        who="Iman",
        reason=f"Another Iman ledger ({', '.join(sorted(strangers))}) pushes into this company of "
        "Sage 300. Stop it, or resume if it is retired: what it pushed will be looked up.",
        now=now,
    )


def record_breaker(
    conn: duckdb.DuckDBPyConnection, state: str, reason: str, *, now: datetime
) -> None:
    conn.execute(
        _SQL["insert_breaker_event"], {"state": state, "reason": reason, "now": to_db(now)}
    )


def breaker_changes(conn: duckdb.DuckDBPyConnection, *, since: datetime) -> list[BreakerChange]:
    """Newest first, at most 1,000."""
    rows = conn.execute(_SQL["breaker_events"], {"since": to_db(since)}).fetchall()
    return [
        BreakerChange(happened_at=from_db(moment), state=state, reason=reason)
        for moment, state, reason in rows
    ]
