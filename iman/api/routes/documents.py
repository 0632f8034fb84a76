"""Documents: lists, one of them with its attempts, and Resync."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from iman.api.routes.asking import Viewer, as_asked, ledger, needs, origin, people, reader
from iman.api.routes.figures import known_zone
from iman.api.wire import (
    AwareMoment,
    DocumentDetail,
    DocumentId,
    Neighbours,
    ResyncRequest,
    ResyncStarted,
    Table,
)
from iman.domain.document import DocumentState, EntryType
from iman.domain.people import Permission, Person
from iman.domain.view import Order
from iman.errors import NotFound
from iman.ledger import listing, read_model
from iman.ledger.audit import AuditEvent, write_audit
from iman.ledger.resyncing import restart_or_say_why

router = APIRouter(tags=["documents"])

_LARGEST_ID = 2**63 - 1
Text = Annotated[str | None, Query(max_length=200)]


def refused_in(
    zone: Annotated[str, Depends(known_zone)],
    refused_from: AwareMoment | None = None,
    refused_to: AwareMoment | None = None,
    weekday: Annotated[int | None, Query(ge=1, le=7, description="1: Monday")] = None,
    hour: Annotated[int | None, Query(ge=0, le=23)] = None,
) -> read_model.Refusals | None:
    """When documents were refused; an error type asked for is then that of the refusal."""
    if refused_from is None or refused_to is None:
        return None
    return read_model.Refusals(
        since=refused_from, until=refused_to, weekday=weekday, hour=hour, zone=zone
    )


def wanted(
    refused: Annotated[read_model.Refusals | None, Depends(refused_in)],
    entry_type: EntryType | None = None,
    state: Annotated[list[DocumentState] | None, Query()] = None,
    error_type: Text = None,
    entity: Text = None,
    site: Text = None,
    company: Text = None,
    search: Annotated[str, Query(max_length=200)] = "",
    order: Order = "newest",
    began_from: AwareMoment | None = None,
    began_to: AwareMoment | None = None,
    dated_to: date | None = None,
) -> dict[str, Any]:
    """The filter, as ``listing.documents`` takes it."""
    return {
        "entry_type": entry_type,
        "states": [one.value for one in state or ()],
        "error_type": error_type,
        "entity": entity,
        "site": site,
        "company": company,
        "search": search,
        "order": order,
        "began_from": began_from,
        "began_to": began_to,
        "dated_to": dated_to,
        "refused": refused,
    }


Wanted = Annotated[dict[str, Any], Depends(wanted)]
Id = Annotated[int, "a document's id"]


@router.get("/documents", response_model=Table)
def documents(
    request: Request,
    _: Viewer,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Level 2: one page; ``total`` obeys the filter."""
    found, total = listing.documents(reader(request), **wanted, limit=limit, offset=offset)
    return as_asked(request, found, total)


@router.get("/document-ids")
def find(
    request: Request,
    person: Viewer,
    number: Annotated[str, Query(min_length=1, max_length=200)],
    entry_type: EntryType | None = None,
) -> DocumentId:
    """The id of the document with byondpro's *number*."""
    try:
        return DocumentId(id=read_model.find_document(reader(request), number, entry_type))
    except NotFound:
        with contextlib.suppress(NotFound):  # whether it lies out of reach
            known = read_model.find_document(ledger(request).reader(), number, entry_type)
            target = f"{request.url.path} {number}"
            with contextlib.suppress(NotFound):  # its own words name the id
                people(request).reach_check(
                    person, "document", known, target=target, origin=origin(request)
                )
        raise


@router.get("/documents/{document_id}")
def document(request: Request, _: Viewer, document_id: int) -> DocumentDetail:
    """All facts, every attempt, every resync."""
    return DocumentDetail.model_validate(
        read_model.document(reader(request), min(document_id, _LARGEST_ID))
    )


@router.get("/documents/{document_id}/neighbours")
def neighbours(request: Request, _: Viewer, wanted: Wanted, document_id: int) -> Neighbours:
    """The documents before and after within a filter."""
    before, after = listing.neighbours(reader(request), document_id, **wanted)
    return Neighbours(before=before, after=after)


@router.post("/documents/{document_id}/resync", status_code=202)
def resync(
    request: Request,
    person: Annotated[Person, Depends(needs(Permission.RESYNC))],
    document_id: int,
    body: ResyncRequest | None = None,
) -> ResyncStarted:
    """Begin a new round for a failed or parked document. The answer does not wait for it."""
    asked = body or ResyncRequest()
    now, came_from = request.app.state.now(), origin(request)
    held = ledger(request)

    def work(conn: Any) -> tuple[str, int]:
        number, begun = restart_or_say_why(
            conn,
            held.ids,
            min(document_id, _LARGEST_ID),
            who=person.name,
            origin=came_from.split(" ", 1)[0],
            reason=asked.reason,
            request_id=asked.request_id,
            now=now,
        )
        event = AuditEvent(
            who=person.name, role=person.role, action="resync", target=number, allowed=True,
            reason=asked.reason, origin=came_from, before=f"round {begun - 1}",
            after=f"round {begun}",
        )  # fmt: skip
        write_audit(conn, held.ids, event, now=now)
        return number, begun

    number, begun = held.write(work).result()
    request.app.state.daemon.wake()
    return ResyncStarted(document_id=document_id, number=number, round=begun)
