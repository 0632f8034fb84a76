"""Readings of the disk, one a day, and the sizes of the ledger's files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from iman.domain.room import Reading
from iman.ledger.queries import queries

_SQL = queries("disk")


def note(conn: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Today's, in the place of an earlier one of today."""
    conn.execute(
        _SQL["read_today"],
        {"day": reading.day, "ledger": reading.ledger, "free": reading.free},
    )


def readings(conn: duckdb.DuckDBPyConnection, *, since: date) -> list[Reading]:
    """Oldest first."""
    return [
        Reading(day=day, ledger=ledger, free=free)
        for day, ledger, free in conn.execute(_SQL["readings"], {"since": since}).fetchall()
    ]


def sizes(ledger: Path) -> dict[str, int]:
    """Bytes of the file, of its log and of what was moved out of it. Asked of the folder only:
    opening the file would drop DuckDB's lock."""
    archive = archive_folder(ledger)
    moved = [one.stat().st_size for one in archive.iterdir()] if archive.is_dir() else []
    return {
        "ledger": _size(ledger),
        "log": _size(ledger.with_name(ledger.name + ".wal")),
        "archive": sum(moved),
    }


def archive_folder(ledger: Path) -> Path:
    """Where months go that were moved out of the ledger."""
    return ledger.with_name(ledger.name + ".archive")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
