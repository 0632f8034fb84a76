"""What somebody limited to companies or sites reads of the ledger, whatever the question.

Each table's name is given to a view that holds only their rows (``sql/reach.sql``), on a connection
of their own. So a query is written once, and none can forget to narrow itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from iman.domain.people import Reach
from iman.ledger.queries import first_row, queries

_SQL = queries("reach")

#: No document stands in them: set-ups, playbooks, rules, who holds pushing back, people's own.
AS_IT_IS = frozenset(
    {
        "archives",
        "beats",
        "breaker_events",
        "disk_readings",
        "facts",
        "pauses",
        "playbook_edits",
        "playbook_texts",
        "preferences",
        "retention_runs",
        "rule_edits",
        "saved_views",
        "schema_migrations",
        "search_gone",
        "search_progress",
        "setup_codes",
        "setup_readings",
        "standing_hours",
    }
)


def limit(conn: duckdb.DuckDBPyConnection, reach: Reach) -> duckdb.DuckDBPyConnection:
    """*conn* itself, from now on with *reach*; give it one that nobody else uses."""
    if not reach.limited:
        return conn
    conn.execute(
        "SET VARIABLE companies = $companies::VARCHAR[]",
        {"companies": list(reach.companies) or None},
    )
    conn.execute("SET VARIABLE sites = $sites::VARCHAR[]", {"sites": list(reach.sites) or None})
    row = first_row(conn, "SELECT current_database()")
    assert row is not None  # noqa: S101 -- it always has a name
    held = '"' + str(row[0]).replace('"', '""') + '".main.'
    tables = conn.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        " UNION ALL SELECT view_name FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    for (table,) in tables:
        if table not in AS_IT_IS:
            shown = _SQL.get(table, f"SELECT * FROM held.{table} WHERE FALSE")  # noqa: S608 -- a table's own name
            conn.execute(f"CREATE TEMP VIEW {table} AS {shown.replace('held.', held)}")
    return conn


def reach_of(conn: duckdb.DuckDBPyConnection) -> Reach:
    """What *conn* was limited to."""
    row = first_row(conn, "SELECT getvariable('companies'), getvariable('sites')")
    companies, sites = row or (None, None)
    return Reach(companies=tuple(companies or ()), sites=tuple(sites or ()))


def another(conn: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection of the same ledger with the same reach; close it."""
    return limit(conn.cursor(), reach_of(conn))


def within(conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int], reach: Reach) -> list[int]:
    """Those of *document_ids* that *reach* holds, in their order; *conn* may be unlimited."""
    if not reach.limited:
        return list(document_ids)
    found = conn.execute(
        "SELECT document_id FROM documents WHERE document_id = ANY($ids::BIGINT[])"
        " AND ($companies::VARCHAR[] IS NULL OR list_contains($companies::VARCHAR[], company))"
        " AND ($sites::VARCHAR[] IS NULL OR list_contains($sites::VARCHAR[], site))",
        {
            "ids": list(document_ids),
            "companies": list(reach.companies) or None,
            "sites": list(reach.sites) or None,
        },
    ).fetchall()
    kept = {row[0] for row in found}
    return [one for one in document_ids if one in kept]


def sees(conn: duckdb.DuckDBPyConnection, what: str, found: int) -> bool:
    """Whether *conn* reaches that ``document``, ``cause``, ``checklist`` or ``release``."""
    return first_row(conn, _THERE[what], {"id": found}) is not None


_THERE = {
    "document": "SELECT 1 FROM documents WHERE document_id = $id",
    "cause": "SELECT 1 FROM causes WHERE cause_id = $id",
    "checklist": "SELECT 1 FROM checklists WHERE checklist_id = $id",
    "release": "SELECT 1 FROM releases WHERE release_id = $id",
}
