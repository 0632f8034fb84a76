"""Playbooks as JSON: the API's answers, and the same from the file."""

from __future__ import annotations

from iman.api.wire_checklists import PlaybookDetail, PlaybookEdit, PlaybookRow, PlaybookView
from iman.domain.playbook import Playbook
from iman.ledger.playbook_shelf import Edit
from iman.playbooks import PlaybookText


def playbook_row(text: PlaybookText) -> PlaybookRow:
    found = text.playbook
    return PlaybookRow(
        error_type=text.error_type, title=found.title, version=found.version, origin=text.origin,
        digest=text.digest, branches=len(found.branches), steps=len(found.steps),
    )  # fmt: skip


def playbook_detail(text: PlaybookText) -> PlaybookDetail:
    return PlaybookDetail(
        playbook=playbook_view(text.playbook),
        origin=text.origin,
        digest=text.digest,
        text=text.text,
    )


def playbook_view(found: Playbook) -> PlaybookView:
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


def playbook_edit(one: Edit) -> PlaybookEdit:
    return PlaybookEdit(id=one.id, version=one.version, by=one.by, at=one.at, text=one.text)
