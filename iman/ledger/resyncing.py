"""A new round for a document that was left alone."""

from __future__ import annotations

from datetime import datetime

import duckdb

from iman.domain.document import RESYNCABLE_STATES, DocumentKey, EntryType, ErpSyncStatus
from iman.errors import DaemonRefused, NotFound
from iman.ledger.dependencies import hold_back
from iman.ledger.ids import Ids
from iman.ledger.outbox import StatusChange, queue_write_backs
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import to_db

_SQL = queries("pushing")


def restart(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_id: int,
    *,
    who: str,
    origin: str,
    reason: str,
    request_id: str,
    now: datetime,
) -> int | None:
    """Begin a new round and answer its number, or None where there is nothing to begin.

    The same *request_id* again answers the round it began. A document that is not failed or parked
    is left as it is.
    """
    state = first_row(conn, _SQL["document_state"], {"id": document_id})
    if state is None:
        return None
    if request_id:
        again = first_row(conn, _SQL["same_request"], {"id": document_id, "request_id": request_id})
        if again is not None:
            return int(again[0])
    _, company, entry_type, number, revision, now_in, round_, _ = state
    if now_in not in RESYNCABLE_STATES:
        return None
    begun = int(round_) + 1
    conn.execute(_SQL["restart_round"], {"id": document_id, "round": begun, "now": to_db(now)})
    hold_back(conn, [document_id])
    conn.execute(
        _SQL["insert_resync"],
        {
            "resync_id": ids.take("resync"),
            "id": document_id,
            "now": to_db(now),
            "who": who,
            "origin": origin,
            "reason": reason,
            "request_id": request_id,
            "round": begun,
        },
    )
    key = DocumentKey(company=company, entry_type=EntryType(entry_type), number=number)
    pending = StatusChange(key=key, revision=revision, status=ErpSyncStatus.PENDING)
    queue_write_backs(conn, ids, [pending], now=now)
    return begun


def restart_or_say_why(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_id: int,
    *,
    who: str,
    origin: str,
    reason: str,
    request_id: str,
    now: datetime,
) -> tuple[str, int]:
    """As ``restart``, for a person: the document's number and the round.

    Raises ``NotFound``, or ``DaemonRefused`` with the state that forbids it.
    """
    state = first_row(conn, _SQL["document_state"], {"id": document_id})
    if state is None:
        raise NotFound(f"There is no document {document_id}.")
    begun = restart(
        conn, ids, document_id, who=who, origin=origin, reason=reason, request_id=request_id,
        now=now,
    )  # fmt: skip
    if begun is None:
        standing = state[5] or "synced"
        raise DaemonRefused(
            f"{state[3]} is {standing}; only a failed or parked document can be resynced."
        )
    return str(state[3]), begun
