"""What outcomes add to the rollups, in the transaction that records them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.attempt import Finished
from iman.domain.document import DocumentState
from iman.domain.outcome import OUTCOME_NAMES, Refused
from iman.ledger import rollups
from iman.ledger.appending import append
from iman.ledger.utc import to_db


@dataclass(frozen=True, slots=True)
class Held:
    """A document that stands syncing: since when, and what its outcome is counted by.

    *sync*, *remedy*: seconds since it arrived and since it first failed, with their buckets.
    """

    since: datetime
    erred: bool  # it has met an error before
    company: str
    site: str
    entry_type: str
    amount: Decimal
    sync: float | None
    remedy: float | None
    sync_bucket: int | None
    remedy_bucket: int | None


def count_outcomes(
    conn: duckdb.DuckDBPyConnection, finished: Sequence[Finished], held: Mapping[int, Held]
) -> None:
    counted: Counter[tuple[Any, ...]] = Counter()
    again: Counter[tuple[Any, ...]] = Counter()
    for f in finished:
        of = held[f.claim.document_id]
        kind = f.verdict.error_type if f.verdict else ""
        where = (hour_of(f.ended_at), of.company, of.site, of.entry_type)
        if isinstance(f.outcome, Refused) and f.claim.number > 1:
            again[*where, kind] += 1
        first = f.claim.round == 1 and f.claim.number == 1 and not f.claim.asks
        counted[*where, OUTCOME_NAMES[type(f.outcome)], kind, first] += 1
    count_attempts(conn, counted)
    append_counted(conn, "retry_rollup", again)
    refused = (_refusal(f) for f in finished if isinstance(f.outcome, Refused))
    append_counted(conn, "refusals", Counter(refused))


def count_arrivals(
    conn: duckdb.DuckDBPyConnection, closed: Sequence[Finished], held: Mapping[int, Held]
) -> None:
    """Of what reached Sage 300: how many, how much, and how long it took."""
    documents: Counter[tuple[Any, ...]] = Counter()
    amounts: dict[tuple[Any, ...], Decimal] = {}
    lengths: dict[tuple[Any, ...], list[float]] = {}
    for f in closed:
        of = held[f.claim.document_id]
        where = (hour_of(f.ended_at), of.company, of.site, of.entry_type)
        documents[where] += 1
        amounts[where] = amounts.get(where, Decimal(0)) + of.amount
        for what, seconds, bucket in (
            ("sync", of.sync, of.sync_bucket),
            ("remedy", of.remedy, of.remedy_bucket),
        ):
            if seconds is not None:
                lengths.setdefault((*where, what, bucket), []).append(seconds)
    count_closed(
        conn,
        [
            (*where, DocumentState.SYNCED.value, count, amounts[where])
            for where, count in documents.items()
        ],
    )
    if lengths:
        append(
            conn,
            "duration_rollup",
            [(*where, len(seconds), sum(seconds)) for where, seconds in lengths.items()],
        )


def count_closed(conn: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    """*rows*: hour, company, site, entry type, state, documents, amount."""
    append(conn, "closing_rollup", rows)
    append(conn, "closed_totals", [row[1:6] for row in rows])


def count_attempts(conn: duckdb.DuckDBPyConnection, counted: Counter[tuple[Any, ...]]) -> None:
    """*counted*: hour, company, site, entry type, outcome, error type, whether it was the first."""
    if counted:
        rollups.unfold(conn, min(where[0] for where in counted))
    append_counted(conn, "attempt_rollup", counted)


def append_counted(
    conn: duckdb.DuckDBPyConnection, table: str, counted: Counter[tuple[Any, ...]]
) -> None:
    """To a rollup whose last column is the count."""
    if counted:
        append(conn, table, [(*where, count) for where, count in counted.items()])


def _refusal(finished: Finished) -> tuple[datetime, int, str]:
    """The quarter of an hour, the document and the error type of what was refused."""
    moment = to_db(finished.ended_at)
    quarter = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    kind = finished.verdict.error_type if finished.verdict else ""
    return quarter, finished.claim.document_id, kind


def hour_of(moment: datetime) -> datetime:
    return to_db(moment).replace(minute=0, second=0, microsecond=0)
