"""Which documents a release is about, and whether their remedy is so far."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from iman.domain.checklist import Checklist, ready_to_release
from iman.domain.people import EVERYWHERE, Reach
from iman.ledger import cause_reading, causes, checklists, listing, remedy_facts
from iman.ledger.reach import limit, within
from iman.ledger.releases import MOST


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """*not_ready*: why a release would come too early; '' where nothing says so."""

    document_ids: Sequence[int]
    title: str
    cause_id: int | None = None
    checklist_id: int | None = None
    not_ready: str = ""


def choose(
    conn: duckdb.DuckDBPyConnection,
    *,
    cause_id: int | None = None,
    checklist_id: int | None = None,
    document_ids: Sequence[int] | None = None,
    wanted: dict[str, Any] | None = None,
    reach: Reach = EVERYWHERE,
) -> Chosen:
    """Exactly one says which; only what *reach* holds is chosen. Raises ``NotFound``."""
    if cause_id is not None:
        chosen = _cause(conn, cause_id)
    elif checklist_id is not None:
        chosen = _checklist(conn, checklists.load(conn, checklist_id))
    elif document_ids is not None:
        ids = within(conn, list(dict.fromkeys(document_ids)), reach)
        return Chosen(document_ids=ids, title=f"{len(ids)} chosen documents")
    else:
        ids = _listed(conn, wanted or {}, reach)
        return Chosen(document_ids=ids, title=_in_words(wanted or {})[:200])
    return replace(chosen, document_ids=within(conn, chosen.document_ids, reach))


def _listed(conn: duckdb.DuckDBPyConnection, wanted: dict[str, Any], reach: Reach) -> list[int]:
    """From a connection of its own, which is limited to *reach*; *conn* is the writer's perhaps."""
    with contextlib.closing(limit(conn.cursor(), reach)) as cursor:
        return listing.document_ids(cursor, **{**wanted, "order": "oldest"}, limit=MOST)


def _in_words(wanted: dict[str, Any]) -> str:
    """The filter as the title of its release: "Failed invoices: terms missing, F48"."""
    states = " or ".join(state.replace("_", " ") for state in wanted.get("states") or ())
    kind = str(wanted.get("entry_type") or "document").replace("_", " ")
    told = [
        str(wanted.get("error_type") or "").replace("_", " "),
        str(wanted.get("entity") or ""),
        f"site {wanted['site']}" if wanted.get("site") else "",
        f"“{wanted['search']}”" if wanted.get("search") else "",
    ]
    which = ", ".join(part for part in told if part)
    what = f"{states} {kind}s".strip().capitalize()
    return f"{what}: {which}" if which else what


def _cause(conn: duckdb.DuckDBPyConnection, cause_id: int) -> Chosen:
    cause = cause_reading.cause(conn, cause_id)
    running = cause["checklist_id"]
    not_ready = "No checklist has been started on this cause."
    if running is not None:
        not_ready = _not_ready(checklists.load(conn, running))
    return Chosen(
        document_ids=causes.documents_of(conn, cause_id),
        title=" ".join(str(part) for part in (cause["error_type"], cause["entity"]) if part),
        cause_id=cause_id,
        checklist_id=running,
        not_ready=not_ready,
    )


def _checklist(conn: duckdb.DuckDBPyConnection, checklist: Checklist) -> Chosen:
    return Chosen(
        document_ids=remedy_facts.subject_ids(conn, checklist),
        title=checklist.title,
        cause_id=checklist.cause_id,
        checklist_id=checklist.id,
        not_ready=_not_ready(checklist),
    )


def _not_ready(checklist: Checklist) -> str:
    ready, missing = ready_to_release(checklist.playbook, checklist.standing)
    if ready:
        return ""
    return f"Not done yet: {', '.join(missing)}."
