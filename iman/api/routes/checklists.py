"""Checklists: read by everybody, worked on by support and admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.remedy_asking import Id, Word, Worker, audited, moment, remedies
from iman.api.wire_checklists import (
    Answer,
    ChecklistRow,
    ChecklistView,
    ChooseBranch,
    Close,
    EditNote,
    FollowUp,
    Mark,
    NewAttachment,
    NewNote,
    SetDue,
    SetOwner,
)
from iman.domain.checklist import Checklist, EventKind, Phase, in_words
from iman.domain.people import Person
from iman.errors import DaemonRefused
from iman.ledger import checklist_reading, checklists
from iman.ledger.playbook_shelf import keep_text, playbook_for

router = APIRouter(tags=["checklists"])


@router.get("/checklists")
def listed(
    request: Request,
    _: Viewer,
    phase: Annotated[list[Phase] | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=80)] = None,
    cause_id: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    document_id: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
) -> list[ChecklistRow]:
    """Open ones first, the nearest due date first; at most 200."""
    found = checklist_reading.checklists(
        reader(request), phases=[one.value for one in phase or ()], owner=owner,
        cause_id=cause_id, document_id=document_id,
    )  # fmt: skip
    return [ChecklistRow.model_validate(row) for row in found]


@router.get("/follow-ups")
def follow_ups(request: Request, _: Viewer) -> list[FollowUp]:
    """What remedies left for later: journals, re-invoices, inactivations. The oldest first."""
    found = checklist_reading.follow_ups(reader(request), now=moment(request))
    return [FollowUp.model_validate(row) for row in found]


@router.get("/checklists/{checklist_id}")
def checklist(request: Request, _: Viewer, checklist_id: Id) -> ChecklistView:
    """Everything of one; ``version`` grows with every change."""
    return seen(request, checklist_id)


@router.post("/checklists/{checklist_id}/branch")
def branch(request: Request, person: Worker, checklist_id: Id, body: ChooseBranch) -> ChecklistView:
    """Choose the way, with a reason. 409 where somebody chose another one meanwhile."""
    return _done(
        request, person, checklist_id, "choose_branch", f"{body.branch}: {body.reason}",
        lambda conn, event: checklists.choose_branch(
            conn, checklist_id, body.branch, seen=body.seen, reason=body.reason, **event
        ),
        body.request_id,
    )  # fmt: skip


@router.post("/checklists/{checklist_id}/choices/{choice}")
def answer(
    request: Request, person: Worker, checklist_id: Id, choice: Word, body: Answer
) -> ChecklistView:
    """Answer a question of the branch."""
    return _done(
        request, person, checklist_id, "answer", f"{choice}: {body.answer}",
        lambda conn, event: checklists.answer(conn, checklist_id, choice, body.answer, **event),
        body.request_id,
    )  # fmt: skip


@router.post("/checklists/{checklist_id}/steps/{step}/verify")
def verify(request: Request, _: Worker, checklist_id: Id, step: Word) -> ChecklistView:
    """Look now whether the step is done; what is seen is recorded and may tick or untick it."""
    loaded = checklists.load(reader(request), checklist_id)
    if checklists.step_of(loaded, step).verify is None:
        raise DaemonRefused("Nothing can be looked up for this step; tick it when it is done.")
    remedies(request).verify(checklist_id, step)
    return seen(request, checklist_id)


@router.post("/checklists/{checklist_id}/steps/{step}/tick")
def tick(
    request: Request, person: Worker, checklist_id: Id, step: Word, body: Mark | None = None
) -> ChecklistView:
    """Say that it is done.

    A step that can be verified is looked at first; 409 with what was seen where it is not so. A
    reason overrides that. A locked step is never ticked.
    """
    asked = body or Mark()
    loaded = checklists.load(reader(request), checklist_id)
    wanted = checklists.step_of(loaded, step)
    how = "person"
    if (lock := checklist_reading.lock_of(reader(request), loaded, wanted)) != "":
        raise DaemonRefused(f"{lock} {wanted.out_of_order}".strip())
    if wanted.verify is not None and not loaded.standing.steps[step].settled:
        if not asked.reason:
            checklists.may_tick(loaded, step)
            evidence = remedies(request).verify(checklist_id, step)
            if evidence is None or evidence.holds is not True:
                told = evidence.text if evidence else "It could not be looked up."
                if person.reach.limited:  # it may name other sites' documents
                    told = "It was looked up and is not so."
                raise DaemonRefused(f"{told} Give a reason to tick it all the same.")
            return seen(request, checklist_id)
        how = "override"
    mark = {"how": how, "reason": asked.reason}
    return _mark(request, person, checklist_id, step, EventKind.TICKED, mark, asked)


@router.post("/checklists/{checklist_id}/steps/{step}/untick")
def untick(
    request: Request, person: Worker, checklist_id: Id, step: Word, body: Mark | None = None
) -> ChecklistView:
    """Take the tick away; it stays so until somebody asks for it again."""
    asked = body or Mark()
    mark = {"how": "person", "reason": asked.reason}
    return _mark(request, person, checklist_id, step, EventKind.UNTICKED, mark, asked)


@router.post("/checklists/{checklist_id}/steps/{step}/skip")
def skip(
    request: Request, person: Worker, checklist_id: Id, step: Word, body: Mark | None = None
) -> ChecklistView:
    """Leave it out. What is not optional wants a reason."""
    asked = body or Mark()
    loaded = checklists.load(reader(request), checklist_id)
    if not checklists.step_of(loaded, step).optional and not asked.reason:
        raise DaemonRefused("This step is not optional; give a reason to leave it out.")
    mark = {"how": "person", "reason": asked.reason}
    return _mark(request, person, checklist_id, step, EventKind.SKIPPED, mark, asked)


@router.put("/checklists/{checklist_id}/steps/{step}/owner")
def step_owner(
    request: Request, person: Worker, checklist_id: Id, step: Word, body: SetOwner
) -> ChecklistView:
    """Hand one step to somebody."""
    checklists.step_of(checklists.load(reader(request), checklist_id), step)
    return _hand_over(request, person, checklist_id, step, body)


@router.put("/checklists/{checklist_id}/owner")
def owner(request: Request, person: Worker, checklist_id: Id, body: SetOwner) -> ChecklistView:
    """Hand the checklist over."""
    return _hand_over(request, person, checklist_id, "", body)


@router.put("/checklists/{checklist_id}/due")
def due(request: Request, person: Worker, checklist_id: Id, body: SetDue) -> ChecklistView:
    return _done(
        request, person, checklist_id, "due_date", str(body.due or "none"),
        lambda conn, event: checklists.set_due(conn, checklist_id, body.due, **event),
        body.request_id,
    )  # fmt: skip


@router.post("/checklists/{checklist_id}/notes", status_code=201)
def note(request: Request, person: Worker, checklist_id: Id, body: NewNote) -> ChecklistView:
    return _done(
        request, person, checklist_id, "note", body.step,
        lambda conn, event: checklists.note(
            conn, checklist_id, body.text, step=body.step, **event
        ),
        body.request_id,
    )  # fmt: skip


@router.put("/checklists/{checklist_id}/notes/{note_id}")
def edit_note(
    request: Request, person: Worker, checklist_id: Id, note_id: Id, body: EditNote
) -> ChecklistView:
    """409 where somebody changed the note since the version you saw; nothing is overwritten."""
    checklists.note_of(checklists.load(reader(request), checklist_id), note_id)  # one you may read
    return _done(
        request, person, checklist_id, "edit_note", f"note {note_id}",
        lambda conn, event: checklists.edit_note(
            conn, checklist_id, note_id, body.text, seen=body.version, **event
        ),
        body.request_id, note=note_id,
    )  # fmt: skip


@router.post("/checklists/{checklist_id}/attachments", status_code=201)
def attach(
    request: Request, person: Worker, checklist_id: Id, body: NewAttachment
) -> ChecklistView:
    """Keep evidence in the ledger, at most 2 MB each and 20 MB a checklist."""
    ids = ledger(request).ids
    return _done(
        request, person, checklist_id, "attach", checklists.inert_name(body.name),
        lambda conn, event: checklists.attach(
            conn, ids, checklist_id, name=body.name, media_type="", content=body.content,
            step=body.step, **event,
        ),
        body.request_id,
    )  # fmt: skip


@router.get(
    "/checklists/{checklist_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def attachment(request: Request, _: Viewer, checklist_id: Id, attachment_id: Id) -> Response:
    """The bytes, to be saved: never to be shown as what they claim to be."""
    name, content = checklists.attachment(reader(request), checklist_id, attachment_id)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{plain}"',
            "x-content-type-options": "nosniff",
        },
    )


@router.post("/checklists/{checklist_id}/close")
def close(request: Request, person: Worker, checklist_id: Id, body: Close) -> ChecklistView:
    """Give it up, with a reason; a complete one needs no closing."""
    return _add(
        request, person, checklist_id, EventKind.CLOSED, {"reason": body.reason}, body.request_id
    )


@router.post("/checklists/{checklist_id}/reopen")
def reopen(
    request: Request, person: Worker, checklist_id: Id, body: Mark | None = None
) -> ChecklistView:
    asked = body or Mark()
    if checklists.load(reader(request), checklist_id).standing.phase is not Phase.CLOSED:
        raise DaemonRefused("This checklist is not closed.")
    told = {"reason": asked.reason}
    return _add(request, person, checklist_id, EventKind.REOPENED, told, asked.request_id)


@router.post("/checklists/{checklist_id}/playbook")
def newest_playbook(request: Request, person: Worker, checklist_id: Id) -> ChecklistView:
    """Move it to the text that counts now; ticks stay with their steps' ids."""
    files, now = remedies(request).files, moment(request)

    def work(conn: Any, event: dict[str, Any]) -> Checklist:
        loaded = checklists.load(conn, checklist_id)
        digest = keep_text(conn, playbook_for(conn, files, loaded.error_type), now=now)
        if digest == loaded.digest:
            return loaded
        return checklists.add(
            conn, checklist_id, EventKind.PLAYBOOK, body={"reason": digest}, playbook=digest,
            **event,
        )  # fmt: skip

    return _done(request, person, checklist_id, "newest_playbook", "", work, "")


