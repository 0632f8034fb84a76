"""Brings a ledger to this code's schema. A landed migration is never edited."""

from __future__ import annotations

from importlib import resources

import duckdb

from iman.errors import LedgerError, LedgerTooNew
from iman.ledger import audit
from iman.ledger.queries import first_row

#: How DuckDB words that another process has the file, on POSIX and on Windows.
_HELD = ("could not set lock", "conflicting lock", "being used by another process")


#: What SQL alone cannot do; runs in its migration's transaction.
_AFTER = {9: audit.chain}


def is_held(exc: duckdb.Error) -> bool:
    """Whether a file could not be opened because another process has it."""
    return any(words in str(exc).lower() for words in _HELD)


def migrations() -> list[tuple[int, str]]:
    """Number and SQL of each, in order."""
    folder = resources.files("iman.ledger") / "sql" / "migrations"
    found = [
        (int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found)


def schema_version(conn: duckdb.DuckDBPyConnection) -> int:
    """0 for an empty file."""
    known = first_row(
        conn,
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_migrations'",
    )
    if not known or not known[0]:
        return 0
    row = first_row(conn, "SELECT coalesce(max(number), 0) FROM schema_migrations")
    return int(row[0]) if row else 0


def check_version(conn: duckdb.DuckDBPyConnection) -> int:
    """The file's version. Raises ``LedgerTooNew`` where this code cannot read it."""
    version, newest = schema_version(conn), migrations()[-1][0]
    if version > newest:
        raise LedgerTooNew(
            f"This ledger was written by a newer Iman (its schema is {version}, this code knows "
            f"{newest}). Start the newer version, or restore a backup made before the upgrade."
        )
    return version


def migrate(conn: duckdb.DuckDBPyConnection) -> int:
    """Apply what is missing, each with its own record in one transaction; returns the version."""
    version = check_version(conn)
    known = conn.execute("SELECT number FROM schema_migrations").fetchall() if version else []
    for number, script in migrations():
        if (number,) in known:  # not by the newest alone: they are numbered ahead of their landing
            continue
        conn.execute("BEGIN")
        try:
            conn.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations "
                "(number INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)"
            )
            conn.execute(script)
            if number in _AFTER:
                _AFTER[number](conn)
            conn.execute(
                "INSERT INTO schema_migrations VALUES ($number, now() AT TIME ZONE 'UTC')",
                {"number": number},
            )
            conn.execute("COMMIT")
        except duckdb.Error as exc:
            conn.execute("ROLLBACK")
            raise LedgerError(f"Migration {number} of the ledger failed: {exc}") from exc
    return schema_version(conn)
