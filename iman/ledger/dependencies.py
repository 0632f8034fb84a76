"""customer → invoice → receipt, repayment plan, credit note → refund: children wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from iman.domain.document import DocumentKey
from iman.ledger.queries import queries
from iman.ledger.utc import to_db

_SQL = queries("dependencies")


def hold_back(conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int]) -> None:
    """Let pending ones among *document_ids* wait where their parent is here and not through.

    A parent the ledger never saw was synced before Iman's time, or Sage 300 will say so.
    """
    if document_ids:
        conn.execute(_SQL["hold_back"], {"ids": list(document_ids)})


def let_children_go(
    conn: duckdb.DuckDBPyConnection, parents: Sequence[DocumentKey], *, now: datetime
) -> None:
    """Call it in the transaction that closes *parents*, however they were closed."""
    if parents:
        conn.execute(_SQL["let_go"], {"parents": [str(key) for key in parents], "now": to_db(now)})
