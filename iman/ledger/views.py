"""Lists of the Integration Monitor that people keep under a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from iman.errors import DaemonRefused, NotFound
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.utc import from_db, to_db

_SQL = queries("views")
MOST = 100  # a person's own


def visible(conn: duckdb.DuckDBPyConnection, who: str) -> list[dict[str, Any]]:
    """*who*'s own and what others share, by name; each as ``wire_views.SavedView``."""
    return [_view(row) for row in conn.execute(_SQL["visible"], {"who": who}).fetchall()]


def view(conn: duckdb.DuckDBPyConnection, view_id: int, who: str) -> dict[str, Any]:
    """Raises ``NotFound``, also for what another person keeps for themselves."""
    row = first_row(conn, _SQL["view"], {"id": view_id})
    found = _view(row) if row is not None else None
    if found is None or not (found["shared"] or found["owner"] == who):
        raise NotFound(f"There is no view {view_id}, or its owner does not share it.")
    return found


def add(
    conn: duckdb.DuckDBPyConnection, ids: Ids, *, who: str, now: datetime, **wanted: Any
) -> dict[str, Any]:
    """*wanted*: name, shared, filter, order, columns.

    Raises ``DaemonRefused`` for a name *who* has already.
    """
    _check_name(conn, who, wanted["name"])
    view_id = ids.take("view")
    values = {**_values(wanted), "id": view_id, "owner": who, "who": who, "now": to_db(now)}
    conn.execute(_SQL["insert_view"], values)
    return view(conn, view_id, who)


def replace(
    conn: duckdb.DuckDBPyConnection, known: Mapping[str, Any], *, who: str, now: datetime,
    **wanted: Any,
) -> dict[str, Any]:  # fmt: skip
    """*known* stays its owner's. Raises ``DaemonRefused`` for a name its owner has already."""
    _check_name(conn, known["owner"], wanted["name"], known["id"])
    values = {**_values(wanted), "id": known["id"], "who": who, "now": to_db(now)}
    conn.execute(_SQL["replace_view"], values)
    return view(conn, known["id"], known["owner"])


def remove(conn: duckdb.DuckDBPyConnection, view_id: int) -> None:
    conn.execute(_SQL["remove_view"], {"id": view_id})


def _check_name(
    conn: duckdb.DuckDBPyConnection, owner: str, name: str, but_for: int | None = None
) -> None:
    names = dict(conn.execute(_SQL["names"], {"owner": owner}).fetchall())
    names.pop(but_for, None)
    if name.lower() in names.values():
        raise DaemonRefused(f"{owner} has a view of that name already: choose another name.")
    if len(names) >= MOST:
        raise DaemonRefused(f"A person keeps at most {MOST} views: remove one first.")


def _values(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": wanted["name"],
        "shared": wanted["shared"],
        "filter": json.dumps(dict(wanted["filter"]), ensure_ascii=False),
        "sort": wanted["order"],
        "columns": json.dumps(list(wanted["columns"])),
    }


def _view(row: tuple[Any, ...]) -> dict[str, Any]:
    view_id, owner, name, shared, wanted, sort, columns, changed_at, changed_by = row
    return {
        "id": view_id,
        "owner": owner,
        "name": name,
        "shared": shared,
        "filter": json.loads(wanted),
        "order": sort,
        "columns": json.loads(columns),
        "changed_at": from_db(changed_at),
        "changed_by": changed_by,
    }
