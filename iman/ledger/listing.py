"""Lists of documents: one page of them, all of them for a file, and what stands beside one.

SQL with its cost class: ``sql/listing.sql``. Tables are Arrow, columns as ``reading/frames.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from iman.domain.document import CLOSED_STATES
from iman.errors import DaemonRefused
from iman.ledger.queries import first_row, queries
from iman.ledger.reach import another
from iman.ledger.read_model import Facts, Refusals, Row, aware, facts
from iman.ledger.utc import to_db

_SQL = queries("listing")
_NEIGHBOURS_WITHIN = 5000  # rows of a list; beyond, nobody goes on one by one

_SHOWN = (
    "id", "entry_type", "number", "state", "booking", "site", "customer", "customer_name",
    "document_date", "amount", "currency", "terms_code", "terms_description", "error", "error_type",
    "entity", "attempt", "first_failed_at", "last_tried_at", "next_try_at", "received_at",
    "synced_at", "erp_reference", "parent",
)  # fmt: skip

_LONGEST_WINDOW = timedelta(days=3 * 366)
#: What closed_totals cannot tell apart.
_BEYOND_TOTALS = ("search", "began_from", "began_to", "dated_to", "refused_from")


def documents(
    conn: duckdb.DuckDBPyConnection, *, limit: int = 50, offset: int = 0, **wanted: Any
) -> tuple[pa.Table, int]:
    """One page and how many there are in all; *wanted* as ``wanted_values`` takes it."""
    values = wanted_values(**wanted)
    with _asking(conn, values) as cursor:
        total = _total(cursor, values)
        page = _page(cursor, values["order"], limit, offset) if offset < total else []
        return _with_facts(_rows(cursor, page), facts(cursor)), total


def document_ids(conn: duckdb.DuckDBPyConnection, *, limit: int, **wanted: Any) -> list[int]:
    """The first *limit* of a list, without their rows."""
    values = wanted_values(**wanted)
    with _asking(conn, values) as cursor:
        return [row[0] for row in _page(cursor, values["order"], limit, 0)]


def neighbours(
    conn: duckdb.DuckDBPyConnection, document_id: int, **wanted: Any
) -> tuple[int | None, int | None]:
    """Ids before and after in the filter's order; (None, None) where the filter misses it."""
    ids = document_ids(conn, limit=_NEIGHBOURS_WITHIN, **wanted)
    if document_id not in ids:
        return None, None
    place = ids.index(document_id)
    before = ids[place - 1] if place > 0 else None
    return before, ids[place + 1] if place + 1 < len(ids) else None


def all_documents(
    conn: duckdb.DuckDBPyConnection, *, rows: int = 5000, fields: list[str] | None = None,
    **wanted: Any,
) -> Iterator[pa.Table]:  # fmt: skip
    """Every document that fits, in the filter's order and as of one moment, *rows* at a time.

    *fields*: only those, in that order.

    At least one table comes, with the columns. The list is never in memory as a whole; DuckDB sorts
    on disk beyond its own limit.
    """
    return _pieces(another(conn), rows, fields, wanted_values(**wanted))


def _pieces(
    conn: duckdb.DuckDBPyConnection, rows: int, fields: list[str] | None, values: Row
) -> Iterator[pa.Table]:
    """*conn* is its own: the pieces may be asked for by another thread."""
    with contextlib.closing(conn), _asking(conn, values) as cursor:
        known = facts(cursor)

        def told(found: pa.Table) -> pa.Table:
            whole = _with_facts(aware(found), known)
            return whole if fields is None else whole.select(fields)

        asked = {"order": values["order"]}
        reader = cursor.sql(_SQL["all_rows"], params=asked).to_arrow_reader(rows)

        first = True
        with contextlib.closing(reader):  # who asked may stop half-way, as a download does
            for batch in reader:
                if batch.num_rows or first:
                    yield told(pa.Table.from_batches([batch]))
                first = False
            if first:
                yield told(reader.schema.empty_table())


