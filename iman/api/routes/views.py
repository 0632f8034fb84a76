"""Saved views of the Integration Monitor: one's own, and those that others share."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from iman.api.routes.asking import Viewer, ledger, origin, people, reader
from iman.api.wire_views import SavedView, ViewToSave
from iman.domain.people import Permission, Person
from iman.ledger import views as kept
from iman.ledger.audit import AuditEvent, write_audit

router = APIRouter(tags=["views"])
_LARGEST_ID = 2**63 - 1


@router.get("/views")
def views(request: Request, person: Viewer) -> list[SavedView]:
    """This person's own and those that others share, by name."""
    found = kept.visible(reader(request), person.name)
    return [SavedView.model_validate(one) for one in found]


@router.post("/views", status_code=201)
def save(request: Request, person: Viewer, body: ViewToSave) -> SavedView:
    """Keep a list under a name; 409 where this person has one of that name."""
    now, held = request.app.state.now(), ledger(request)

    def work(conn: Any) -> dict[str, Any]:
        saved = kept.add(conn, held.ids, who=person.name, now=now, **body.model_dump())
        if body.shared:
            event = _event(request, person, "save_view", None, saved)
            write_audit(conn, held.ids, event, now=now)
        return saved

    return SavedView.model_validate(held.write(work).result())


@router.get("/views/{view_id}")
def view(request: Request, person: Viewer, view_id: int) -> SavedView:
    """404 also for what another person keeps for themselves."""
    return SavedView.model_validate(
        kept.view(reader(request), min(view_id, _LARGEST_ID), person.name)
    )


@router.put("/views/{view_id}")
def change(request: Request, person: Viewer, view_id: int, body: ViewToSave) -> SavedView:
    """Replace it; one that another person shares only with ``edit_shared_views``."""
    now, held = request.app.state.now(), ledger(request)
    known = _may_change(request, person, view_id)

    def work(conn: Any) -> dict[str, Any]:
        saved = kept.replace(conn, known, who=person.name, now=now, **body.model_dump())
        if body.shared or known["shared"]:
            event = _event(request, person, "save_view", known, saved)
            write_audit(conn, held.ids, event, now=now)
        return saved

    return SavedView.model_validate(held.write(work).result())


@router.delete("/views/{view_id}", status_code=204)
def remove(request: Request, person: Viewer, view_id: int) -> Response:
    """Likewise."""
    now, held = request.app.state.now(), ledger(request)
    known = _may_change(request, person, view_id)

    def work(conn: Any) -> None:
        kept.remove(conn, known["id"])
        if known["shared"]:
            event = _event(request, person, "remove_view", known, None)
            write_audit(conn, held.ids, event, now=now)

    held.write(work).result()
    return Response(status_code=204)


def _may_change(request: Request, person: Person, view_id: int) -> dict[str, Any]:
    known = kept.view(reader(request), min(view_id, _LARGEST_ID), person.name)
    if known["owner"] != person.name:
        people(request).require(
            person, Permission.EDIT_SHARED_VIEWS, target=known["name"], origin=origin(request)
        )
    return known


def _event(
    request: Request,
    person: Person,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> AuditEvent:
    told = after or before or {}
    return AuditEvent(
        who=person.name, role=person.role, action=action, target=told["name"], allowed=True,
        reason=f"of {told['owner']}", origin=origin(request), before=_brief(before),
        after=_brief(after),
    )  # fmt: skip


def _brief(view: dict[str, Any] | None) -> str:
    if view is None:
        return ""
    wanted = ", ".join(f"{name} {value}" for name, value in view["filter"].items() if value)
    parts = (view["name"], "shared" if view["shared"] else "one's own", wanted, view["order"])
    return "; ".join(part for part in parts if part)
