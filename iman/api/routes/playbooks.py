"""Playbooks: read by everybody, edited by admins."""

from __future__ import annotations

from fastapi import APIRouter, Request

from iman.api.routes.asking import Viewer, ledger, reader
from iman.api.routes.remedy_asking import Editor, Word, audited, moment, remedies
from iman.api.wire_checklists import (
    PlaybookDetail,
    PlaybookEdit,
    PlaybookPreview,
    PlaybookRow,
    PlaybookText,
    PlaybookView,
    SavePlaybook,
)
from iman.domain.playbook import Playbook
from iman.ledger import playbook_shelf
from iman.playbooks import PlaybookError, parsed
from iman.playbooks import PlaybookText as KeptText

router = APIRouter(tags=["playbooks"])


@router.get("/playbooks")
def listed(request: Request, _: Viewer) -> list[PlaybookRow]:
    """The one that counts, of every error type."""
    found = playbook_shelf.playbooks(reader(request), remedies(request).files)
    return [_row(text) for text in found.values()]


@router.post("/playbooks/preview")
def preview(_: Editor, body: PlaybookText) -> PlaybookPreview:
    """Read a text without saving it: how it would look, or every fault in it."""
    try:
        return PlaybookPreview(faults=[], playbook=_view(parsed(body.text)))
    except PlaybookError as exc:
        return PlaybookPreview(faults=exc.faults, playbook=None)


@router.get("/playbooks/{error_type}")
def playbook(request: Request, _: Viewer, error_type: Word) -> PlaybookDetail:
    return _detail(
        playbook_shelf.playbook_for(reader(request), remedies(request).files, error_type)
    )


@router.get("/playbooks/{error_type}/edits")
def edits(request: Request, _: Viewer, error_type: Word) -> list[PlaybookEdit]:
    """What administrators saved, newest first; an empty text withdrew the edit before."""
    return [
        PlaybookEdit(id=one.id, version=one.version, by=one.by, at=one.at, text=one.text)
        for one in playbook_shelf.edits(reader(request), error_type)
    ]


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
    )  # fmt: skip
    return _detail(saved)


def _row(text: KeptText) -> PlaybookRow:
    found = text.playbook
    return PlaybookRow(
        error_type=text.error_type, title=found.title, version=found.version, origin=text.origin,
        digest=text.digest, branches=len(found.branches), steps=len(found.steps),
    )  # fmt: skip


def _detail(text: KeptText) -> PlaybookDetail:
    return PlaybookDetail(
        playbook=_view(text.playbook), origin=text.origin, digest=text.digest, text=text.text
    )


def _view(found: Playbook) -> PlaybookView:
    return PlaybookView.model_validate(
        {
            "error_type": found.error_type,
            "title": found.title,
            "version": found.version,
            "summary": found.summary,
            "question": found.question,
            "branches": [
                {"id": one.id, "title": one.title, "when": one.when, "result": one.result}
                for one in found.branches
            ],
            "choices": [
                {
                    "id": one.id, "question": one.question, "help": one.help, "answer": None,
                    "options": [
                        {"id": option.id, "title": option.title, "help": option.help}
                        for option in one.options
                    ],
                }
                for one in found.choices
            ],
            "steps": [
                {
                    "id": one.id, "who": one.who, "do": one.do, "where": one.where,
                    "link": one.link, "why": one.why, "out_of_order": one.out_of_order,
                    "verify": one.verify, "branches": sorted(one.branches),
                    "only_if": dict(one.only_if), "after": list(one.after),
                    "locked": one.locked_while is not None, "optional": one.optional,
                    "releases": one.releases, "follow_up": one.follow_up,
                }
                for one in found.steps
            ],
        }
    )  # fmt: skip
