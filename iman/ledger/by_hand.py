"""What a person closes or sets aside. All of it can be taken back, and all of it is counted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import duckdb

from iman.domain.document import DocumentKey, DocumentState, EntryType, ErpSyncStatus
from iman.errors import DaemonRefused, NotFound
from iman.ledger.cause_reading import rows
from iman.ledger.counting import count_closed
from iman.ledger.dependencies import hold_back, let_children_go
from iman.ledger.ids import Ids
from iman.ledger.outbox import StatusChange, queue_write_backs
from iman.ledger.queries import first_row, queries
from iman.ledger.resyncing import restart
from iman.ledger.utc import to_db

_SQL = queries("by_hand")
Row = dict[str, Any]
How = Literal["already_in_sage", "do_not_send"]

#: Nobody may touch a document while its request is, or may be, with Sage 300.
_TOUCHABLE = frozenset(
    {
        DocumentState.FAILED,
        DocumentState.PARKED,
        DocumentState.RETRYING,
        DocumentState.PENDING,
        DocumentState.WAITING,
    }
)


def standing(conn: duckdb.DuckDBPyConnection, document_id: int) -> Row:
    """Raises ``NotFound``."""
    found = rows(conn, _SQL["standing"], {"id": document_id})
    if not found:
        raise NotFound(f"There is no document {document_id}.")
    return found[0]


def park(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_id: int,
    *,
    who: str,
    reason: str,
    until: datetime | None,
    now: datetime,
    request_id: str = "",
) -> str:
    """Set it aside; at *until* a new round begins by itself. Its number.

    Parked again, it takes the new reason and date. Raises ``NotFound`` and ``DaemonRefused``.
    """
    if _asked_before(conn, document_id, request_id):
        return str(standing(conn, document_id)["number"])
    row = _touchable(conn, document_id, "parked")
    if until is not None and until <= now:
        raise DaemonRefused("The date to park it until lies in the past.")
    conn.execute(_SQL["end_parking"], {"id": document_id, "who": who, "now": to_db(now)})
    conn.execute(_SQL["park"], {"id": document_id, "now": to_db(now)})
    conn.execute(
        _SQL["insert_parking"],
        {
            "parking_id": ids.take("parking"), "id": document_id, "who": who, "reason": reason,
            "until": to_db(until) if until else None, "now": to_db(now),
            "request_id": request_id,
        },
    )  # fmt: skip
    return str(row["number"])


def unpark(conn: duckdb.DuckDBPyConnection, document_id: int, *, who: str, now: datetime) -> str:
    """Back where it was: among the failed, or due where it had not been tried. Its number."""
    row = standing(conn, document_id)
    if row["state"] != DocumentState.PARKED:
        raise DaemonRefused(f"{row['number']} is not parked.")
    conn.execute(_SQL["end_parking"], {"id": document_id, "who": who, "now": to_db(now)})
    conn.execute(_SQL["unpark"], {"id": document_id, "now": to_db(now)})
    hold_back(conn, [document_id])
    return str(row["number"])


def any_due(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> bool:
    """Whether the date of a parked document has come."""
    return bool(conn.execute(_SQL["due_parkings"], {"now": to_db(now)}).fetchall())


def end_parkings(conn: duckdb.DuckDBPyConnection, ids: Ids, *, now: datetime) -> int:
    """A new round for those whose date has come."""
    begun = 0
    for (document_id,) in conn.execute(_SQL["due_parkings"], {"now": to_db(now)}).fetchall():
        conn.execute(_SQL["end_parking"], {"id": document_id, "who": "iman", "now": to_db(now)})
        started = restart(
            conn, ids, document_id, who="iman", origin="parking",
            reason="The date it was parked until has come.", request_id="", now=now,
        )  # fmt: skip
        begun += started is not None
    return begun


def settle(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_id: int,
    *,
    how: How,
    reference: str,
    reason: str,
    who: str,
    now: datetime,
    request_id: str = "",
) -> str:
    """Close it: it is in Sage 300 already, or is not to be sent. Its number.

    byondpro is told, what waited for it goes on, and it counts as settled.
    """
    if _asked_before(conn, document_id, request_id):
        return str(standing(conn, document_id)["number"])
    row = _touchable(conn, document_id, "closed by hand")
    conn.execute(_SQL["end_parking"], {"id": document_id, "who": who, "now": to_db(now)})
    conn.execute(
        _SQL["insert_closing"],
        {
            "id": document_id, "revision": row["revision"], "reference": reference or None,
            "round": row["round"], "attempt": row["attempt"], "now": to_db(now),
            "closing_id": ids.take("closing"),
        },
    )  # fmt: skip
    conn.execute(
        _SQL["insert_settlement"],
        {
            "settlement_id": ids.take("settlement"), "id": document_id, "who": who, "how": how,
            "reference": reference, "reason": reason, "now": to_db(now),
            "request_id": request_id,
        },
    )  # fmt: skip
    _count(conn, row, 1, now)
    conn.execute(queries("intake")["delete_open"], {"ids": [document_id]})
    key = _key(row)
    let_children_go(conn, [key], now=now)
    told = f"Closed by {who}: " + ("already in Sage 300" if reference else "not to be sent")
    change = StatusChange(
        key=key, revision=row["revision"], status=ErpSyncStatus.PROCESSED, message=told,
        reference=reference or None, attempts=row["attempt"],
    )  # fmt: skip
    queue_write_backs(conn, ids, [change], now=now)
    return str(row["number"])


def reopen(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_id: int,
    *,
    reason: str,
    who: str,
    now: datetime,
) -> tuple[str, int]:
    """Take a settlement back: a new round begins. Number and round."""
    row = standing(conn, document_id)
    known = first_row(conn, _SQL["settlement"], {"id": document_id})
    closing = first_row(conn, _SQL["closing"], {"id": document_id})
    if row["state"] is not None or known is None or closing is None:
        raise DaemonRefused(f"{row['number']} was not closed by hand.")
    begun = int(closing[0]) + 1
    conn.execute(
        _SQL["reopen_settlement"],
        {"settlement_id": known[0], "who": who, "reason": reason, "now": to_db(now)},
    )
    conn.execute(_SQL["forget_words"], {"id": document_id})
    conn.execute(_SQL["drop_closing"], {"id": document_id})
    conn.execute(_SQL["open_again"], {"id": document_id, "round": begun, "now": to_db(now)})
    hold_back(conn, [document_id])
    _count(conn, standing(conn, document_id), -1, now)
    pending = StatusChange(key=_key(row), revision=row["revision"], status=ErpSyncStatus.PENDING)
    queue_write_backs(conn, ids, [pending], now=now)
    return str(row["number"]), begun


def parked(conn: duckdb.DuckDBPyConnection, *, limit: int = 200) -> list[Row]:
    """What is set aside now, the nearest date first; lists by state show all of it."""
    return rows(conn, _SQL["parked"], {"limit": limit})


def settlements(
    conn: duckdb.DuckDBPyConnection, *, document_id: int | None = None, limit: int = 500
) -> list[Row]:
    """What was closed by hand, newest first, with what was taken back."""
    return rows(conn, _SQL["settlements"], {"id": document_id, "limit": limit})


def parkings_of(conn: duckdb.DuckDBPyConnection, document_id: int) -> list[Row]:
    return rows(conn, _SQL["parkings_of"], {"id": document_id})


def _asked_before(conn: duckdb.DuckDBPyConnection, document_id: int, request_id: str) -> bool:
    if not request_id:
        return False
    values = {"id": document_id, "request_id": request_id}
    return first_row(conn, _SQL["asked_before"], values) is not None


def _touchable(conn: duckdb.DuckDBPyConnection, document_id: int, what: str) -> Row:
    row = standing(conn, document_id)
    state = row["state"]
    if state is None:
        raise DaemonRefused(f"{row['number']} is closed already.")
    if state not in _TOUCHABLE:
        why = "its request is with Sage 300" if state == "syncing" else "its answer was lost"
        raise DaemonRefused(f"{row['number']} cannot be {what} now: {why}. Try again shortly.")
    return row


def _count(conn: duckdb.DuckDBPyConnection, row: Row, documents: int, now: datetime) -> None:
    hour = to_db(now).replace(minute=0, second=0, microsecond=0)
    where = (hour, row["company"], row["site"], row["entry_type"], DocumentState.SETTLED.value)
    count_closed(conn, [(*where, documents, Decimal(row["amount"]) * documents)])


def _key(row: Row) -> DocumentKey:
    return DocumentKey(
        company=row["company"], entry_type=EntryType(row["entry_type"]), number=row["number"]
    )