def wanted_values(
    *,
    entry_type: str | None = None,
    states: Sequence[str] = (),
    error_type: str | None = None,
    entity: str | None = None,
    site: str | None = None,
    company: str | None = None,
    search: str = "",
    order: str = "newest",
    began_from: datetime | None = None,
    began_to: datetime | None = None,
    dated_to: date | None = None,
    refused: Refusals | None = None,
) -> Row:
    """A filter as the queries read it.

    *began_from* and *began_to* bound when it first failed, or arrived; *dated_to* its date.
    Raises ``DaemonRefused`` for refusals in a window that is longer than three years.
    """
    if refused is not None and refused.until - refused.since > _LONGEST_WINDOW:
        # it is taken apart into quarters of an hour: of all time they would fill the memory
        raise DaemonRefused("Refusals are looked for in a window of three years at most.")
    wanted = list(states)
    return {
        "entry_type": entry_type,
        "states": wanted or None,
        "closed": not wanted or any(state in CLOSED_STATES for state in wanted),
        "error_type": error_type,
        "entity": entity,
        "site": site,
        "company": company,
        "search": search.strip() or None,
        "order": order,
        "began_from": to_db(began_from) if began_from else None,
        "began_to": to_db(began_to) if began_to else None,
        "dated_to": dated_to,
        "refused_from": to_db(refused.since) if refused else None,
        "refused_to": to_db(refused.until) if refused else None,
        "weekday": refused.weekday if refused else None,
        "hour": refused.hour if refused else None,
        "zone": refused.zone if refused else "UTC",
    }


@contextlib.contextmanager
def _asking(conn: duckdb.DuckDBPyConnection, values: Row) -> Iterator[duckdb.DuckDBPyConnection]:
    """*conn* holds the filter, and sees one moment throughout."""
    conn.execute("BEGIN")
    try:
        conn.execute("SET VARIABLE wanted = $values", {"values": values})
        conn.execute(_SQL["matching"])
        conn.execute(_SQL["refused_in_window" if values["refused_from"] else "at_any_time"])
        yield conn
    finally:
        conn.execute("ROLLBACK")


def _page(
    cursor: duckdb.DuckDBPyConnection, order: str, limit: int, offset: int
) -> list[tuple[int, int | None]]:
    """Ids in order, and where the closing of each closed one is."""
    values = {"limit": limit, "offset": offset, "most": limit + offset}
    return cursor.execute(_SQL[order], values).fetchall()


def _rows(cursor: duckdb.DuckDBPyConnection, page: list[tuple[int, int | None]]) -> pa.Table:
    """What is shown of each, in the page's order."""
    ids = [document_id for document_id, _ in page]
    standing = _asked(cursor, "open_rows", ids=[one for one, place in page if place is None])
    places = [place for _, place in page if place is not None]
    if places:
        closed = _asked(cursor, "closed_rows", places=places)
        standing = pa.concat_tables([standing, closed])
    found = _in_order(_asked(cursor, "document_rows", ids=ids), ids)
    standing = _in_order(standing, ids)
    columns = dict(zip(found.column_names, found.columns, strict=True))
    columns |= dict(zip(standing.column_names, standing.columns, strict=True))
    columns["id"] = columns["document_id"]
    return aware(pa.table({name: columns[name] for name in _SHOWN}))


def _asked(cursor: duckdb.DuckDBPyConnection, name: str, **values: list[int]) -> pa.Table:
    return cursor.sql(_SQL[name], params=values).to_arrow_table()


def _in_order(found: pa.Table, ids: list[int]) -> pa.Table:
    at = {document_id: row for row, document_id in enumerate(found["document_id"].to_pylist())}
    return found.take([at[document_id] for document_id in ids]) if ids else found


def _total(cursor: duckdb.DuckDBPyConnection, values: Row) -> int:
    opened = first_row(cursor, _SQL["open_count"])
    return (int(opened[0]) if opened else 0) + _closed(cursor, values)


def _closed(cursor: duckdb.DuckDBPyConnection, values: Row) -> int:
    on_an_error = values["error_type"] is not None and values["refused_from"] is None
    if not values["closed"] or on_an_error or values["entity"] is not None:
        return 0
    beyond = any(values[name] is not None for name in _BEYOND_TOTALS)
    row = first_row(cursor, _SQL["closed_count" if beyond else "closed_total"])
    return int(row[0]) if row else 0


def _with_facts(found: pa.Table, known: Facts) -> pa.Table:
    """What the query cannot know: byondpro's page, and how many attempts there are."""
    urls = [known.link("booking", booking=booking.as_py()) for booking in found["booking"]]
    at_booking = found.column_names.index("booking") + 1
    found = found.add_column(at_booking, "booking_url", pa.array(urls, pa.string()))
    at_attempt = found.column_names.index("attempt") + 1
    most = pa.array([known.max_attempts] * found.num_rows, pa.int32())
    return found.add_column(at_attempt, "max_attempts", most)
