"""Named queries, read from the .sql files beside this module."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import duckdb

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def queries(file: str) -> dict[str, str]:
    """Every query of ``sql/<file>.sql`` by its name."""
    text = (resources.files("iman.ledger") / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {
        name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def first_row(
    conn: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any] | None = None
) -> tuple[Any, ...] | None:
    """The first row, with the rest read too: an unfinished result would keep the cursor busy."""
    rows = conn.execute(sql, values or {}).fetchall()
    return rows[0] if rows else None
