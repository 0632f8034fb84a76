"""Causes as pages and the API ask for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb

from iman.domain.cause import cause_state
from iman.domain.culprit import culprits
from iman.errors import NotFound
from iman.ledger.queries import first_row, queries
from iman.ledger.read_model import Row, facts
from iman.ledger.utc import from_db, to_db

_SQL = queries("causes")
_READ = queries("reading")
_NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 -- bound as the ledger's own, which has no zone
_RESOLVED_FOR = timedelta(days=7)


def rows(conn: duckdb.DuckDBPyConnection, sql: str, values: Row) -> list[Row]:
    """Rows as dicts, moments aware."""
    cursor = conn.execute(sql, values)
    names = [column[0] for column in cursor.description or ()]
    return [
        {
            name: from_db(value) if isinstance(value, datetime) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in cursor.fetchall()
    ]


def causes(
    conn: duckdb.DuckDBPyConnection,
    *,
    now: datetime,
    error_type: str | None = None,
    entity: str | None = None,
    resolved_for: timedelta = _RESOLVED_FOR,
    limit: int = 500,
) -> list[Row]:
    """Unresolved ones, most money first, then those resolved lately."""
    found = rows(
        conn,
        _SQL["causes"],
        {
            "id": None, "since": to_db(now - resolved_for), "error_type": error_type,
            "entity": entity, "limit": limit,
        },
    )  # fmt: skip
    return [_shaped(row) for row in found]


def cause(conn: duckdb.DuckDBPyConnection, cause_id: int) -> Row:
    """Raises ``NotFound``."""
    found = rows(
        conn,
        _SQL["causes"],
        {"id": cause_id, "since": _NEVER, "error_type": None, "entity": None, "limit": 1},
    )
    if not found:
        raise NotFound(f"There is no cause {cause_id}.")
    return _shaped(found[0])


def trend(
    conn: duckdb.DuckDBPyConnection, cause_ids: Sequence[int], *, hours: int, now: datetime
) -> dict[int, list[int]]:
    """Refusals per hour, oldest first; the last is the hour that *now* is in."""
    this_hour = to_db(now).replace(minute=0, second=0, microsecond=0)
    since = this_hour - timedelta(hours=hours - 1)
    counted = {cause_id: [0] * hours for cause_id in cause_ids}
    row = first_row(conn, _SQL["moved_out_until"])
    reaches = row is not None and row[0] is not None and since < row[0]
    sql = _SQL["trend"].replace("{outcomes}", "all_outcomes" if reaches else "outcomes")
    told = conn.execute(sql, {"since": since, "ids": list(cause_ids)}).fetchall()
    for cause_id, hour, failures in told:
        place = int((hour - since).total_seconds() // 3600)
        if 0 <= place < hours:
            counted[cause_id][place] = failures
    return counted


def culprits_of(conn: duckdb.DuckDBPyConnection, document_id: int) -> list[Row]:
    """Where the offending value stands in one document, with links. Raises ``NotFound``."""
    row = first_row(
        conn,
        "SELECT d.payload, d.entry_type, coalesce(k.error_type, o.error_type),"
        " coalesce(k.entity_kind, o.entity_kind), coalesce(k.entity, o.entity)"
        " FROM documents d LEFT JOIN open_documents o USING (document_id)"
        " LEFT JOIN cause_documents m USING (document_id)"
        " LEFT JOIN causes k USING (cause_id) WHERE d.document_id = $id",
        {"id": document_id},
    )
    if row is None:
        raise NotFound(f"There is no document {document_id}.")
    payload, entry_type, error_type, kind, entity = row
    if error_type is None:
        return []
    return _culprits(conn, payload, entry_type, error_type, kind, entity)


def _culprits(
    conn: duckdb.DuckDBPyConnection,
    payload: str,
    entry_type: str,
    error_type: str,
    kind: str | None,
    entity: str | None,
) -> list[Row]:
    try:
        document = json.loads(payload)
    except ValueError:
        return []
    known = facts(conn)
    found = culprits(
        document, error_type=error_type, entity_kind=kind or None, entity=entity or None
    )
    shaped = []
    for one in found:
        links = {
            "item": known.link("item", item=one.item),
            "category": known.link("category", category=one.category),
            "term": known.link("term", code=one.code) if one.field == "terms" else None,
            "booking": known.link("booking", booking=str(document.get("booking") or "")),
            "document": known.link(entry_type, number=str(document.get("number") or "")),
        }
        shaped.append(
            {name: getattr(one, name) for name in one.__slots__}
            | {"links": {name: url for name, url in links.items() if url}}
        )
    return shaped


def _shaped(row: Row) -> Row:
    state = cause_state(
        resolved=row["resolved_at"] is not None,
        releasing=row["release_id"] is not None,
        being_fixed=row["checklist_id"] is not None or bool(row["owner"]),
        times_back=row["times_back"],
    )
    told: dict[str, Any] = {**row, "state": state}
    for name in ("entity_kind", "entity", "owner"):
        told[name] = row[name] or None
    return told
