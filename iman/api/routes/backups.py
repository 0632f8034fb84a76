"""Backups of the ledger while it is written to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from iman.api.backups import BackupRequest, BackupState, BackupsView
from iman.api.routes.asking import Viewer, ledger, needs, origin
from iman.domain.people import Permission, Person
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["backups"])


@router.get("/backups")
def backups(request: Request, _: Viewer) -> BackupState:
    """The last one, one that is under way, and when the next is due."""
    return _backups(request).state()


@router.post("/backups", status_code=202)
def back_up(
    request: Request,
    person: Annotated[Person, Depends(needs(Permission.BACK_UP))],
    body: BackupRequest,
) -> BackupState:
    """Begin one now; it is under way when this answers. Pushing goes on meanwhile."""
    _backups(request).begin(body.folder)
    held, now = ledger(request), request.app.state.now()
    event = AuditEvent(
        who=person.name, role=person.role, action="back_up", target=body.folder or "scheduled",
        allowed=True, reason="", origin=origin(request), after="begun",
    )  # fmt: skip
    held.write(lambda conn: write_audit(conn, held.ids, event, now=now)).result()
    return _backups(request).state()


def _backups(request: Request) -> BackupsView:
    found: BackupsView = request.app.state.backups
    return found
