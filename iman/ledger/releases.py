"""Resyncing many at once: an exact preview, the first few as a canary, a result for each.

A release is rows in the ledger, moved on a step at a time, so a restart goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from iman.domain.document import CLOSED_STATES, DocumentState
from iman.errors import DaemonRefused, NotFound
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.cause_reading import rows
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.resyncing import restart
from iman.ledger.utc import to_db

_SQL = queries("releases")
Row = dict[str, Any]

MOST = 20_000  # documents of one release
_AT_ONCE = 50  # documents given a new round in one transaction
#: Refusals that pass by themselves and so say nothing about the remedy.
_PASSING = frozenset({"erp_unavailable", "record_conflict", "licence_limit", "database_error"})
_MOVING = frozenset({"grace", "canary", "running"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Somebody's wish to resync many."""

    document_ids: Sequence[int]
    title: str
    reason: str
    who: str
    role: str
    origin: str
    request_id: str
    grace: timedelta
    canary: int
    include_parked: bool = False
    digest: str = ""  # of the preview that was shown; '' asks for no comparison
    cause_id: int | None = None
    checklist_id: int | None = None


def preview(
    conn: duckdb.DuckDBPyConnection, document_ids: Sequence[int], *, include_parked: bool
) -> Row:
    """What would be touched and what not, with the reason. The digest names exactly this set."""
    found = rows(conn, _SQL["candidates"], {"ids": list(document_ids)[:MOST]})
    busy = {row[0] for row in conn.execute(_SQL["busy"], {"ids": list(document_ids)}).fetchall()}
    touched, untouched = [], []
    for row in found:
        why = _untouchable(row, include_parked=include_parked, busy=row["id"] in busy)
        shown = {name: row[name] for name in _SHOWN}
        if why:
            untouched.append({**shown, "why": why})
        else:
            first = "Waits for its parent first." if row["has_open_parent"] else ""
            touched.append({**shown, "why": first})
    named = ",".join(str(row["id"]) for row in touched)
    return {
        "touched": touched,
        "untouched": untouched,
        "documents": len(touched),
        "amount": sum((row["amount"] for row in touched), Decimal(0)),
        "digest": hashlib.sha256(named.encode()).hexdigest()[:16],
    }


_SHOWN = ("id", "entry_type", "number", "customer_name", "booking", "amount", "currency", "state")


def _untouchable(row: Row, *, include_parked: bool, busy: bool) -> str:
    state = DocumentState(row["state"])
    if busy:
        return "Another release is about to resync it."
    if row["invalid"] and state is DocumentState.FAILED:
        return "byondpro's document is invalid; only a corrected one from byondpro can pass."
    match state:
        case DocumentState.FAILED:
            return ""
        case DocumentState.PARKED:
            return "" if include_parked else "Parked: somebody set it aside."
        case DocumentState.RETRYING:
            return "Still being retried; it goes by itself."
        case DocumentState.PENDING | DocumentState.SYNCING:
            return "On its way already."
        case DocumentState.WAITING:
            return "Waits for its parent; it goes by itself."
        case DocumentState.UNKNOWN:
            return "Its answer was lost; Sage 300 is asked before anything is sent."
        case _:
            return "Closed already."


def begin(conn: duckdb.DuckDBPyConnection, ids: Ids, order: Order, *, now: datetime) -> int:
    """Write the release down; it starts when its grace period is over. Its id.

    The same request id again answers the release it began. Raises ``DaemonRefused`` where there is
    nothing to do, or the set is not the one that was previewed.
    """
    again = first_row(conn, _SQL["same_request"], {"request_id": order.request_id})
    if again is not None:
        return int(again[0])
    planned = preview(conn, order.document_ids, include_parked=order.include_parked)
    if order.digest and order.digest != planned["digest"]:
        raise DaemonRefused(
            f"The documents are not those of the preview any more ({planned['documents']} now); "
            "look at them again."
        )
    if not planned["touched"]:
        raise DaemonRefused("There is no document that could be resynced.")
    release_id = ids.take("release")
    conn.execute(
        _SQL["insert_release"],
        {
            "id": release_id, "cause_id": order.cause_id, "checklist_id": order.checklist_id,
            "title": order.title, "who": order.who, "now": to_db(now), "reason": order.reason,
            "origin": order.origin, "request_id": order.request_id,
            "starts_at": to_db(now + order.grace), "canary": order.canary,
        },
    )  # fmt: skip
    conn.execute(
        _SQL["insert_documents"],
        {
            "id": release_id,
            "document_id": [row["id"] for row in planned["touched"]],
            "place": list(range(1, planned["documents"] + 1)),
            "amount": [row["amount"] for row in planned["touched"]],
            "now": to_db(now),
        },
    )
    event = AuditEvent(
        who=order.who, role=order.role, action="release", target=order.title, allowed=True,
        reason=f"{planned['documents']} documents, {planned['amount']}. {order.reason}".strip(),
        origin=order.origin, after=f"release {release_id}",
    )  # fmt: skip
    write_audit(conn, ids, event, now=now)
    return release_id


