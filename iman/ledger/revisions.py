"""Revisions that arrive while their document is on its way to Sage 300.

What is being pushed must not change under the push, and what byondpro sent must not be lost: the
revision waits until the push is settled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.document import DocumentKey, EntryType
from iman.domain.feed import DocumentArrived
from iman.ledger.queries import queries

_SQL = queries("intake")


def keep_for_later(
    conn: duckdb.DuckDBPyConnection, document_id: int, event: DocumentArrived
) -> None:
    """Reading the same event again keeps it twice, which does no harm."""
    conn.execute(
        _SQL["insert_waiting_revision"],
        {
            "id": document_id,
            "revision": event.revision,
            "event": json.dumps(asdict(event), default=str, ensure_ascii=False),
        },
    )


def take_waiting(
    conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int]
) -> dict[int, DocumentArrived]:
    """The newest revision that waits for each of *document_ids*; none waits afterwards."""
    rows = conn.execute(_SQL["waiting_revisions"], {"ids": list(document_ids)}).fetchall()
    if not rows:
        return {}
    conn.execute(_SQL["delete_waiting_revisions"], {"ids": list(document_ids)})
    return {document_id: _event(json.loads(text)) for document_id, text in rows}


def _event(kept: dict[str, Any]) -> DocumentArrived:
    day, amount, parent = kept["document_date"], kept["amount"], kept["parent"]
    return DocumentArrived(
        **{
            **kept,
            "key": _key(kept["key"]),
            "document_date": None if day is None else date.fromisoformat(day),
            "amount": None if amount is None else Decimal(amount),
            "parent": None if parent is None else _key(parent),
        }
    )


def _key(kept: dict[str, str]) -> DocumentKey:
    return DocumentKey(
        company=kept["company"], entry_type=EntryType(kept["entry_type"]), number=kept["number"]
    )
