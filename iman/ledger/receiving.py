"""What intake writes: documents, asked-for resyncs, problems, and how far byondpro was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from iman.domain.document import DocumentKey, DocumentState, EntryType
from iman.domain.feed import DocumentArrived, FeedEvent, ResyncRequested, Unreadable
from iman.ledger.dependencies import hold_back
from iman.ledger.ids import Ids
from iman.ledger.queries import first_row, queries
from iman.ledger.reconciling import owe_arrived
from iman.ledger.resyncing import restart
from iman.ledger.revisions import keep_for_later, take_waiting
from iman.ledger.utc import to_db

_SQL = queries("intake")


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What one reading of the outbox changed."""

    documents: int = 0
    resyncs: int = 0
    problems: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    document_id: int
    revision: int
    state: str | None  # None: closed
    round: int
    entered: bool  # Sage 300 holds it: only its posting was refused


@dataclass(frozen=True, slots=True)
class Looked:
    """Which documents had the numbers of some events, a moment ago; and the newest then.

    A number's document keeps its id, and none is ever removed.
    """

    ids: list[int]
    newest: int


def look_up(conn: duckdb.DuckDBPyConnection, events: Sequence[FeedEvent]) -> Looked:
    """On a reader's cursor: with years of history it takes a tenth of a second."""
    row = first_row(conn, _SQL["ids_of_numbers"], {"numbers": _numbers(events)})
    return Looked(list(row[0] or ()), int(row[1] or 0)) if row else Looked([], 0)


def receive(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    events: Sequence[FeedEvent],
    *,
    source: str,
    cursor: str | None,
    now: datetime,
    looked: Looked | None = None,
) -> Received:
    """Record *events* and *cursor* together, so that none is lost and none counts twice.

    A revision that is not newer is passed over. A newer one replaces a document that Sage 300 does
    not hold, as soon as no push of it is under way; one for a document Sage 300 holds already is
    reported as a problem for people to look at.
    """
    known = _known(conn, events, looked)
    arrived: dict[DocumentKey, DocumentArrived] = {}
    resyncs: list[ResyncRequested] = []
    problems: list[Unreadable] = []
    for event in events:
        match event:
            case DocumentArrived():
                earlier = known.get(event.key)
                if earlier is not None and _is_under_way(event, earlier):
                    keep_for_later(conn, earlier.document_id, event)
                elif earlier is not None and _is_too_late(event, earlier):
                    problems.append(_too_late(event))
                elif _is_news(event, known.get(event.key), arrived.get(event.key)):
                    arrived[event.key] = event
            case ResyncRequested():
                resyncs.append(event)
            case Unreadable():
                problems.append(event)
    if arrived:
        _store(conn, ids, list(arrived.values()), known, now)
    asked = sum(_resync(conn, ids, event, problems, now) for event in resyncs)
    for problem in problems:
        record_problem(conn, ids, problem, now)
    if cursor is not None:
        conn.execute(_SQL["save_cursor"], {"source": source, "cursor": cursor, "now": to_db(now)})
    return Received(documents=len(arrived), resyncs=asked, problems=len(problems))


def record_problem(
    conn: duckdb.DuckDBPyConnection, ids: Ids, problem: Unreadable, now: datetime
) -> None:
    conn.execute(
        _SQL["insert_problem"],
        {
            "id": ids.take("problem"),
            "cursor": problem.cursor,
            "now": to_db(now),
            "reason": problem.reason,
            "excerpt": problem.excerpt,
        },
    )


def _numbers(events: Sequence[FeedEvent]) -> list[str]:
    return [event.key.number for event in events if not isinstance(event, Unreadable)]


def _known(
    conn: duckdb.DuckDBPyConnection, events: Sequence[FeedEvent], looked: Looked | None = None
) -> dict[DocumentKey, _Known]:
    numbers = _numbers(events)
    if not numbers:
        return {}
    if looked is None:
        rows = conn.execute(_SQL["known_documents"], {"numbers": numbers}).fetchall()
    else:
        told = {"ids": looked.ids, "newest": looked.newest, "numbers": numbers}
        rows = conn.execute(_SQL["known_since"], told).fetchall()
    return {
        DocumentKey(company=company, entry_type=EntryType(entry_type), number=number): _Known(
            document_id, revision, state, round_, bool(entered)
        )
        for document_id, company, entry_type, number, revision, state, round_, entered in rows
    }


