"""Rollups against the raw records they count: made anew, and checked.

Both read all of history: for a maintenance moment and for tests, never behind a page.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from iman.ledger import search
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("rollups")
_PAST = timedelta(hours=2)  # after its end an hour's outcomes are all written down


def fill(conn: duckdb.DuckDBPyConnection) -> None:
    """Count the raw records into empty rollups, hour by hour."""
    conn.execute(_SQL["count_raw"])
    conn.execute(_SQL["fill"])
    conn.execute(_SQL["forget_counted"])


def fold(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> None:
    """Sum hours that are past over all documents, for figures that tell none apart."""
    row = first_row(conn, _SQL["folded"])
    since = row[0] if row else to_db(now)
    up_to = to_db(now).replace(minute=0, second=0, microsecond=0) - _PAST
    if up_to <= since:
        return
    conn.execute("SET VARIABLE folded_from = $since", {"since": since})
    conn.execute("SET VARIABLE folded_to = $up_to", {"up_to": up_to})
    conn.execute(_SQL["fold_attempts"])
    conn.execute(_SQL["fold_durations"])
    conn.execute(_SQL["set_folded"], {"up_to": up_to})


def unfold(conn: duckdb.DuckDBPyConnection, hour: datetime) -> None:
    """Whatever is counted in a past hour says so: a clock went back, or rules read it anew."""
    conn.execute(_SQL["unfold"], {"hour": hour})


def differences(conn: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many sums of each rollup are not those of the raw records; empty where all agree.

    The rows of the search are compared likewise with what is closed.
    """
    conn.execute(_SQL["count_raw"])
    found = conn.execute(_SQL["differ"]).fetchall()
    conn.execute(_SQL["forget_counted"])
    found.append(("search", search.differences(conn)))
    return {rollup: count for rollup, count in found if count}
