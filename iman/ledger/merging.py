"""Causes that new rules left without a document: where their checklists, owner and release go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from iman.domain.checklist import EventKind
from iman.ledger import checklists
from iman.ledger.cause_reading import rows
from iman.ledger.queries import queries
from iman.ledger.utc import to_db

_SQL = queries("rules")
_BY = "iman"


def merge_emptied(conn: duckdb.DuckDBPyConnection, *, since: datetime, now: datetime) -> int:
    """Merge each into the cause that took most of its documents; how many there were.

    *since*: when documents began to move because of the rules. A checklist goes along with what was
    ticked; where one runs over there already this one is closed, and can be opened again.
    """
    merged: set[int] = set()
    for row in rows(conn, _SQL["emptied"], {"since": to_db(since)}):
        if row["cause_id"] not in merged:  # the first takes most of the documents
            merged.add(row["cause_id"])
            _merge(conn, row["cause_id"], row["into_id"], now)
    for row in rows(conn, _SQL["checklists_on_document"], {"since": to_db(since)}):
        (cause,) = _causes(conn, row["cause_id"], row["cause_id"]).values()
        _move(conn, row["checklist_id"], cause, now)
    return len(merged)


def _merge(conn: duckdb.DuckDBPyConnection, cause_id: int, into_id: int, now: datetime) -> None:
    both = _causes(conn, cause_id, into_id)
    old, new = both[cause_id], both[into_id]
    pair = {"cause_id": cause_id, "into_id": into_id}
    conn.execute(_SQL["merge_cause"], pair)
    conn.execute(_SQL["move_releases"], pair)
    if old["owner"]:
        conn.execute(_SQL["hand_owner_on"], {"cause_id": into_id, "owner": old["owner"]})
    for row in rows(conn, _SQL["checklists_on"], {"cause_id": cause_id}):
        subject = checklists.Subject(**{name: new[name] for name in _KEY})
        running = checklists.running_on(conn, subject)
        if running is None:
            _move(conn, row["checklist_id"], new, now)
            continue
        body = {"reason": f"New rules took its documents to the cause of checklist {running}."}
        checklists.add(conn, row["checklist_id"], EventKind.CLOSED, body=body, who=_BY, now=now)


_KEY = ("company", "error_type", "entity_kind", "entity", "template")


def _move(
    conn: duckdb.DuckDBPyConnection, checklist_id: int, to: dict[str, Any], now: datetime
) -> None:
    before = checklists.load(conn, checklist_id)
    told = " ".join(filter(None, (to["error_type"].replace("_", " "), to["entity"])))
    was = " ".join(filter(None, (before.error_type.replace("_", " "), before.entity)))
    conn.execute(
        _SQL["move_checklist"],
        {"id": checklist_id, "cause_id": to["cause_id"], **{name: to[name] for name in _KEY}},
    )
    text = f"New rules read these documents' error as {told}, no longer as {was}."
    checklists.add(conn, checklist_id, EventKind.NOTED, body={"text": text}, who=_BY, now=now)


def _causes(conn: duckdb.DuckDBPyConnection, *ids: int) -> dict[int, dict[str, Any]]:
    found = rows(conn, _SQL["two_causes"], {"cause_id": ids[0], "into_id": ids[1]})
    return {row["cause_id"]: row for row in found}