def release(conn: duckdb.DuckDBPyConnection, release_id: int) -> Row:
    """With a row for each document. Raises ``NotFound``."""
    found = rows(conn, _SQL["releases"], {"id": release_id, "cause_id": None, "limit": 1})
    if not found:
        raise NotFound(f"There is no release {release_id}.")
    return {**_named(found[0]), "results": _documents(conn, release_id)}


def releases(
    conn: duckdb.DuckDBPyConnection, *, cause_id: int | None = None, limit: int = 100
) -> list[Row]:
    """Newest first, without their documents."""
    found = rows(conn, _SQL["releases"], {"id": None, "cause_id": cause_id, "limit": limit})
    return [_named(row) for row in found]


def whole(conn: duckdb.DuckDBPyConnection, release_id: int) -> bool:
    """Whether *conn*, which may be limited, sees every document of it."""
    return _count(conn, release_id) == _everywhere(conn, release_id)


def _everywhere(conn: duckdb.DuckDBPyConnection, release_id: int) -> int:
    with contextlib.closing(conn.cursor()) as unlimited:
        return _count(unlimited, release_id)


def _count(conn: duckdb.DuckDBPyConnection, release_id: int) -> int:
    row = first_row(conn, _SQL["documents_in"], {"id": release_id})
    return int(row[0]) if row else 0


def stop(conn: duckdb.DuckDBPyConnection, release_id: int, *, who: str, now: datetime) -> Row:
    """Undo it within its grace period, cancel the rest of it later.

    What has been sent goes its way. Raises ``NotFound`` and ``DaemonRefused``.
    """
    standing = release(conn, release_id)
    if standing["state"] in {"undone", "cancelled"}:
        return standing
    if standing["state"] not in _MOVING:
        raise DaemonRefused(f"This release is {standing['state']} already.")
    undone = standing["state"] == "grace"
    note = f"{'Undone' if undone else 'Cancelled'} by {who}."
    _leave_rest(conn, release_id, standing["results"], note, now)
    _state(conn, release_id, "undone" if undone else "cancelled", note, now)
    return release(conn, release_id)


def to_move(conn: duckdb.DuckDBPyConnection, *, now: datetime) -> list[int]:
    return [row[0] for row in conn.execute(_SQL["to_move"], {"now": to_db(now)}).fetchall()]


def move(conn: duckdb.DuckDBPyConnection, ids: Ids, release_id: int, *, now: datetime) -> int:
    """One step on; how many documents began a new round."""
    known = rows(conn, _SQL["release"], {"id": release_id})[0]
    results = _look(conn, release_id, now)
    state, canary = known["state"], known["canary"]
    if state not in _MOVING:
        return 0
    if state == "grace":
        if to_db(known["starts_at"]) > to_db(now):
            return 0
        state = "canary" if 0 < canary < len(results) else "running"
        _state(conn, release_id, state, "", now)
    if state == "canary":
        first = results[:canary]
        bad = next((row for row in first if _falters(row)), None)
        if bad is not None:
            note = f"{bad['number']} failed again: {bad['error_text'] or bad['detail']}"
            _leave_rest(conn, release_id, results, "The canary failed again.", now)
            _state(conn, release_id, "stopped", note, now)
            _audit(conn, ids, known, "release_stopped", note, now)
            return 0
        planned = [row for row in first if row["result"] == "planned"]
        if planned:
            return _send(conn, ids, known, planned, now)
        if any(row["result"] == "sent" and row["state"] != "waiting" for row in first):
            return 0
        _state(conn, release_id, "running", "", now)
    planned = [row for row in results if row["result"] == "planned"]
    sent = _send(conn, ids, known, planned[:_AT_ONCE], now) if planned else 0
    if not planned and not any(row["result"] == "sent" for row in results):
        failed = sum(row["result"] == "failed" for row in results)
        note = f"{failed} of {len(results)} failed again." if failed else ""
        _state(conn, release_id, "done", note, now)
        synced = sum(row["result"] == "synced" for row in results)
        _audit(conn, ids, known, "release_done", f"{synced} of {len(results)} synced", now)
    return sent


