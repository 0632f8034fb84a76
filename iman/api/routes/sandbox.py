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
    before = _stands(request, name)
    found = _sandbox(request).switch(name, on=True)
    _record(request, person, name, before, "on")
    return _told(request, found)


@router.delete("/sandbox/faults/{name}")
def switch_off(request: Request, person: Admin, name: Name) -> SandboxFaults:
    """This one only."""
    before = _stands(request, name)
    found = _sandbox(request).switch(name, on=False)
    _record(request, person, name, before, "off")
    return _told(request, found)


@router.delete("/sandbox/faults")
def clear(request: Request, person: Admin) -> SandboxFaults:
    """All of them, also those set on the sandbox's own panel."""
    before = _stands(request)
    found = _sandbox(request).clear()
    _record(request, person, "all", before, "off")
    return _told(request, found)


def _sandbox(request: Request) -> SandboxView:
    found: SandboxView = request.app.state.sandbox
    return found


def _told(request: Request, switches: list[dict[str, Any]]) -> SandboxFaults:
    try:
        return SandboxFaults.model_validate({"switches": switches, "page": _sandbox(request).page})
    except ValidationError as exc:
        raise DaemonRefused("The sandbox is of another version than this Iman.") from exc


def _stands(request: Request, name: str = "") -> str:
    """Of one fault, or which of all are on."""
    on = [str(one["name"]) for one in _sandbox(request).faults() if one["on"]]
    return ("on" if name in on else "off") if name else ", ".join(on) or "off"


def _record(request: Request, person: Person, name: str, before: str, after: str) -> None:
    now, held = request.app.state.now(), ledger(request)
    event = AuditEvent(
        who=person.name, role=person.role, action="sandbox_fault", target=name, allowed=True,
        reason="", origin=origin(request), before=before, after=after,
    )  # fmt: skip
    held.write(lambda conn: write_audit(conn, held.ids, event, now=now)).result()
