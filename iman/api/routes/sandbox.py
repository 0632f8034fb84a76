"""The sandbox's faults, for administrators. In production every one of these is refused."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError

from iman.api.routes.asking import ledger, needs, origin
from iman.api.sandbox import SandboxView
from iman.api.wire_sandbox import SandboxFaults
from iman.domain.people import Permission, Person
from iman.errors import DaemonRefused
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["sandbox"])
Admin = Annotated[Person, Depends(needs(Permission.WORK_SANDBOX))]
Name = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,40}$")]


@router.get("/sandbox/faults")
def faults(request: Request, _: Admin) -> SandboxFaults:
    """What the sandbox's Sage 300 can do wrong, and what of it is on; 409 without a sandbox."""
    return _told(request, _sandbox(request).faults())


@router.put("/sandbox/faults/{name}")
def switch_on(request: Request, person: Admin, name: Name) -> SandboxFaults:
    """Beside what is on."""
    found = _sandbox(request).switch(name, on=True)
    _record(request, person, name, "on")
    return _told(request, found)


@router.delete("/sandbox/faults/{name}")
def switch_off(request: Request, person: Admin, name: Name) -> SandboxFaults:
    """This one only."""
    found = _sandbox(request).switch(name, on=False)
    _record(request, person, name, "off")
    return _told(request, found)


@router.delete("/sandbox/faults")
def clear(request: Request, person: Admin) -> SandboxFaults:
    """All of them, also those set on the sandbox's own panel."""
    found = _sandbox(request).clear()
    _record(request, person, "all", "off")
    return _told(request, found)


def _sandbox(request: Request) -> SandboxView:
    found: SandboxView = request.app.state.sandbox
    return found


def _told(request: Request, switches: list[dict[str, Any]]) -> SandboxFaults:
    try:
        return SandboxFaults.model_validate({"switches": switches, "page": _sandbox(request).page})
    except ValidationError as exc:
        raise DaemonRefused("The sandbox is of another version than this Iman.") from exc


def _record(request: Request, person: Person, name: str, what: str) -> None:
    now, held = request.app.state.now(), ledger(request)
    event = AuditEvent(
        who=person.name, role=person.role, action="sandbox_fault", target=name, allowed=True,
        reason="", origin=origin(request), after=what,
    )  # fmt: skip
    held.write(lambda conn: write_audit(conn, held.ids, event, now=now)).result()
