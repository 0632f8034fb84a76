"""How deep the queue is, and when it will be empty if it goes on as it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb

from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("queue")

#: How far back the present rate reaches.
WINDOW = timedelta(minutes=10)
#: Less than this tells no rate.
_LEAST = timedelta(seconds=15)


def sample(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> None:
    """Write down how deep it is, and forget what the forecast no longer looks at."""
    conn.execute(_SQL["sample"], {"now": to_db(now)})
    conn.execute(_SQL["forget_samples"], {"since": to_db(now - WINDOW)})


def queue(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> dict[str, Any]:
    """As ``wire.Queue``. The rate is that since the queue was last at its highest."""
    row = first_row(conn, _SQL["queue"], {"now": to_db(now), "since": to_db(now - WINDOW)})
    assert row is not None  # noqa: S101 -- two counts always make a row
    depth, waiting, highest, highest_at, since, change = row
    trend, seconds = "not_shrinking", None
    if depth == 0:
        trend = "empty"
    elif to_db(now) - since < _LEAST:
        trend = "not_known"
    elif to_db(now) - highest_at >= _LEAST and change is not None and change < 0:
        trend, seconds = "shrinking", depth / -change
    return {
        "depth": depth,
        "waiting_for_others": waiting,
        "trend": trend,
        "seconds_to_empty": seconds,
        "highest": highest,
        "highest_at": from_db(highest_at),
    }