def seen(request: Request, checklist_id: int) -> ChecklistView:
    """The checklist as it stands now."""
    conn = reader(request)
    error_type = checklists.load(conn, checklist_id).error_type
    newest = playbook_for(conn, remedies(request).files, error_type).digest
    found = checklist_reading.view(conn, checklist_id, newest_digest=newest)
    return ChecklistView.model_validate(found)


def _mark(
    request: Request, person: Person, checklist_id: int, step: str, kind: EventKind,
    body: dict[str, Any], asked: Mark,
) -> ChecklistView:  # fmt: skip
    return _done(
        request, person, checklist_id, kind.value, f"{step}. {asked.reason}".strip(),
        lambda conn, event: checklists.mark(conn, checklist_id, step, kind, body=body, **event),
        asked.request_id, step=step,
    )  # fmt: skip


def _hand_over(
    request: Request, person: Person, checklist_id: int, step: str, body: SetOwner
) -> ChecklistView:
    told = {"owner": body.owner, "reason": body.reason}
    return _add(request, person, checklist_id, EventKind.OWNER, told, body.request_id, step=step)


def _add(
    request: Request, person: Person, checklist_id: int, kind: EventKind, body: dict[str, Any],
    request_id: str, *, step: str = "",
) -> ChecklistView:  # fmt: skip
    told = "; ".join(str(part) for part in body.values() if part)
    return _done(
        request, person, checklist_id, kind.value, told,
        lambda conn, event: checklists.add(
            conn, checklist_id, kind, body=body, step=step, **event
        ),
        request_id, step=step,
    )  # fmt: skip


def _done(
    request: Request, person: Person, checklist_id: int, action: str, told: str, work: Any,
    request_id: str, *, step: str = "", note: int = 0,
) -> ChecklistView:  # fmt: skip
    """Run *work* with who, when and which request, audited; the checklist afterwards."""
    event = {
        "who": person.name, "now": moment(request), "request_id": request_id,
        "reach": person.reach,
    }  # fmt: skip
    audited(
        request, person, f"checklist_{action}", f"checklist {checklist_id}",
        lambda conn: work(conn, dict(event)), reason=told,
        stands=lambda conn: in_words(checklists.load(conn, checklist_id), step=step, note=note),
    )  # fmt: skip
    return seen(request, checklist_id)
