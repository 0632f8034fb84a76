"""Causes, and where in a document the offending value stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.remedy_asking import Id, Worker, audited, moment, remedies
from iman.api.wire_checklists import SetOwner, Started
from iman.api.wire_remedies import Cause, CauseDetail, Culprits
from iman.ledger import cause_reading, causes, checklists, remedy_reading
from iman.ledger.playbook_shelf import playbook_for

router = APIRouter(tags=["causes"])
Hours = Annotated[int, Query(ge=1, le=24 * 14, description="Of the trend; the window ends now")]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/causes")
def listed(
    request: Request, _: Viewer, error_type: Text = None, entity: Text = None, hours: Hours = 24
) -> list[Cause]:
    """Unresolved ones, most money first, then those resolved within a week."""
    conn, now = reader(request), moment(request)
    found = cause_reading.causes(conn, now=now, error_type=error_type, entity=entity)
    trend = cause_reading.trend(conn, [row["id"] for row in found], hours=hours, now=now)
    return [Cause.model_validate({**row, "trend": trend[row["id"]]}) for row in found]


@router.get("/causes/{cause_id}")
def cause(request: Request, _: Viewer, cause_id: Id, hours: Hours = 168) -> CauseDetail:
    """One cause with what it holds up and every set-up that would produce it again."""
    found = remedy_reading.cause(
        reader(request), cause_id, files=remedies(request).files, hours=hours, now=moment(request)
    )
    return CauseDetail.model_validate(found)


@router.put("/causes/{cause_id}/owner")
def owner(request: Request, person: Worker, cause_id: Id, body: SetOwner) -> Cause:
    """Say who looks after it."""
    audited(
        request, person, "cause_owner", f"cause {cause_id}",
        lambda conn: causes.set_owner(conn, cause_id, body.owner),
        reason=body.reason,
        stands=lambda conn: cause_reading.cause(conn, cause_id)["owner"] or "nobody",
    )  # fmt: skip
    conn, now = reader(request), moment(request)
    trend = cause_reading.trend(conn, [cause_id], hours=24, now=now)
    return Cause.model_validate({**cause_reading.cause(conn, cause_id), "trend": trend[cause_id]})


@router.post("/causes/{cause_id}/checklist", status_code=201)
def start_on_cause(request: Request, person: Worker, cause_id: Id) -> Started:
    """Start the cause's checklist, or answer the one that runs."""
    row = cause_reading.cause(reader(request), cause_id)
    subject = checklists.Subject(
        company=row["company"], error_type=row["error_type"],
        entity_kind=row["entity_kind"] or "", entity=row["entity"] or "",
        template=row["template"], cause_id=cause_id,
    )  # fmt: skip
    return start(request, person, subject)


@router.get("/documents/{document_id}/culprits")
def culprits(request: Request, _: Viewer, document_id: Id) -> Culprits:
    """Line, item, category, account field and site, or the header's field."""
    conn = reader(request)
    found = cause_reading.culprits_of(conn, document_id)
    return Culprits.model_validate(
        {
            "document_id": document_id,
            "cause_id": causes.cause_of(conn, document_id),
            "culprits": found,
        }
    )


@router.post("/documents/{document_id}/checklist", status_code=201)
def start_on_document(request: Request, person: Worker, document_id: Id) -> Started:
    """Start a checklist for this document alone, or answer the one that runs."""
    return start(request, person, remedy_reading.subject_of(reader(request), document_id))


def start(request: Request, person: Worker, subject: checklists.Subject) -> Started:
    """Begin the checklist of *subject*."""
    held, now, files = ledger(request), moment(request), remedies(request).files

    def work(conn: Any) -> tuple[int, bool]:
        text = playbook_for(conn, files, subject.error_type)
        return checklists.begin(conn, held.ids, subject, text, who=person.name, now=now)

    target = " ".join(part for part in (subject.error_type, subject.entity) if part)
    checklist_id, new = audited(
        request, person, "start_checklist", target, work,
        stands=lambda conn: _running(checklists.running_on(conn, subject)),
    )  # fmt: skip
    remedies(request).nudge("probing")
    return Started(checklist_id=checklist_id, new=new)


def _running(checklist_id: int | None) -> str:
    return "none runs" if checklist_id is None else f"checklist {checklist_id} runs"
