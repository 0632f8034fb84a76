"""After a restore from an older backup: Sage 300 knows more than the ledger does.

Every open document, and every one byondpro tells of until it was read to its end, is looked up in
Sage 300 before its first send, under any mark of ours. What is there is adopted. Nothing is pushed
before byondpro was read to its end: a newer revision may have gone through since the backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from iman.ledger.backup import MARK
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("reconciling")
_FACTS = queries("backup")
_CATCHING_UP = "catching_up"
_RESTORED = "restored_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """*generation* tells this ledger's shared batches from those of its lost future."""

    generation: str = ""
    catching_up: bool = False
    backup_of: datetime | None = None


def begin(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> Restored:
    """To be called when a ledger opens: what it must do if it was restored, now or earlier."""
    copied = _fact(conn, MARK)
    if copied is not None:
        conn.execute(_SQL["owe_open"], {"now": to_db(now)})
        _save(conn, _RESTORED, now.isoformat())
        _save(conn, _CATCHING_UP, copied)
        conn.execute(_FACTS["forget_fact"], {"name": MARK})
    restored, catching_up = _fact(conn, _RESTORED), _fact(conn, _CATCHING_UP)
    return Restored(
        generation=_generation(restored),
        catching_up=catching_up is not None,
        backup_of=None if catching_up is None else datetime.fromisoformat(catching_up),
    )


def caught_up(conn: duckdb.DuckDBPyConnection) -> None:
    """byondpro was read to its end: what it tells of from now on is new to Sage 300 as well."""
    conn.execute(_FACTS["forget_fact"], {"name": _CATCHING_UP})


def owe_arrived(
    conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int], *, now: datetime
) -> None:
    conn.execute(_SQL["owe_arrived"], {"ids": list(document_ids), "now": to_db(now)})


def looked_up(conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int]) -> None:
    conn.execute(_SQL["looked_up"], {"ids": list(document_ids)})


def owed(conn: duckdb.DuckDBPyConnection) -> int:
    """How many documents are still to be looked up before they may be sent."""
    row = first_row(conn, _SQL["owed"])
    return int(row[0]) if row else 0


def _generation(restored: str | None) -> str:
    if restored is None:
        return ""
    return f"{int(datetime.fromisoformat(restored).astimezone(UTC).timestamp()):x}"


def _fact(conn: duckdb.DuckDBPyConnection, name: str) -> str | None:
    row = first_row(conn, _FACTS["fact"], {"name": name})
    return None if row is None else str(row[0])


def _save(conn: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    conn.execute(_FACTS["save_fact"], {"name": name, "value": value})
