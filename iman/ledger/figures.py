"""The overview's figures, answered from a cursor. SQL with its cost class: ``sql/figures.sql``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from iman.classify.types import ERROR_TYPES
from iman.ledger import rollups
from iman.ledger.appending import append
from iman.ledger.queries import first_row, queries
from iman.ledger.read_model import EVERYTHING, Row, Scope, Window, folded, table
from iman.ledger.utc import from_db, to_db

_SQL = queries("figures")

#: What waiting may mend; a retry of anything else cannot help.
TRANSIENT = tuple(sorted(name for name, kind in ERROR_TYPES.items() if kind.transient))

MARKS = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")),
        ("ended_at", pa.timestamp("us", "UTC")),
        ("kind", pa.string()),
        ("what", pa.string()),
        ("error_type", pa.string()),
        ("entity", pa.string()),
        ("id", pa.int64()),
    ]
)


def durations(conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING) -> Row:
    """As ``wire.Durations``."""
    told: Row = {
        f"{before}{what}_seconds_{part}": None
        for before in ("", "previous_")
        for what in ("sync", "remedy")
        for part in ("mean", "median", "p95")
    } | {"synced": 0, "remedied": 0}
    values = {**window.both, **scope.values, "folded": folded(conn, scope)}
    found = conn.execute(_SQL["durations"], values).fetchall()
    for here, what, documents, mean, median, p95 in found:
        begin = f"{'' if here else 'previous_'}{what}_seconds_"
        told |= {f"{begin}mean": mean, f"{begin}median": median, f"{begin}p95": p95}
        if here:
            told["synced" if what == "sync" else "remedied"] = documents
    return told


def history(conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING) -> pa.Table:
    """What stood open at the beginning of each bucket."""
    return table(conn, _SQL["history"], {**window.buckets, **scope.values})


def busy_hours(
    conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING
) -> pa.Table:
    """Refused attempts by weekday and hour of the window's zone."""
    values = {
        "since": window.since, "until": window.end, "zone": window.zone,
        "folded": folded(conn, scope),
    }  # fmt: skip
    return table(conn, _SQL["busy_hours"], {**values, **scope.values})


def retries(conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING) -> pa.Table:
    """Attempts refused after an earlier one of their round, and whether waiting could help."""
    values = {**window.both, **scope.values, "transient": list(TRANSIENT)}
    return table(conn, _SQL["retries"], values)


def met_causes(
    conn: duckdb.DuckDBPyConnection, window: Window, scope: Scope = EVERYTHING
) -> pa.Table:
    """What documents were refused for in the window, the commonest first."""
    values = {"since": window.since, "until": window.end}
    return table(conn, _SQL["met_causes"], {**values, **scope.values})


def period_end(
    conn: duckdb.DuckDBPyConnection, *, due: date, scope: Scope = EVERYTHING
) -> pa.Table:
    """What is dated on or before *due* and not in Sage 300."""
    return table(conn, _SQL["period_end"], {"due": due, **scope.values})


def marks(conn: duckdb.DuckDBPyConnection, window: Window) -> pa.Table:
    """Outages, releases, causes resolved, set-ups mirrored: newest first, at most 500 of each."""
    values = {"since": window.since, "until": window.end}
    found = table(conn, _SQL["marks"], values).cast(MARKS)
    outages = pa.Table.from_pylist(_outages(conn, values), schema=MARKS)
    return pa.concat_tables([outages, found]).sort_by([("at", "descending"), ("id", "descending")])


def companies(conn: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in conn.execute(_SQL["companies"]).fetchall()]


def look(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> bool:
    """Write down what stands open, once an hour; whether it was time.

    The totals of what is closed are folded with it, so that they stay a few rows, and past hours
    are summed over all documents.
    """
    hour = to_db(now).replace(minute=0, second=0, microsecond=0)
    if first_row(conn, _SQL["snapshot_taken"], {"hour": hour}) is not None:
        return False
    conn.execute(_SQL["take_snapshot"], {"hour": hour})
    conn.execute(_SQL["mark_snapshot"], {"hour": hour, "now": to_db(now)})
    rollups.fold(conn, now=now)
    totals = conn.execute(_SQL["closed_totals"]).fetchall()
    conn.execute(_SQL["forget_closed_totals"])
    append(conn, "closed_totals", totals)
    return True


def preferences(conn: duckdb.DuckDBPyConnection, who: str) -> dict[str, str]:
    return dict(conn.execute(_SQL["preferences"], {"who": who}).fetchall())


def save_preference(conn: duckdb.DuckDBPyConnection, who: str, name: str, value: str) -> None:
    conn.execute(_SQL["save_preference"], {"who": who, "name": name, "value": value})


def _outages(conn: duckdb.DuckDBPyConnection, values: Row) -> list[dict[str, Any]]:
    """From when pushing was held back until it went on; an open one has no end yet."""
    told: list[dict[str, Any]] = []
    begun: tuple[datetime, str] | None = None
    for moment, state, reason in conn.execute(_SQL["breaker"], values).fetchall():
        if state != "closed":
            begun = begun or (moment, reason)
        elif begun:
            told.append(_outage(*begun, moment))
            begun = None
    if begun:
        told.append(_outage(*begun, None))
    since = from_db(values["since"])
    return [one for one in told if one["ended_at"] is None or one["ended_at"] >= since][-500:]


def _outage(began: datetime, reason: str, ended: datetime | None) -> dict[str, Any]:
    return {
        "at": from_db(began), "ended_at": from_db(ended), "kind": "outage", "what": reason,
        "error_type": "", "entity": "", "id": 0,
    }  # fmt: skip