def _falters(row: Row) -> bool:
    if row["result"] == "failed":
        return True
    refused = row["round_now"] == row["round"] and row["attempt"] >= 1
    return row["result"] == "sent" and refused and row["error_type"] not in _PASSING


def _look(conn: duckdb.DuckDBPyConnection, release_id: int, now: datetime) -> list[Row]:
    """What became of what was sent, written down."""
    results = _documents(conn, release_id)
    changed = []
    for row in results:
        if row["result"] != "sent":
            continue
        told = _outcome(row)
        if told is not None and told != (row["result"], row["detail"]):
            row["result"], row["detail"] = told
            changed.append(row)
    _write(conn, release_id, changed, now)
    return results


def _outcome(row: Row) -> tuple[str, str] | None:
    state = DocumentState(row["state"])
    if state in CLOSED_STATES:
        reference = row["reference"] or ""
        return "synced", f"In Sage 300 as {reference}." if reference else "Closed by hand."
    if state is DocumentState.PARKED:
        return "skipped", "Somebody parked it."
    if row["round_now"] is not None and row["round_now"] > row["round"]:
        return "failed", "It failed, and somebody resynced it again."
    error = " - ".join(part for part in (row["error_code"], row["error_text"]) if part)
    if state is DocumentState.FAILED:
        return "failed", error
    if row["attempt"] >= 1:
        return "sent", f"Attempt {row['attempt']}: {error}"
    return None


def _send(
    conn: duckdb.DuckDBPyConnection, ids: Ids, known: Row, planned: Sequence[Row], now: datetime
) -> int:
    sent = 0
    for row in planned:
        begun = restart(
            conn, ids, row["id"], who=known["asked_by"], origin="release",
            reason=known["reason"] or known["title"],
            request_id=f"release:{known['release_id']}", now=now,
        )  # fmt: skip
        if begun is None:
            row["result"], row["detail"] = "skipped", f"It was {row['state']} by then."
        else:
            row["result"], row["round"], row["detail"] = "sent", begun, ""
            sent += 1
    _write(conn, known["release_id"], planned, now)
    return sent


def _leave_rest(
    conn: duckdb.DuckDBPyConnection, release_id: int, results: list[Row], why: str, now: datetime
) -> None:
    rest = [row for row in results if row["result"] == "planned"]
    for row in rest:
        row["result"], row["detail"] = "not_sent", why
    _write(conn, release_id, rest, now)


def _write(
    conn: duckdb.DuckDBPyConnection, release_id: int, changed: Sequence[Row], now: datetime
) -> None:
    if changed:
        conn.execute(
            _SQL["set_results"],
            {
                "id": release_id, "document_id": [row["id"] for row in changed],
                "result": [row["result"] for row in changed],
                "round": [row["round"] for row in changed],
                "detail": [row["detail"][:500] for row in changed], "now": to_db(now),
            },
        )  # fmt: skip


def _state(
    conn: duckdb.DuckDBPyConnection, release_id: int, state: str, note: str, now: datetime
) -> None:
    values = {"id": release_id, "state": state, "note": note[:500], "now": to_db(now)}
    conn.execute(_SQL["set_state"], values)


def _audit(
    conn: duckdb.DuckDBPyConnection, ids: Ids, known: Row, action: str, reason: str, now: datetime
) -> None:
    event = AuditEvent(
        who="iman", role="", action=action, target=known["title"], allowed=True,
        reason=reason[:500], origin="release", before=str(known["state"]),
        after=action.removeprefix("release_"),
    )  # fmt: skip
    write_audit(conn, ids, event, now=now)


def _documents(conn: duckdb.DuckDBPyConnection, release_id: int) -> list[Row]:
    return rows(conn, _SQL["documents"], {"id": release_id})


def _named(row: Row) -> Row:
    told = {name: value for name, value in row.items() if name not in {"release_id", "request_id"}}
    return {"id": row["release_id"], **told}


_OF_A_DOCUMENT = (
    "id", "entry_type", "number", "customer_name", "booking", "place", "amount", "result", "state",
    "detail", "changed_at",
)  # fmt: skip


_TELLING = ("failed", "skipped", "sent", "not_sent", "synced", "planned")


def shown(found: Row, *, rows: int | None = None) -> Row:
    """A release as it is shown to people; *rows* of its documents, those that say most first."""
    several = found["results"]
    if rows is not None and len(several) > rows:
        several = sorted(several, key=lambda row: _TELLING.index(row["result"]))[:rows]
    results = [{name: row[name] for name in _OF_A_DOCUMENT} for row in several]
    return {**found, "results": results}
