"""Lists of documents: one page of them, all of them for a file, and what stands beside one.

SQL with its cost class: ``sql/listing.sql``. Tables are Arrow, columns as ``reading/frames.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from iman.ledger.filtering import Asking, Wanted
from iman.ledger.queries import queries
from iman.ledger.reach import another
from iman.ledger.read_model import Facts, aware, facts

_SQL = queries("listing")
_NEIGHBOURS_WITHIN = 5000  # rows of a list; beyond, nobody goes on one by one
_READ_WHOLE = 50_000  # closings that are read sooner than bounded

_SHOWN = (
    "id", "entry_type", "number", "state", "booking", "site", "customer", "customer_name",
    "document_date", "amount", "currency", "terms_code", "terms_description", "error", "error_type",
    "entity", "attempt", "first_failed_at", "last_tried_at", "next_try_at", "received_at",
    "synced_at", "erp_reference", "parent",
)  # fmt: skip

#: Id, what it is ordered by, and whether it is open.
_Place = tuple[Any, ...]


def documents(
    conn: duckdb.DuckDBPyConnection, *, limit: int = 50, offset: int = 0, **wanted: Any
) -> tuple[pa.Table, int]:
    """One page and how many there are in all; *wanted* as ``filtering.Wanted`` takes it."""
    with _one_moment(conn):
        asking = Asking(conn, Wanted(**wanted))
        page, total = _page(asking, limit, offset)
        return _with_facts(_rows(conn, page), facts(conn)), total


def document_ids(conn: duckdb.DuckDBPyConnection, *, limit: int, **wanted: Any) -> list[int]:
    """The first *limit* of a list, without their rows."""
    with _one_moment(conn):
        page, _ = _page(Asking(conn, Wanted(**wanted)), limit, 0)
        return [place[0] for place in page]


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
    return _pieces(another(conn), rows, fields, Wanted(**wanted))


def _pieces(
    conn: duckdb.DuckDBPyConnection, rows: int, fields: list[str] | None, wanted: Wanted
) -> Iterator[pa.Table]:
    """*conn* is its own: the pieces may be asked for by another thread."""
    with contextlib.closing(conn), _one_moment(conn):
        known = facts(conn)

        def told(found: pa.Table) -> pa.Table:
            whole = _with_facts(aware(found), known)
            return whole if fields is None else whole.select(fields)

        sql, values = Asking(conn, wanted).all_rows()
        reader = conn.sql(sql, params=values).to_arrow_reader(rows)

        first = True
        with contextlib.closing(reader):  # who asked may stop half-way, as a download does
            for batch in reader:
                if batch.num_rows or first:
                    yield told(pa.Table.from_batches([batch]))
                first = False
            if first:
                yield told(reader.schema.empty_table())


@contextlib.contextmanager
def _one_moment(conn: duckdb.DuckDBPyConnection) -> Iterator[None]:
    conn.execute("BEGIN")
    try:
        yield
    finally:
        conn.execute("ROLLBACK")


# -- which, in what order, and how many in all --------------------------------------------------


def _page(asking: Asking, limit: int, offset: int) -> tuple[list[_Place], int]:
    order = asking.wanted.order
    values: dict[str, Any] = {"limit": limit, "offset": offset, "most": limit + offset}
    if asking.found_first:
        found = asking.rows(order, **values)
        if found:
            return [row[:3] for row in found], int(found[0][3])
        return [], sum(asking.rows("count_rows")[0]) if offset else 0
    opened, closed = _counts(asking)
    total = opened + closed
    if offset >= total:
        return [], total
    if asking.by_amount:
        return asking.rows("amount_kept", **values), total
    for within, bound in _bounds(asking, limit + offset, closed):
        page = asking.rows(order, within=within, **values, bound=bound)
        if not within or _whole(page, order, bound, min(limit, total - offset)):
            return page, total
    raise AssertionError("the last bound is none")


def _counts(asking: Asking) -> tuple[int, int]:
    if not asking.totals_know:
        name = "count_rows"
    elif not asking.wanted.with_closed:
        name = "count_open"
    else:
        name = "count" if asking.wanted.with_open else "count_closed"
    opened, closed = asking.rows(name)[0]
    return int(opened), int(closed)


def _bounds(asking: Asking, most: int, closed: int) -> Iterator[tuple[str, Any]]:
    """Within what to look for the first *most* of the closed ones; at last, in all of them.

    DuckDB passes over blocks by a bound it is given, and finds its own only block by block.
    """
    order = asking.wanted.order
    if closed > _READ_WHOLE:
        near = 2 * most + _READ_WHOLE // 4  # more than enough on an ordinary day
        if order == "newest" and near < closed // 2:
            first, last = asking.rows("written_hours")[0]
            if first is not None:
                for share in (near / closed, 8 * near / closed):
                    yield order, last - (last - first) * share
        elif order == "next_try" and near < closed // 2:
            newest = asking.rows("newest_open")[0][0]
            if newest is not None:
                yield order, newest - newest * near // closed
    yield "", None


def _whole(page: list[_Place], order: str, bound: Any, expected: int) -> bool:
    """Whether nothing before the bound could stand in *page*."""
    if len(page) < expected:
        return False
    if not page:
        return True
    document_id, key, _ = page[-1]
    if order == "next_try":
        return key is not None or document_id > bound
    return key is not None and bool(key >= bound)


# -- what is shown of them ------------------------------------------------------------------------


def _rows(conn: duckdb.DuckDBPyConnection, page: list[_Place]) -> pa.Table:
    """What is shown of each, in the page's order."""
    ids = [document_id for document_id, _, _ in page]
    opened = [document_id for document_id, _, is_open in page if is_open]
    closed = [document_id for document_id, _, is_open in page if not is_open]
    parts = [_asked(conn, "open_rows", opened)] if opened or not closed else []
    parts += [_asked(conn, "closed_rows", closed)] if closed else []
    standing = _in_order(pa.concat_tables(parts), ids)
    found = _in_order(_asked(conn, "document_rows", ids), ids)
    columns = dict(zip(found.column_names, found.columns, strict=True))
    columns |= dict(zip(standing.column_names, standing.columns, strict=True))
    columns["id"] = columns["document_id"]
    return aware(pa.table({name: columns[name] for name in _SHOWN}))


def _asked(conn: duckdb.DuckDBPyConnection, name: str, ids: list[int]) -> pa.Table:
    return conn.sql(_SQL[name], params={"ids": ids}).to_arrow_table()


def _in_order(found: pa.Table, ids: list[int]) -> pa.Table:
    at = {document_id: row for row, document_id in enumerate(found["document_id"].to_pylist())}
    return found.take([at[document_id] for document_id in ids]) if ids else found


def _with_facts(found: pa.Table, known: Facts) -> pa.Table:
    """What the query cannot know: byondpro's page, and how many attempts there are."""
    urls = [known.link("booking", booking=booking.as_py()) for booking in found["booking"]]
    at_booking = found.column_names.index("booking") + 1
    found = found.add_column(at_booking, "booking_url", pa.array(urls, pa.string()))
    at_attempt = found.column_names.index("attempt") + 1
    most = pa.array([known.max_attempts] * found.num_rows, pa.int32())
    return found.add_column(at_attempt, "max_attempts", most)
