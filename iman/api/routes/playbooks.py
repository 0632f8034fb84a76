"""Playbooks: read by everybody, edited by admins."""

from __future__ import annotations

from fastapi import APIRouter, Request

from iman.api.playbook_wire import (
    playbook_detail,
    playbook_edit,
    playbook_row,
    playbook_view,
)
from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.remedy_asking import Editor, Word, audited, moment, remedies
from iman.api.wire_checklists import (
    PlaybookDetail,
    PlaybookEdit,
    PlaybookPreview,
    PlaybookRow,
    PlaybookText,
    SavePlaybook,
)
from iman.ledger import playbook_shelf
from iman.playbooks import PlaybookError, parsed

router = APIRouter(tags=["playbooks"])


@router.get("/playbooks")
def listed(request: Request, _: Viewer) -> list[PlaybookRow]:
    """The one that counts, of every error type."""
    found = playbook_shelf.playbooks(reader(request), remedies(request).files)
    return [playbook_row(text) for text in found.values()]


@router.post("/playbooks/preview")
def preview(_: Editor, body: PlaybookText) -> PlaybookPreview:
    """Read a text without saving it: how it would look, or every fault in it."""
    try:
        return PlaybookPreview(faults=[], playbook=playbook_view(parsed(body.text)))
    except PlaybookError as exc:
        return PlaybookPreview(faults=exc.faults, playbook=None)


@router.get("/playbooks/{error_type}")
def playbook(request: Request, _: Viewer, error_type: Word) -> PlaybookDetail:
    return playbook_detail(
        playbook_shelf.playbook_for(reader(request), remedies(request).files, error_type)
    )


@router.get("/playbooks/{error_type}/edits")
def edits(request: Request, _: Viewer, error_type: Word) -> list[PlaybookEdit]:
    """What administrators saved, newest first; an empty text withdrew the edit before."""
    return [playbook_edit(one) for one in playbook_shelf.edits(reader(request), error_type)]


@router.put("/playbooks/{error_type}")
def save(request: Request, person: Editor, error_type: Word, body: SavePlaybook) -> PlaybookDetail:
    """Save an edited version; running checklists keep theirs until they are moved.

    409 where the text is not valid, or somebody saved another one meanwhile.
    """
    files, now, ids = remedies(request).files, moment(request), ledger(request).ids
    saved = audited(
        request, person, "save_playbook", error_type,
        lambda conn: playbook_shelf.save_edit(
            conn, ids, files, error_type, body.text, instead_of=body.instead_of,
            who=person.name, now=now,
        ),
        reason="" if body.text else "withdrew the edited version",
        stands=lambda conn: f"version {playbook_shelf.edits(conn, error_type)[0].version}"
        if playbook_shelf.edits(conn, error_type) else "as delivered",
    )  # fmt: skip
    return playbook_detail(saved)
