"""Ledgers as earlier versions of the code left them; ``old/make.py`` made what they are made of."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb

from iman.ledger.migrate import migrations

_FILES = sorted((Path(__file__).parent / "old").glob("*.json.gz"))
VERSIONS = [int(file.name[:2]) for file in _FILES]

Tables = dict[str, dict[str, Any]]


def tables_of(version: int) -> Tables:
    """Each table's columns and rows, every value as text."""
    text = gzip.decompress(_FILES[VERSIONS.index(version)].read_bytes())
    tables: Tables = json.loads(text)["tables"]
    return tables


def make_old(path: Path, version: int) -> Tables:
    """Write the ledger of *version* to *path*: its schema by its migrations, then its rows."""
    tables = tables_of(version)
    applied = {int(row[0]) for row in tables["schema_migrations"]["rows"]}
    with duckdb.connect(str(path)) as conn:
        conn.execute(
            "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, "
            "applied_at TIMESTAMP NOT NULL)"
        )
        for number, script in migrations():
            if number in applied:
                conn.execute(script)
        for table, held in tables.items():
            columns = ", ".join(held["columns"])
            places = ", ".join("?" for _ in held["columns"])
            for row in held["rows"]:
                conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", row)  # noqa: S608 -- our own names
    return tables


def rows_of(conn: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[list[Any]]:
    listed = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    return [list(row) for row in conn.execute(f"SELECT {listed} FROM {table}").fetchall()]  # noqa: S608 -- as above
