"""The audit trail, and the proof that it is what was written. Admins only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from iman.api.routes.asking import as_asked, needs, reader
from iman.api.wire import Table
from iman.api.wire_audit import AuditVerification
from iman.domain.people import Permission, Person
from iman.ledger import audit as trail
from iman.ledger import read_model

router = APIRouter(tags=["audit"])
Auditor = Annotated[Person, Depends(needs(Permission.VIEW_AUDIT))]


@router.get("/audit", response_model=Table)
def audit(
    request: Request, _: Auditor, limit: Annotated[int, Query(ge=1, le=5000)] = 500
) -> Response:
    """Who did what, newest first."""
    return as_asked(request, read_model.audit(reader(request), limit=limit))


@router.get("/audit/verification")
def verification(
    request: Request,
    _: Auditor,
    events: Annotated[
        int | None, Query(ge=1, le=2**53, description="Of a head that was kept elsewhere")
    ] = None,
    hash: Annotated[  # noqa: A002 -- the parameter's name
        str | None, Query(pattern=r"^[0-9a-f]{64}$", description="As above")
    ] = None,
) -> AuditVerification:
    """Walks the whole chain and names the first link that does not fit."""
    known = trail.Head(events=events, hash=hash) if events and hash else None
    return AuditVerification.model_validate(trail.proof(reader(request), known))
