"""What byondpro is still to be told; a row goes once byondpro has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from iman.domain.document import DocumentKey, EntryType, ErpSyncStatus
from iman.domain.feed import WriteBack
from iman.ledger.appending import append
from iman.ledger.ids import Ids
from iman.ledger.queries import queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("intake")


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusChange:
    """What a document's ERP sync status becomes."""

    key: DocumentKey
    revision: int
    status: ErpSyncStatus
    message: str = ""
    reference: str | None = None
    attempts: int = 0


def queue_write_backs(
    conn: duckdb.DuckDBPyConnection, ids: Ids, changes: Sequence[StatusChange], *, now: datetime
) -> None:
    """Queue *changes* in the transaction that made them."""
    if not changes:
        return
    decided = to_db(now)
    append(
        conn,
        "write_backs",
        [
            (
                ids.take("write_back"), change.key.company, change.key.entry_type.value,
                change.key.number, change.revision, change.status.value, change.message,
                change.reference, change.attempts, decided,
            )
            for change in changes
        ],
    )  # fmt: skip


def due_write_backs(conn: duckdb.DuckDBPyConnection, limit: int) -> list[WriteBack]:
    """The oldest *limit*, in order."""
    rows = conn.execute(_SQL["due_write_backs"], {"limit": limit}).fetchall()
    return [
        WriteBack(
            id=row[0],
            key=DocumentKey(company=row[1], entry_type=EntryType(row[2]), number=row[3]),
            revision=row[4],
            status=row[5],
            message=row[6],
            reference=row[7],
            attempts=row[8],
            decided_at=from_db(row[9]),
        )
        for row in rows
    ]


def forget_write_backs(conn: duckdb.DuckDBPyConnection, delivered: Sequence[int]) -> None:
    conn.execute(_SQL["delete_write_backs"], {"ids": list(delivered)})
