"""What the routes of remedies share: who may, the parts of the app, and the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Request

from iman.api.remedies import RemediesView
from iman.api.routes.asking import ledger, needs, origin
from iman.domain.people import Permission, Person
from iman.ledger.audit import AuditEvent, write_audit

T = TypeVar("T")

Worker = Annotated[Person, Depends(needs(Permission.WORK_CHECKLIST))]
Parker = Annotated[Person, Depends(needs(Permission.PARK))]
Settler = Annotated[Person, Depends(needs(Permission.SETTLE))]
Releaser = Annotated[Person, Depends(needs(Permission.RESYNC_MANY))]
Editor = Annotated[Person, Depends(needs(Permission.EDIT_PLAYBOOKS))]
#: An id of a row: what the ledger can hold.
Id = Annotated[int, Path(ge=-(2**63), le=2**63 - 1)]
Word = Annotated[str, Path(max_length=60)]


def remedies(request: Request) -> RemediesView:
    found: RemediesView = request.app.state.remedies
    return found


def moment(request: Request) -> datetime:
    found: datetime = request.app.state.now()
    return found


def audited(
    request: Request,
    person: Person,
    action: str,
    target: str,
    work: Callable[[Any], T],
    *,
    reason: str = "",
    stands: Callable[[Any], str] = lambda _: "",
) -> T:
    """Run *work* in the writer, with its audit event in the same transaction.

    *stands* tells how what it changes stands; it is asked before and after.
    """
    held, now = ledger(request), moment(request)
    told = event_of(request, person, action, target, reason)

    def both(conn: Any) -> T:
        before = stands(conn)
        done = work(conn)
        event = replace(told, before=before, after=stands(conn))
        write_audit(conn, held.ids, event, now=now)
        return done

    return held.write(both).result()


def event_of(request: Request, person: Person, action: str, target: str, reason: str) -> AuditEvent:
    """Something that was allowed."""
    return AuditEvent(
        who=person.name, role=person.role, action=action, target=target, allowed=True,
        reason=reason[:500], origin=origin(request),
    )  # fmt: skip
