"""A cause with all that belongs to it, and what a checklist or a release would be about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import duckdb

from iman.domain.playbook import filled
from iman.errors import DaemonRefused, NotFound
from iman.ledger import cause_reading, causes, checklist_reading, releases, setups
from iman.ledger.cause_reading import rows
from iman.ledger.checklists import Subject
from iman.ledger.playbook_shelf import Files, playbook_for
from iman.ledger.queries import queries
from iman.ledger.read_model import Facts, Row, facts

_SQL = queries("checklists")
_SHOWN = 500


def cause(
    conn: duckdb.DuckDBPyConnection, cause_id: int, *, files: Files, hours: int, now: datetime
) -> Row:
    """As ``CauseDetail``. Raises ``NotFound``."""
    found = cause_reading.cause(conn, cause_id)
    trend = cause_reading.trend(conn, [cause_id], hours=hours, now=now)[cause_id]
    known = facts(conn)
    ids = causes.documents_of(conn, cause_id)[:_SHOWN]
    playbook = playbook_for(conn, files, found["error_type"]).playbook
    running = checklist_reading.checklists(
        conn, error_type=found["error_type"], entity=found["entity"] or ""
    )
    return {
        "cause": {**found, "trend": trend},
        "places": [
            {**asdict(place), "link": _place_link(known, place.kind, place.code)}
            for place in setups.places_of_cause(conn, found["entity_kind"], found["entity"])
        ],
        "documents": [
            {
                "id": row["document_id"], "entry_type": row["entry_type"],
                "number": row["number"], "booking": row["booking"],
                "customer_name": row["customer_name"], "site": row["site"],
                "amount": row["amount"] or 0, "state": row["state"],
            }
            for row in rows(conn, _SQL["subject"], {"ids": ids})
        ],
        "checklists": [row["id"] for row in running if row["company"] == found["company"]],
        "releases": [row["id"] for row in releases.releases(conn, cause_id=cause_id)],
        "playbook_title": filled(playbook.title, {"entity": found["entity"] or ""}),
    }  # fmt: skip


def subject_of(conn: duckdb.DuckDBPyConnection, document_id: int) -> Subject:
    """A checklist for one document. Raises ``NotFound``, or ``DaemonRefused`` without an error."""
    found = rows(conn, _SQL["document_error"], {"id": document_id})
    if not found:
        raise NotFound(f"There is no document {document_id}.")
    row = found[0]
    if row["error_type"] is None:
        raise DaemonRefused(f"{row['number']} met no error, so there is nothing to remedy.")
    return Subject(
        company=row["company"], error_type=row["error_type"], document_id=document_id,
        entity_kind=row["entity_kind"] or "", entity=row["entity"] or "",
        template=row["template"] or "",
    )  # fmt: skip


def _place_link(known: Facts, kind: str, code: str) -> str | None:
    match kind:
        case "category":
            return known.link("category", category=code)
        case "term":
            return known.link("term", code=code)
        case _:
            return None
