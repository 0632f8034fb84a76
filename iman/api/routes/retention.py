"""What is past its age, and moving it out now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from iman.api.retention import RetentionState, RetentionView
from iman.api.routes.asking import ledger, needs, origin
from iman.domain.people import Permission, Person
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["retention"])


@router.get("/retention")
def retention(
    request: Request,
    _: Annotated[Person, Depends(needs(Permission.VIEW_SETTINGS))],
    *,
    planned: Annotated[bool, Query(description="Count what a run would do; reads much")] = True,
) -> RetentionState:
    """What a run would move out and delete now, how far one is, and what the last one did."""
    view = _retention(request)
    return view.state() if planned else view.progress()


@router.post("/retention", status_code=202)
def retain(
    request: Request, person: Annotated[Person, Depends(needs(Permission.PRUNE))]
) -> RetentionState:
    """Begin a run now; it is under way when this answers. Pushing goes on meanwhile."""
    state = _retention(request).begin()
    held, now = ledger(request), request.app.state.now()
    event = AuditEvent(
        who=person.name, role=person.role, action="prune", target="everything past its age",
        allowed=True, reason="", origin=origin(request), after="begun",
    )  # fmt: skip
    held.write(lambda conn: write_audit(conn, held.ids, event, now=now)).result()
    return state


def _retention(request: Request) -> RetentionView:
    found: RetentionView = request.app.state.retention
    return found
