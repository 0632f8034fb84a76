"""Pausing, resuming, and the breaker's history."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from iman.api.routes.asking import Viewer, ledger, needs, origin, reader
from iman.api.wire import BreakerEvent, Pause, PauseRequest
from iman.domain.document import EntryType
from iman.domain.people import Permission, Person
from iman.ledger import holding
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["holding"])
What = EntryType | Literal["all"]
Pauser = Annotated[Person, Depends(needs(Permission.PAUSE))]


@router.get("/pauses")
def pauses(request: Request, _: Viewer) -> list[Pause]:
    """What an admin holds back."""
    return [
        Pause(
            entry_type=one.entry_type or "all",
            paused_at=one.paused_at,
            paused_by=one.paused_by,
            reason=one.reason,
        )
        for one in holding.pauses(reader(request))
    ]


@router.put("/pauses/{what}")
def pause(request: Request, person: Pauser, what: What, body: PauseRequest) -> list[Pause]:
    """Push nothing of that entry type, or nothing at all; what is under way is finished."""
    now, held = request.app.state.now(), ledger(request)

    def work(conn: Any) -> None:
        event = _event(request, person, "pause", what, body.reason, _stands(conn, what), "paused")
        holding.pause(conn, _stored(what), who=person.name, reason=body.reason, now=now)
        write_audit(conn, held.ids, event, now=now)

    held.write(work).result()
    return pauses(request, person)


@router.delete("/pauses/{what}", status_code=204)
def resume(request: Request, person: Pauser, what: What) -> Response:
    """Push again; what waited is due at once."""
    now, held = request.app.state.now(), ledger(request)

    def work(conn: Any) -> None:
        event = _event(request, person, "resume", what, "", _stands(conn, what), "pushing")
        holding.resume(conn, _stored(what))
        write_audit(conn, held.ids, event, now=now)

    held.write(work).result()
    request.app.state.daemon.wake()
    return Response(status_code=204)


@router.get("/breaker-events")
def breaker_events(
    request: Request, _: Viewer, hours: Annotated[int, Query(ge=1, le=24 * 400)] = 24
) -> list[BreakerEvent]:
    """When pushing was held back because Sage 300 was unwell; newest first."""
    since = request.app.state.now() - timedelta(hours=hours)
    return [
        BreakerEvent(at=one.happened_at, state=one.state, reason=one.reason)
        for one in holding.breaker_changes(reader(request), since=since)
    ]


def _stored(what: What) -> str:
    return holding.EVERYTHING if what == "all" else str(what)


def _stands(conn: Any, what: What) -> str:
    paused = any(one.entry_type == _stored(what) for one in holding.pauses(conn))
    return "paused" if paused else "pushing"


def _event(
    request: Request, person: Person, action: str, what: What, reason: str, before: str, after: str
) -> AuditEvent:
    return AuditEvent(
        who=person.name, role=person.role, action=action, target=str(what), allowed=True,
        reason=reason, origin=origin(request), before=before, after=after,
    )  # fmt: skip
