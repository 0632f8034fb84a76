"""Rollups against the raw records they count: made anew, and checked.

Both read all of history: for a maintenance moment and for tests, never behind a page.
"""

from __future__ import annotations

import duckdb

from iman.ledger import search
from iman.ledger.queries import queries

_SQL = queries("rollups")


def fill(conn: duckdb.DuckDBPyConnection) -> None:
    """Count the raw records into empty rollups, hour by hour."""
    conn.execute(_SQL["count_raw"])
    conn.execute(_SQL["fill"])
    conn.execute(_SQL["forget_counted"])


def differences(conn: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many sums of each rollup are not those of the raw records; empty where all agree.

    The rows of the search are compared likewise with what is closed.
    """
    conn.execute(_SQL["count_raw"])
    found = conn.execute(_SQL["differ"]).fetchall()
    conn.execute(_SQL["forget_counted"])
    found.append(("search", search.differences(conn)))
    return {rollup: count for rollup, count in found if count}
