"""Rows appended to a table by DuckDB's appender, in the caller's transaction.

Of one row it costs half of what a statement with bound values does, of a thousand a third.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

#: By connection: making an appender costs as much as a row. For the writer's alone.
_KEPT: dict[int, dict[str, Any]] = {}


def keep_for(conn: duckdb.DuckDBPyConnection) -> None:
    """Keep appenders of *conn*, which only one thread uses, until ``let_go_of``."""
    _KEPT[id(conn)] = {}


def let_go_of(conn: duckdb.DuckDBPyConnection) -> None:
    """Before *conn* is closed."""
    _KEPT.pop(id(conn), None)


def append(conn: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Append *rows* to *table*: a value for each of its columns, in their order."""
    kept = _KEPT.get(id(conn))
    appender = None if kept is None else kept.get(table)
    if appender is None:
        appender = conn.appender(table)
        if kept is not None:
            kept[table] = appender
    try:
        appender.append_rows(rows)
        appender.flush()
    except BaseException:
        if kept is not None:  # what it still holds must not come with the next rows
            kept.pop(table, None)
        raise