def _is_news(event: DocumentArrived, known: _Known | None, earlier: DocumentArrived | None) -> bool:
    seen = max(known.revision if known else 0, earlier.revision if earlier else 0)
    return event.revision > seen


def _is_under_way(event: DocumentArrived, known: _Known) -> bool:
    moving = known.state in {DocumentState.SYNCING, DocumentState.UNKNOWN}
    return moving and event.revision > known.revision


def _is_too_late(event: DocumentArrived, known: _Known) -> bool:
    return (known.state is None or known.entered) and event.revision > known.revision


def _too_late(event: DocumentArrived) -> Unreadable:
    return Unreadable(
        cursor=event.cursor,
        reason=f"Revision {event.revision} of {event.key} was not taken: Sage 300 holds the "
        "document already.",
        excerpt=event.payload[:2000],
    )


def apply_waiting_revisions(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    document_ids: Sequence[int],
    *,
    closed: frozenset[int],
    now: datetime,
) -> None:
    """The pushes of *document_ids* are settled: take what arrived meanwhile."""
    taken = take_waiting(conn, document_ids)
    for document_id, event in taken.items():
        if document_id in closed:
            record_problem(conn, ids, _too_late(event), now)
    fresh = [event for document_id, event in taken.items() if document_id not in closed]
    if fresh:
        _store(conn, ids, fresh, _known(conn, fresh), now)


def _store(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    events: list[DocumentArrived],
    known: dict[DocumentKey, _Known],
    now: datetime,
) -> None:
    replaced = [known[event.key].document_id for event in events if event.key in known]
    if replaced:
        conn.execute(_SQL["delete_documents"], {"ids": replaced})
        conn.execute(_SQL["delete_open"], {"ids": replaced})
    document_ids = [
        known[event.key].document_id if event.key in known else ids.take("document")
        for event in events
    ]
    conn.execute(
        _SQL["insert_documents"],
        {
            "document_id": document_ids,
            "company": [event.key.company for event in events],
            "entry_type": [event.key.entry_type.value for event in events],
            "number": [event.key.number for event in events],
            "parent": [str(event.parent) if event.parent else None for event in events],
            "received_at": [to_db(now)] * len(events),
            **{
                name: [getattr(event, name) for event in events]
                for name in (
                    "revision", "site", "site_name", "booking", "sales_order", "description",
                    "customer", "customer_name", "document_date", "amount", "currency",
                    "terms_code", "terms_description", "payload",
                )
            },
        },
    )  # fmt: skip
    conn.execute(
        _SQL["open_documents"],
        {
            "document_id": document_ids,
            "entry_type": [event.key.entry_type.value for event in events],
            "company": [event.key.company for event in events],
            "site": [event.site for event in events],
            "amount": [event.amount for event in events],
            "number": [event.key.number for event in events],
            "booking": [event.booking for event in events],
            "customer": [event.customer for event in events],
            "customer_name": [event.customer_name for event in events],
            "dated": [event.document_date for event in events],
            "round": [known[event.key].round + 1 if event.key in known else 1 for event in events],
            "now": to_db(now),
        },
    )
    owe_arrived(conn, document_ids, now=now)
    hold_back(conn, document_ids)


def _resync(
    conn: duckdb.DuckDBPyConnection,
    ids: Ids,
    event: ResyncRequested,
    problems: list[Unreadable],
    now: datetime,
) -> int:
    found = _known(conn, [event]).get(event.key)
    if found is None:
        problems.append(
            Unreadable(
                cursor=event.cursor,
                reason=f"byondpro asked to resync {event.key}, which it never sent.",
                excerpt=f"asked by {event.by}",
            )
        )
        return 0
    started = restart(
        conn, ids, found.document_id, who=event.by, origin="byondpro", reason="",
        request_id=f"byondpro:{event.cursor or event.requested_at.isoformat()}", now=now,
    )  # fmt: skip
    return int(started is not None)
