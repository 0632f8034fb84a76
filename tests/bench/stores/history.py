"""A made-up ledger's history as two plain tables, as any store would keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

ATTENTION = ("failed", "retrying", "unknown")
DAYS = 30
PAGE = 25

_DOCUMENTS = """
SELECT d.document_id AS id, d.number, d.entry_type, d.site, s.state, d.booking, d.customer_name,
       CAST(d.amount AS DOUBLE) AS amount, s.error_type,
       coalesce(s.first_failed_at, d.received_at) AS began,
       regexp_replace(lower(concat_ws(' ', d.number, d.booking, d.customer, d.customer_name,
                                      s.error_text)), '[^a-z0-9]+0*', ' ', 'g') AS words
FROM documents d JOIN (
    SELECT document_id, state, first_failed_at, error_type, error_text FROM open_documents
    UNION ALL SELECT document_id, state, first_failed_at, NULL, NULL FROM closings
) s USING (document_id)
ORDER BY id
"""
_ATTEMPTS = """
SELECT o.attempt_id AS id, o.document_id, o.ended_at, o.outcome, o.error_type,
       a.round = 1 AND a.number = 1 AS is_first, o.duration_ms
FROM all_outcomes o JOIN all_attempts a USING (attempt_id) ORDER BY o.attempt_id
"""


@dataclass(frozen=True, slots=True)
class History:
    """*words*, of a document: what it is found by, in small letters, without leading zeros.

    *since*: the first hour of the last ``DAYS`` days, UTC without a zone, as the tables' moments
    are. *one*: a document to look at; *booking*: one to look for.
    """

    documents: pa.Table
    attempts: pa.Table
    since: datetime
    one: int
    booking: str


def read(ledger: Path, *, now: datetime) -> History:
    with duckdb.connect(str(ledger), read_only=True) as conn:
        documents = conn.sql(_DOCUMENTS).to_arrow_table()
        attempts = conn.sql(_ATTEMPTS).to_arrow_table()
    hour = now.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    since = hour - timedelta(days=DAYS)
    one = documents.num_rows * 5 // 6
    booking = documents["booking"][one].as_py()
    return History(documents, attempts, since, one, booking)
