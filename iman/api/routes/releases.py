"""Resyncing many: preview, start, watch, undo or cancel. For admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from iman.api.routes.asking import Viewer, ledger, origin, people, reader
from iman.api.routes.remedy_asking import Id, Releaser, audited, moment, remedies
from iman.api.wire_remedies import (
    PreviewSelection,
    Release,
    ReleasePreview,
    Selection,
    StartRelease,
)
from iman.domain.people import Person
from iman.errors import DaemonRefused
from iman.ledger import releases, selecting

router = APIRouter(tags=["releases"])
Rows = Annotated[
    int | None, Query(ge=0, le=20_000, description="At most so many documents, the failed first")
]


@router.post("/releases/preview")
def preview(request: Request, person: Viewer, body: PreviewSelection) -> ReleasePreview:
    """What a release would touch and what not, and why; changes nothing."""
    _in_reach(request, person, body)
    conn = reader(request)
    chosen = selecting.choose(conn, **_asked(body))
    planned = releases.preview(conn, chosen.document_ids, include_parked=body.include_parked)
    view = remedies(request)
    return ReleasePreview.model_validate(
        {
            **planned,
            "touched": planned["touched"][: body.rows],
            "untouched": planned["untouched"][: body.rows],
            "untouched_documents": len(planned["untouched"]),
            "title": chosen.title,
            "ready": not chosen.not_ready,
            "not_ready": chosen.not_ready,
            "canary": view.canary,
            "grace_seconds": view.grace.total_seconds(),
        }
    )


@router.post("/releases", status_code=202)
def start(request: Request, person: Releaser, body: StartRelease) -> Release:
    """Resync them all, the canary first; it starts when the grace period is over.

    409 where there is nothing to do, the set is not that of the preview any more, or the blocking
    step is not done and no reason is given.
    """
    held, now, view = ledger(request), moment(request), remedies(request)
    came_from = origin(request)
    _in_reach(request, person, body)

    def work(conn: Any) -> int:
        chosen = selecting.choose(conn, **_asked(body), reach=person.reach)
        if chosen.not_ready and not body.reason:
            raise DaemonRefused(f"{chosen.not_ready} Give a reason to resync all the same.")
        order = releases.Order(
            document_ids=chosen.document_ids, title=chosen.title, reason=body.reason,
            who=person.name, role=person.role, origin=came_from, request_id=body.request_id,
            grace=view.grace, canary=view.canary if body.canary is None else body.canary,
            include_parked=body.include_parked, digest=body.digest, cause_id=chosen.cause_id,
            checklist_id=chosen.checklist_id,
        )  # fmt: skip
        return releases.begin(conn, held.ids, order, now=now)

    release_id = held.write(work).result()
    view.nudge("releasing")
    return Release.model_validate(releases.shown(releases.release(reader(request), release_id)))


@router.get("/releases")
def listed(
    request: Request,
    _: Viewer,
    cause_id: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> list[Release]:
    """Newest first, without their documents."""
    found = releases.releases(reader(request), cause_id=cause_id)
    return [Release.model_validate(row) for row in found]


@router.get("/releases/{release_id}")
def release(request: Request, _: Viewer, release_id: Id, rows: Rows = None) -> Release:
    """With a result for each document; poll it while it runs."""
    found = releases.release(reader(request), release_id)
    return Release.model_validate(releases.shown(found, rows=rows))


@router.post("/releases/{release_id}/stop")
def stop(request: Request, person: Releaser, release_id: Id) -> Release:
    """Undo it within its grace period; later, leave alone what has not been sent yet."""
    now = moment(request)
    if person.reach.limited and not releases.whole(reader(request), release_id):
        raise DaemonRefused("It resyncs documents of other sites too: somebody who sees all may.")
    found = audited(
        request, person, "stop_release", f"release {release_id}",
        lambda conn: releases.stop(conn, release_id, who=person.name, now=now),
        stands=lambda conn: str(releases.release(conn, release_id)["state"]),
    )  # fmt: skip
    return Release.model_validate(releases.shown(found))


def _in_reach(request: Request, person: Person, body: Selection) -> None:
    """404 for what is named and lies out of the person's reach."""
    named = [("cause", body.cause_id), ("checklist", body.checklist_id)]
    named += [("document", one) for one in body.document_ids or ()]
    for what, found in named if person.reach.limited else ():
        if found is not None:
            people(request).reach_check(
                person, what, found, target=request.url.path, origin=origin(request)
            )


def _asked(body: Selection) -> dict[str, Any]:
    wanted = None
    if body.filter is not None:
        wanted = {**body.filter.model_dump(), "states": [one.value for one in body.filter.states]}
    return {
        "cause_id": body.cause_id,
        "checklist_id": body.checklist_id,
        "document_ids": body.document_ids,
        "wanted": wanted,
    }
